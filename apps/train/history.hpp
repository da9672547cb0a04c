// history.csv: a row for each finished epoch.
#pragma once

#include <filesystem>
#include <vector>

#include "sateen/train.hpp"

namespace sateen::app {

class History {
 public:
  /// Writes the file anew with these epochs. Their two times, which no checkpoint holds, are taken from the file that was
  /// there, or left empty. Throws Error(kOutput), as append does.
  History(std::filesystem::path path, const std::vector<EpochRecord>& epochs);
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
