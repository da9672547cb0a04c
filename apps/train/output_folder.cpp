// The folder of --out: made, checked and locked before training starts.
#include "train/output_folder.hpp"

#include <cerrno>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sateen/error.hpp"
#include "sateen/model_file.hpp"

namespace sateen::app {
namespace {

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& reason, Earlier earlier) {
  throw Error(ErrorCode::kOutput, path.string() + ": " + reason +
                                      (earlier == Earlier::kResume ? "; make it writable, or go on in a copy of it"
                                                                   : "; give --out a folder that can be written to"));
}

std::string reason_of(int error) {
  return std::generic_category().message(error);
}

constexpr const char* kProbe = ".sateen-check";
constexpr const char* kLockFile = ".sateen-lock";

// What a run that was killed has left of its own doesn't count. A folder that can't be listed is told by what comes next.
bool holds_something(int folder) {
  const int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (copy == -1) return false;
  const std::unique_ptr<DIR, int (*)(DIR*)> list(fdopendir(copy), &closedir);
  if (!list) {
    close(copy);
    return false;
  }
  while (const dirent* entry = readdir(list.get())) {
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    if (name[0] != '.' || name.find(".sateen-") == std::string_view::npos) return true;
  }
  return false;
}

}  // namespace

OutputFolder::OutputFolder(std::filesystem::path folder, Earlier earlier) : folder_(std::move(folder)) {
  std::error_code error;
  if (earlier != Earlier::kResume) made_ = std::filesystem::create_directories(folder_, error);
  if (error) refuse(folder_, "can't make the folder: " + error.message(), earlier);
  descriptor_ = open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor_ == -1 && earlier == Earlier::kResume) {
    const std::string reason = reason_of(errno);
    throw Error(ErrorCode::kBadInput,
                folder_.string() + ": " + reason +
                    (std::filesystem::is_regular_file(folder_, error)
                         ? "; --resume takes the folder of a run"
                         : ", so there is no run to go on with; begin one with --out, without --resume"));
  }
  if (descriptor_ == -1) refuse(folder_, reason_of(errno), earlier);
  try {
    lock();
    check_earlier(earlier);
    check_writable(earlier);
    for (const auto& path : {last(), previous()}) {
      // The lock covers this folder alone.
      if (std::filesystem::is_symlink(std::filesystem::symlink_status(path, error))) {
        throw Error(ErrorCode::kOutput, path.string() +
                                            ": is a symbolic link, and checkpoints must lie in the folder "
                                            "itself; move the file there, or give --out another folder");
      }
    }
    for (const auto& path : {best(), last(), previous(), history()}) check_save_target(path);
  } catch (...) {
    leave();
    throw;
  }
}

OutputFolder::~OutputFolder() {
  leave();
}

void OutputFolder::leave() const {
  if (lock_file_ != -1) {
    if (made_) unlinkat(descriptor_, kLockFile, 0);
    close(lock_file_);
  }
  if (made_) rmdir(folder_.c_str());  // which fails where something is in it
  close(descriptor_);
}

void OutputFolder::lock() {
  const auto take = [&](int descriptor) {
    if (flock(descriptor, LOCK_EX | LOCK_NB) == 0) return true;
    if (errno != EWOULDBLOCK) return false;
    throw Error(ErrorCode::kOutput,
                folder_.string() + ": another run writes here now; wait until it ends, or give another folder");
  };
  // On the folder itself, so that nothing is left behind. NFS locks files alone, and those only where they can be written.
  locked_ = take(descriptor_);
  if (locked_) return;
  lock_file_ = openat(descriptor_, kLockFile, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (lock_file_ != -1) locked_ = take(lock_file_);
}

void OutputFolder::check_in_place() const {
  struct stat by_name {};
  struct stat by_lock {};
  if (stat(folder_.c_str(), &by_name) == 0 && fstat(descriptor_, &by_lock) == 0 && by_name.st_dev == by_lock.st_dev &&
      by_name.st_ino == by_lock.st_ino) {
    return;
  }
  throw Error(ErrorCode::kOutput,
              folder_.string() +
                  ": the folder was moved or replaced while the run wrote to it, so nothing more is "
                  "saved; what was saved before is where the folder is now");
}

void OutputFolder::check_earlier(Earlier earlier) const {
  std::error_code error;
  if (earlier == Earlier::kRefuse && holds_something(descriptor_)) {
    const char* run = std::filesystem::exists(last(), error) || std::filesystem::exists(previous(), error)
                          ? "go on with its run by --resume, replace it by --overwrite"
                          : "there is no run to go on with, --overwrite begins one";
    throw Error(ErrorCode::kUsage,
                folder_.string() + ": the folder isn't empty; " + run + ", or give --out another folder");
  }
  if (earlier == Earlier::kResume && !std::filesystem::exists(last(), error)) {
    throw Error(ErrorCode::kBadInput,
                last().string() + ": not found" +
                    (std::filesystem::exists(previous(), error)
                         ? "; the checkpoint before it is there: to go on from there, copy " + previous().string() +
                               " to that name"
                         : ", so there is no run to go on with; begin one with --out, without --resume"));
  }
}

void OutputFolder::check_writable(Earlier earlier) const {
  // By one name, so that it is found again where a run was killed here.
  unlinkat(descriptor_, kProbe, 0);
  const int probe = openat(descriptor_, kProbe, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (probe == -1) refuse(folder_, "can't write files there: " + reason_of(errno), earlier);
  close(probe);
  unlinkat(descriptor_, kProbe, 0);
}

}  // namespace sateen::app
