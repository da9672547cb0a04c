// history.csv: a row for each finished epoch.
#pragma once

#include <filesystem>
#include <vector>

#include "sateen/train.hpp"

namespace sateen::app {

/// Writes the file as it is after these epochs, where it isn't so already. Their two times, which no checkpoint holds, are
/// taken from the file that was there, or left empty. Throws Error(kOutput).
void write_history(const std::filesystem::path& path, const std::vector<EpochRecord>& epochs);

/// Adds rows to a file that write_history has written.
class History {
 public:
  /// Throws Error(kOutput), as append does.
  explicit History(std::filesystem::path path);
  ~History();
  History(const History&) = delete;
  History& operator=(const History&) = delete;
  /// The row is with the operating system when this returns.
  void append(const EpochRecord& record);

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
};

}  // namespace sateen::app
