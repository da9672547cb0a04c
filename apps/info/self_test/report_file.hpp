// The file of --report: new, and whole or not there.
#pragma once

#include <filesystem>
#include <string>

namespace sateen::app {

/// Made before the checks run, so that a place that can't be written is known by then. What it writes to is beside the
/// file and unseen; it goes again unless save() is called.
class ReportFile {
 public:
  /// Throws Error(kOutput) where the file is there already, or can't be made.
  explicit ReportFile(std::filesystem::path path);
  ReportFile(const ReportFile&) = delete;
  ReportFile& operator=(const ReportFile&) = delete;
  ~ReportFile();

  /// Throws Error(kOutput); there is then no file.
  void save(const std::string& text);

 private:
  [[noreturn]] void refuse(int error) const;
  std::filesystem::path path_;
  std::string temporary_;
  int descriptor_ = -1;
};

}  // namespace sateen::app
