// The folder of --out: made, checked and locked before training starts.
#include "train/output_folder.hpp"

#include <cerrno>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sateen/error.hpp"
#include "sateen/model_file.hpp"

namespace sateen::app {
namespace {

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& reason) {
  throw Error(ErrorCode::kOutput, path.string() + ": " + reason + "; give --out a folder that can be written to");
}

std::string reason_of(int error) {
  return std::generic_category().message(error);
}

}  // namespace

OutputFolder::OutputFolder(std::filesystem::path folder, Earlier earlier) : folder_(std::move(folder)) {
  std::error_code error;
  if (earlier != Earlier::kResume) made_ = std::filesystem::create_directories(folder_, error);
  if (error) refuse(folder_, "can't make the folder: " + error.message());
  descriptor_ = open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor_ == -1 && earlier == Earlier::kResume) {
    throw Error(ErrorCode::kBadInput, folder_.string() + ": " + reason_of(errno) + "; there is no run to go on with");
  }
  if (descriptor_ == -1) refuse(folder_, reason_of(errno));
  try {
    lock();
    check_earlier(earlier);
    check_writable();
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
  if (made_) rmdir(folder_.c_str());  // which fails where something is in it
  close(descriptor_);
}

void OutputFolder::lock() {
  // On the folder itself, so that nothing is left behind. Some network file systems can't: then there is no lock.
  if (flock(descriptor_, LOCK_EX | LOCK_NB) == -1 && errno == EWOULDBLOCK) {
    throw Error(ErrorCode::kOutput, folder_.string() + ": another run writes here now; give --out another folder");
  }
}

void OutputFolder::check_earlier(Earlier earlier) const {
  std::error_code error;
  if (earlier == Earlier::kRefuse && !std::filesystem::is_empty(folder_, error) && !error) {
    const char* run = std::filesystem::exists(last(), error)
                          ? "go on with its run by --resume, replace it by --overwrite"
                          : "there is no run to go on with, --overwrite begins one";
    throw Error(ErrorCode::kUsage,
                folder_.string() + ": the folder isn't empty; " + run + ", or give --out another folder");
  }
  if (earlier == Earlier::kResume && !std::filesystem::exists(last(), error)) {
    throw Error(ErrorCode::kBadInput, last().string() +
                                          ": not found, so there is no run to go on with; begin one with --out, "
                                          "without --resume");
  }
}

void OutputFolder::check_writable() const {
  // By one name, so that it is found again where a run was killed here.
  constexpr const char* kProbe = ".sateen-check";
  unlinkat(descriptor_, kProbe, 0);
  const int probe = openat(descriptor_, kProbe, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (probe == -1) refuse(folder_, "can't write files there: " + reason_of(errno));
  close(probe);
  unlinkat(descriptor_, kProbe, 0);
}

}  // namespace sateen::app
