// The folder of --out: made, checked and locked before training starts.
#pragma once

#include <filesystem>

#include "train/settings.hpp"

namespace sateen::app {

class OutputFolder {
 public:
  /// Makes the folder where it is missing, unless a run is to go on in it. Throws Error(kOutput) when files can't be
  /// written there or another run writes to it now, Error(kUsage) when it holds something and that is to be refused,
  /// Error(kBadInput) when there is nothing to go on from. The lock goes with the object, or with the process; so does a
  /// folder that was made for nothing.
  OutputFolder(std::filesystem::path folder, Earlier earlier);
  ~OutputFolder();
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;

  std::filesystem::path best() const { return folder_ / "best.sateen"; }
  /// The checkpoint, and the one before it.
  std::filesystem::path last() const { return folder_ / "last.sateen"; }
  std::filesystem::path previous() const { return folder_ / "previous.sateen"; }
  std::filesystem::path history() const { return folder_ / "history.csv"; }
  /// The folder of pictures, and the page that shows them.
  std::filesystem::path plots() const { return folder_ / "plots"; }
  std::filesystem::path report() const { return folder_ / "report.html"; }
  const std::filesystem::path& path() const { return folder_; }
  /// False where the file system has no locks: two runs are then not kept apart.
  bool locked() const { return locked_; }
  /// Throws Error(kOutput) when the folder was moved or replaced: what is written by its name would go elsewhere.
  void check_in_place() const;

 private:
  void leave() const;
  void lock();
  void check_earlier(Earlier earlier) const;
  void check_writable(Earlier earlier) const;

  std::filesystem::path folder_;
  int descriptor_ = -1;
  int lock_file_ = -1;  ///< where the folder itself can't be locked
  bool made_ = false, locked_ = false;
};

}  // namespace sateen::app
