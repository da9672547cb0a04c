// Which pictures a command line names.
#include "predict/inputs.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "sateen/error.hpp"
#include "sateen/picture_folder.hpp"

namespace sateen::app {
namespace {

constexpr const char* kList = "-";

bool is_folder(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_directory(path, ignored);
}

// "photos/" and "photos" both give "photos/coat.png".
std::string path_of(const std::string& folder, const std::string& name) {
  return folder.back() == '/' ? folder + name : folder + '/' + name;
}

}  // namespace

Inputs::Inputs(std::vector<std::string> words, Rules rules)
    : words_(std::move(words)), rules_(rules), list_(rules.list_ending) {
  if (std::count(words_.begin(), words_.end(), kList) > 1) {
    throw Error(ErrorCode::kUsage, "- was given twice, and there is one standard input");
  }
}

std::optional<std::string> Inputs::next_word(const std::function<void()>& before_waiting) {
  while (true) {
    if (in_list_) {
      const bool gave_some = std::exchange(list_gave_some_, true);  // what next() complains of is enough
      if (std::optional<std::string> name = list_.next(before_waiting)) return name;
      list_gave_some_ = gave_some;
      in_list_ = false;
      if (!list_gave_some_) throw Error(ErrorCode::kBadInput, "standard input: the list names no picture");
    }
    if (at_ == words_.size()) return std::nullopt;
    const std::string& word = words_[at_++];
    if (word != kList) return word;
    in_list_ = true;
  }
}

void Inputs::enter(const std::string& path, bool named) {
  if (named) {
    named_ = path;
    gave_some_ = had_folders_ = false;
  }
  std::error_code ignored;
  if (!left_out_.empty() && std::filesystem::equivalent(path, left_out_, ignored)) return;
  PictureFolder list;
  try {
    list = list_pictures(path);
  } catch (const Error&) {
    gave_some_ = true;  // what is wrong with it is said
    throw;
  }
  current_ = {path, {list.pictures.rbegin(), list.pictures.rend()}};
  gave_some_ = gave_some_ || !list.pictures.empty();
  had_folders_ = had_folders_ || !list.folders.empty();
  if (!rules_.recursive) return;
  std::reverse(list.folders.begin(), list.folders.end());
  for (const std::string& name : list.folders) folders_.push_back(path_of(path, name));
}

std::optional<std::string> Inputs::next(const std::function<void()>& before_waiting) {
  while (true) {
    if (!current_.pictures.empty()) {
      std::string path = path_of(current_.path, current_.pictures.back());
      current_.pictures.pop_back();
      return path;
    }
    if (!folders_.empty()) {
      const std::string folder = std::move(folders_.back());
      folders_.pop_back();
      enter(folder, false);
      continue;
    }
    if (!gave_some_) {
      gave_some_ = true;
      throw Error(ErrorCode::kBadInput,
                  named_ + ": is a folder without pictures" +
                      (had_folders_ && !rules_.recursive ? "; --recursive looks into the folders in it"
                                                         : "; pictures are known by endings such as .png and .jpg"));
    }
    std::optional<std::string> word = next_word(before_waiting);
    if (!word || !is_folder(*word)) return word;
    enter(*word, true);
  }
}

void Inputs::leave_out(const std::string& folder) {
  left_out_ = folder;
}

bool Inputs::single() const {
  return words_.size() == 1 && words_.front() != kList && !is_folder(words_.front());
}

}  // namespace sateen::app
