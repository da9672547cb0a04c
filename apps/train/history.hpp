// history.csv: a row for each finished epoch.
#pragma once

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "sateen/train.hpp"

namespace sateen::app {

class History {
 public:
  /// Begins the file anew. Throws Error(kOutput), as append does.
  explicit History(std::filesystem::path path);
  /// The row is with the operating system when this returns.
  void append(const EpochRecord& record);

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  void write(const std::string& line);

  std::filesystem::path path_;
  std::unique_ptr<std::FILE, Close> file_;
};

}  // namespace sateen::app
