// Writing the file of --report.
#include "info/self_test/report_file.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sateen/error.hpp"

namespace sateen::app {

void ReportFile::refuse(int error) const {
  if (error == EEXIST) {
    throw Error(ErrorCode::kOutput,
                path_.string() + ": is there already, and a report replaces nothing; give --report another name");
  }
  throw Error(ErrorCode::kOutput, path_.string() + ": " + std::generic_category().message(error) +
                                      "; give --report a file in a folder that can be written to");
}

ReportFile::ReportFile(std::filesystem::path path) : path_(std::move(path)) {
  struct stat status {};
  if (::lstat(path_.c_str(), &status) == 0) refuse(EEXIST);
  if (errno != ENOENT) refuse(errno);
  temporary_ = (path_.parent_path() / ".sateen-report-XXXXXX").string();
  descriptor_ = ::mkostemp(temporary_.data(), O_CLOEXEC);
  if (descriptor_ == -1) refuse(errno);
}

ReportFile::~ReportFile() {
  if (descriptor_ == -1) return;
  ::close(descriptor_);
  ::unlink(temporary_.c_str());
}

void ReportFile::save(const std::string& text) {
  for (size_t done = 0; done < text.size();) {
    const ssize_t n = ::write(descriptor_, text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) refuse(n < 0 ? errno : EIO);
    done += static_cast<size_t>(n);
  }
  constexpr mode_t kMode = 0644;
  if (::fchmod(descriptor_, kMode) != 0 || ::fsync(descriptor_) != 0) refuse(errno);
  // Unlike rename, link replaces nothing that came meanwhile. Some file systems have no links.
  if (::link(temporary_.c_str(), path_.c_str()) == 0) return;
  if (errno != EPERM && errno != ENOTSUP) refuse(errno);
  if (::renameat2(AT_FDCWD, temporary_.c_str(), AT_FDCWD, path_.c_str(), RENAME_NOREPLACE) != 0) refuse(errno);
}

}  // namespace sateen::app
