// The folder of --save-preprocessed.
#include "predict/saved_pictures.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "sateen/error.hpp"
#include "sateen/printable.hpp"

namespace sateen::app {
namespace {

/// The picture's name, of at most 200 bytes, a whole number of characters; those that aren't printable become _.
std::string name_part(const std::string& file) {
  constexpr size_t kLongest = 200;  // a file's name has at most 255 bytes
  const std::string stem = std::filesystem::path(file).stem().string();
  std::string part;
  for (std::string_view rest = stem; !rest.empty();) {
    const size_t length = printable_length(rest);
    if (part.size() + std::max<size_t>(length, 1) > kLongest) break;
    part += length == 0 ? "_" : rest.substr(0, length);
    rest.remove_prefix(std::max<size_t>(length, 1));
  }
  return part;
}

void write_new_file(const std::filesystem::path& path, const std::vector<uint8_t>& bytes) {
  const auto fail = [&](int error) {
    throw Error(ErrorCode::kOutput, path.string() + ": can't be written: " + std::generic_category().message(error));
  };
  std::FILE* const file = std::fopen(path.c_str(), "wbxe");  // x: made by us or not at all
  if (file == nullptr) fail(errno);
  errno = 0;
  const bool written = std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
  const int write_error = errno;
  const bool closed = std::fclose(file) == 0;
  if (written && closed) return;
  const int error = written ? errno : write_error;
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
  fail(error);
}

}  // namespace

SavedPictures::SavedPictures(std::filesystem::path folder) : folder_(std::move(folder)) {
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  const auto refuse = [&](const std::string& reason) {
    throw Error(ErrorCode::kOutput, folder_.string() + ": " + reason);
  };
  if (error) refuse("can't make the folder: " + error.message());
  const bool empty = std::filesystem::is_empty(folder_, error);
  if (error) refuse("can't look into the folder: " + error.message());
  if (!empty) refuse("is not empty; give --save-preprocessed a new folder");
}

std::string SavedPictures::save(const std::string& file, const GrayImage& image) {
  constexpr size_t kDigits = 6;
  const std::string digits = std::to_string(++count_);
  const std::string number = std::string(kDigits - std::min(digits.size(), kDigits), '0') + digits;
  const std::filesystem::path path = folder_ / (number + "-" + name_part(file) + ".png");
  write_new_file(path, encode_png(image));
  return path.string();
}

}  // namespace sateen::app
