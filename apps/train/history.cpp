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
      general(record.learning_rate),
  };
  std::string row;
  for (const std::string& field : fields) row += field + ',';
  return row;
}

/// From the rows of a file, by what stands before: their times, a comma between them. Those of rows that aren't as they
/// were written are not there.
std::map<std::string, std::string> times_in(const std::filesystem::path& path) {
  std::map<std::string, std::string> times;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    size_t comma = line.size();
    for (int i = 0; i < kTimes && comma != std::string::npos && comma != 0; ++i) comma = line.rfind(',', comma - 1);
    if (comma == std::string::npos || comma == 0) continue;
    const std::string tail = line.substr(comma + 1);
    if (tail.find_first_not_of("0123456789.,") == std::string::npos) times[line.substr(0, comma + 1)] = tail;
  }
  return times;
}

}  // namespace

History::History(std::filesystem::path path, const std::vector<EpochRecord>& epochs) : path_(std::move(path)) {
  const auto times = epochs.empty() ? std::map<std::string, std::string>{} : times_in(path_);
  std::string text(kHeader);
  for (const EpochRecord& record : epochs) {
    const std::string row = measured(record);
    const auto known = times.find(row);
    text += row + (known == times.end() ? "," : known->second) + '\n';
  }
  write_file(path_, text);
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
