// history.csv: a row for each finished epoch.
#include "train/history.hpp"

#include <cerrno>
#include <system_error>

#include <fcntl.h>

#include "common/numbers.hpp"
#include "sateen/error.hpp"

namespace sateen::app {
namespace {

[[noreturn]] void throw_write_error(const std::filesystem::path& path, int error) {
  throw Error(ErrorCode::kOutput, path.string() + ": " + std::generic_category().message(error) +
                                      "; make room or give --out another folder");
}

// Non-blocking: opening a pipe would wait for a reader.
std::FILE* open_file(const std::filesystem::path& path) {
  constexpr mode_t kMode = 0666;  // less what umask takes
  const int descriptor = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, kMode);
  return descriptor == -1 ? nullptr : fdopen(descriptor, "w");
}

}  // namespace

History::History(std::filesystem::path path) : path_(std::move(path)), file_(open_file(path_)) {
  if (!file_) throw_write_error(path_, errno);
  write("epoch,loss,accuracy,val_loss,val_accuracy,lr,seconds,images_per_second\n");
}

void History::append(const EpochRecord& record) {
  constexpr int kDigits = 9;
  const bool held_out = record.held_out.images != 0;
  const std::string fields[] = {
      std::to_string(record.epoch),
      general(record.train.loss, kDigits),
      general(record.train.accuracy, kDigits),
      held_out ? general(record.held_out.loss, kDigits) : "",
      held_out ? general(record.held_out.accuracy, kDigits) : "",
      general(record.learning_rate),
      fixed(record.seconds, 3),
      fixed(record.images_per_second, 1),
  };
  std::string line;
  for (const std::string& field : fields) {
    if (!line.empty()) line += ',';
    line += field;
  }
  write(line + '\n');
}

void History::write(const std::string& line) {
  if (std::fputs(line.c_str(), file_.get()) == EOF || std::fflush(file_.get()) != 0) throw_write_error(path_, errno);
}

}  // namespace sateen::app
