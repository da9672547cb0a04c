// The folder of --out: made, checked and locked before training starts.
#pragma once

#include <filesystem>

namespace sateen::app {

class OutputFolder {
 public:
  /// Makes the folder where it is missing. Throws Error(kOutput) when files can't be written there or another run
  /// writes to it now. The lock goes with the object, or with the process; so does a folder that was made for nothing.
  explicit OutputFolder(std::filesystem::path folder);
  ~OutputFolder();
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;

  std::filesystem::path best() const { return folder_ / "best.sateen"; }
  std::filesystem::path last() const { return folder_ / "last.sateen"; }
  std::filesystem::path history() const { return folder_ / "history.csv"; }
  bool has_earlier_files() const { return earlier_files_; }

 private:
  void leave() const;
  void lock();
  void check_writable() const;

  std::filesystem::path folder_;
  int descriptor_ = -1;
  bool made_ = false, earlier_files_ = false;
};

}  // namespace sateen::app
