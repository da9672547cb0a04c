// A gnuplot process that draws in the background.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace sateen::app {

/// The full path of gnuplot on PATH, where it is there.
std::optional<std::string> find_gnuplot();

/// The most time that one drawing may take: SATEEN_PLOTS_SECONDS, or 60 s.
std::chrono::seconds drawing_limit();

/// A file in memory, closed with the object.
class MemoryFile {
 public:
  /// Throws Error(kRuntime).
  MemoryFile();
  ~MemoryFile();
  MemoryFile(MemoryFile&& other) noexcept : descriptor_(other.descriptor_) { other.descriptor_ = -1; }
  MemoryFile& operator=(MemoryFile&&) = delete;
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  int descriptor() const { return descriptor_; }
  /// Throws Error(kRuntime), as content does.
  void fill(std::string_view text) const;
  std::string content() const;

 private:
  int descriptor_ = -1;
};

/// Runs one script, without a shell, the user's settings of gnuplot, or any file: it comes from memory, and so does what
/// is drawn. The process is killed with the object, and by the system where this program ends.
class Gnuplot {
 public:
  using Clock = std::chrono::steady_clock;

  /// outputs: how many files the script writes; it knows them as output_name(0) and so on. Throws Error(kRuntime) where the
  /// process can't be started.
  Gnuplot(const std::string& program, const std::string& script, size_t outputs, std::chrono::seconds limit);
  ~Gnuplot();
  Gnuplot(const Gnuplot&) = delete;
  Gnuplot& operator=(const Gnuplot&) = delete;

  static std::string output_name(size_t output);

  /// Whether it still draws. One that draws for longer than the limit is killed.
  bool running();
  /// What it has drawn. Throws Error(kRuntime), with its own words, where it failed.
  std::vector<std::string> outputs() const;

 private:
  void kill_all() const;

  MemoryFile input_, words_;
  std::vector<MemoryFile> outputs_;
  std::chrono::seconds limit_;
  Clock::time_point end_;
  pid_t process_ = -1;  ///< while it runs, and is not waited for
  int status_ = 0;
  bool too_long_ = false;
};

}  // namespace sateen::app
