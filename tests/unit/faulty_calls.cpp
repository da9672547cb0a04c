// System calls that fail to order: see faulty_calls.hpp.
#include "faulty_calls.hpp"

#include <cerrno>
#include <cstdarg>
#include <utility>

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

FaultyCall* armed = nullptr;

bool fails(Call call) {
  return armed != nullptr && armed->strike(call);
}

/// libc's own function of this type and name.
template <typename Function>
Function real(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

FaultyCall::FaultyCall(Call call, int error, int first, int count)
    : call_(call), error_(error), first_(first), count_(count) {
  armed = this;
}

FaultyCall::FaultyCall(Call call, std::function<void()> before, int first)
    : call_(call), error_(0), first_(first), count_(1), before_(std::move(before)) {
  armed = this;
}

FaultyCall::~FaultyCall() {
  armed = nullptr;
}

bool FaultyCall::strike(Call call) {
  if (call != call_) return false;
  const int number = calls_++;
  if (number < first_ || number >= first_ + count_) return false;
  met_ = true;
  if (before_) {
    armed = nullptr;  // what runs now is spared
    before_();
    armed = this;
    return false;
  }
  errno = error_;
  return true;
}

#define SHOWN __attribute__((visibility("default")))

extern "C" {
SHOWN int openat(int folder, const char* path, int flags, ...) {
  mode_t mode = 0;
  if ((flags & O_CREAT) != 0) {
    va_list arguments;
    va_start(arguments, flags);
    mode = va_arg(arguments, mode_t);
    va_end(arguments);
  }
  if (fails((flags & O_CREAT) != 0 ? Call::kCreate : Call::kOpenAt)) return -1;
  return real<int (*)(int, const char*, int, ...)>("openat")(folder, path, flags, mode);
}
SHOWN int fcntl(int fd, int command, ...) {
  va_list arguments;
  va_start(arguments, command);
  // libc takes it the same way, whatever it is. NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): it has begun
  void* argument = va_arg(arguments, void*);
  va_end(arguments);
  if (command == F_DUPFD_CLOEXEC && fails(Call::kDuplicate)) return -1;
  return real<int (*)(int, int, ...)>("fcntl")(fd, command, argument);
}
SHOWN ssize_t readlink(const char* path, char* target, size_t bytes) noexcept {
  if (fails(Call::kReadLink)) return -1;
  return real<ssize_t (*)(const char*, char*, size_t)>("readlink")(path, target, bytes);
}
SHOWN int fstat(int fd, struct stat* status) noexcept {
  return fails(Call::kStat) ? -1 : real<int (*)(int, struct stat*)>("fstat")(fd, status);
}
SHOWN int stat(const char* path, struct stat* status) noexcept {
  return fails(Call::kStatPath) ? -1 : real<int (*)(const char*, struct stat*)>("stat")(path, status);
}
SHOWN int fstatat(int folder, const char* path, struct stat* status, int flags) noexcept {
  if (fails(Call::kStatAt)) return -1;
  return real<int (*)(int, const char*, struct stat*, int)>("fstatat")(folder, path, status, flags);
}
SHOWN int fchmod(int fd, mode_t mode) noexcept {
  return fails(Call::kSetMode) ? -1 : real<int (*)(int, mode_t)>("fchmod")(fd, mode);
}
SHOWN int faccessat(int folder, const char* path, int mode, int flags) noexcept {
  if (fails(Call::kAccess)) return -1;
  return real<int (*)(int, const char*, int, int)>("faccessat")(folder, path, mode, flags);
}
SHOWN int flock(int fd, int operation) noexcept {
  return fails(Call::kLock) ? -1 : real<int (*)(int, int)>("flock")(fd, operation);
}
SHOWN DIR* fdopendir(int fd) {
  return fails(Call::kListFolder) ? nullptr : real<DIR* (*)(int)>("fdopendir")(fd);
}
SHOWN int linkat(int from_folder, const char* from, int to_folder, const char* to, int flags) noexcept {
  if (fails(Call::kLink)) return -1;
  return real<int (*)(int, const char*, int, const char*, int)>("linkat")(from_folder, from, to_folder, to, flags);
}
SHOWN ssize_t getrandom(void* bytes, size_t count, unsigned flags) {
  return fails(Call::kRandom) ? -1 : real<ssize_t (*)(void*, size_t, unsigned)>("getrandom")(bytes, count, flags);
}
SHOWN ssize_t read(int fd, void* bytes, size_t count) {
  return fails(Call::kRead) ? -1 : real<ssize_t (*)(int, void*, size_t)>("read")(fd, bytes, count);
}
}
