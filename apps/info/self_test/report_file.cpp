// Writing the file of --report.
#include "info/self_test/report_file.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sateen/error.hpp"

namespace sateen::app {

namespace {

[[noreturn]] void refuse(const std::filesystem::path& path, int error) {
  if (error == EEXIST) {
    throw Error(ErrorCode::kOutput,
                path.string() + ": is there already, and a report replaces nothing; give --report another name");
  }
  throw Error(ErrorCode::kOutput, path.string() + ": " + std::generic_category().message(error) +
                                      "; give --report a file in a folder that can be written to");
}

/// An open file of its own beside the report's, which goes at the end.
class Temporary {
 public:
  explicit Temporary(const std::filesystem::path& path)
      : path_(path), name_((path.parent_path() / ".sateen-report-XXXXXX").string()) {
    descriptor_ = ::mkostemp(name_.data(), O_CLOEXEC);
    if (descriptor_ == -1) refuse(path_, errno);
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  ~Temporary() {
    ::close(descriptor_);
    ::unlink(name_.c_str());
  }

  void write(const std::string& text) const {
    for (size_t done = 0; done < text.size();) {
      const ssize_t n = ::write(descriptor_, text.data() + done, text.size() - done);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) refuse(path_, n < 0 ? errno : EIO);
      done += static_cast<size_t>(n);
    }
    constexpr mode_t kMode = 0644;
    if (::fchmod(descriptor_, kMode) != 0 || ::fsync(descriptor_) != 0) refuse(path_, errno);
  }

  /// Unlike rename, link replaces nothing that came meanwhile. Some file systems have no links.
  void give_name() const {
    if (::link(name_.c_str(), path_.c_str()) == 0) return;
    if (errno != EPERM && errno != ENOTSUP) refuse(path_, errno);
    if (::renameat2(AT_FDCWD, name_.c_str(), AT_FDCWD, path_.c_str(), RENAME_NOREPLACE) != 0) refuse(path_, errno);
  }

 private:
  const std::filesystem::path& path_;
  std::string name_;
  int descriptor_ = -1;
};

}  // namespace

void check_report_file(const std::filesystem::path& path) {
  if (path.empty()) throw Error(ErrorCode::kUsage, "--report: the file has no name");
  struct stat status {};
  if (::lstat(path.c_str(), &status) == 0) refuse(path, EEXIST);
  if (errno != ENOENT) refuse(path, errno);
  const Temporary probe(path);
}

void write_report_file(const std::filesystem::path& path, const std::string& text) {
  const Temporary file(path);
  file.write(text);
  file.give_name();
}

}  // namespace sateen::app
