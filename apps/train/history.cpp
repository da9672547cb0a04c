// history.csv: a row for each finished epoch.
#include "train/history.hpp"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

#include "common/numbers.hpp"
#include "sateen/error.hpp"
#include "sateen/write_file.hpp"

namespace sateen::app {
namespace {

constexpr std::string_view kHeader = "epoch,loss,accuracy,val_loss,val_accuracy,lr,seconds,images_per_second\n";
constexpr int kTimes = 2;  // the last columns

[[noreturn]] void throw_write_error(const std::filesystem::path& path, int error) {
  throw Error(ErrorCode::kOutput, path.string() + ": " + std::generic_category().message(error) +
                                      "; make room or give --out another folder");
}

/// The row up to its times.
std::string measured(const EpochRecord& record) {
  constexpr int kDigits = 9;
  const bool held_out = record.held_out.images != 0;
  const std::string fields[] = {
      std::to_string(record.epoch),
      general(record.train.loss, kDigits),
      general(record.train.accuracy, kDigits),
      held_out ? general(record.held_out.loss, kDigits) : "",
      held_out ? general(record.held_out.accuracy, kDigits) : "",
      general(record.learning_rate, kDigits),
  };
  std::string row;
  for (const std::string& field : fields) row += field + ',';
  return row;
}

/// The file's lines, as far as they can be read.
std::vector<std::string> lines_of(const std::filesystem::path& path) {
  std::vector<std::string> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) lines.push_back(line + (file.eof() ? "" : "\n"));
  return lines;
}

/// From the rows of a file, by what stands before: their times, a comma between them. Those of rows that aren't as they
/// were written are not there.
std::map<std::string, std::string> times_in(const std::vector<std::string>& lines) {
  std::map<std::string, std::string> times;
  for (const std::string& line : lines) {
    size_t comma = line.size();
    for (int i = 0; i < kTimes && comma != std::string::npos && comma != 0; ++i) comma = line.rfind(',', comma - 1);
    if (comma == std::string::npos || comma == 0 || line.back() != '\n') continue;
    const std::string tail = line.substr(comma + 1, line.size() - comma - 2);
    if (tail.find_first_not_of("0123456789.,") == std::string::npos) times[line.substr(0, comma + 1)] = tail;
  }
  return times;
}

}  // namespace

void write_history(const std::filesystem::path& path, const std::vector<EpochRecord>& epochs) {
  const std::vector<std::string> before = lines_of(path);
  const std::map<std::string, std::string> times = times_in(before);
  std::string text(kHeader);
  for (const EpochRecord& record : epochs) {
    const std::string row = measured(record);
    const auto known = times.find(row);
    text += row + (known == times.end() ? "," : known->second) + '\n';
  }
  std::string there;
  for (const std::string& line : before) there += line;
  if (there != text) write_file(path, text);
}

History::History(std::filesystem::path path) : path_(std::move(path)) {
  descriptor_ = open(path_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (descriptor_ == -1) throw_write_error(path_, errno);
}

History::~History() {
  close(descriptor_);
}

void History::append(const EpochRecord& record) {
  const std::string line =
      measured(record) + fixed(record.seconds, 3) + ',' + fixed(record.images_per_second, 1) + '\n';
  const off_t before = lseek(descriptor_, 0, SEEK_END);
  for (std::string_view rest = line; !rest.empty();) {
    const ssize_t n = write(descriptor_, rest.data(), rest.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      const int error = n < 0 ? errno : EIO;
      // Half a row is worth less than none.
      if (before >= 0) static_cast<void>(!ftruncate(descriptor_, before));
      throw_write_error(path_, error);
    }
    rest.remove_prefix(static_cast<size_t>(n));
  }
}

}  // namespace sateen::app
