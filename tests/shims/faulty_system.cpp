// A system whose calls fail, or in which the process dies, when it is told to. SHIM_SYSTEM="ACTION:KINDS:N[:NAME]":
//   fail       call N fails, with NAME (an errno such as EACCES) or the kind's own
//   fail-from  call N fails and every one after it
//   short      call N, a write, takes half of its bytes, and every later write fails with ENOSPC: the disk is full
//   kill       the process dies by SIGKILL before call N;  kill-after: after it
//   signal     the process gets the signal NAME (SIGINT where none is named) before call N
//   count      nothing fails (KINDS and N may be left out: all kinds)
// KINDS: names of the table below with commas between, `save` for those that a save makes, `load`, or `all`.
// Calls are counted from 1 over the process, when they concern files and folders below one of SHIM_PATH's folders
// (absolute, with colons between), by name or by a descriptor that was opened there. What the C library calls inside
// itself (stdio) is not seen.
// SHIM_LOG: a file that gets lines `KIND TIMES` and `total TIMES` at the end of a process that made such calls;
// before them, with SHIM_TRACE=1, `call N KIND WHAT` for each.
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <filesystem>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system_plan.hpp"

namespace {

using namespace shim;

// Never destroyed: calls go on while the process ends.
const Plan& plan() {
  static const Plan& kPlan = *new Plan;
  return kPlan;
}

std::atomic<unsigned long> total{0};
std::array<std::atomic<unsigned long>, kKinds.size()> totals{};
std::array<std::atomic<bool>, 4096> descriptors{};  // by number: opened below SHIM_PATH

bool concerns(int descriptor) {
  return descriptor >= 0 && static_cast<size_t>(descriptor) < descriptors.size() &&
         descriptors[static_cast<size_t>(descriptor)];
}

int remember(int descriptor, bool ours) {
  if (descriptor >= 0 && static_cast<size_t>(descriptor) < descriptors.size()) {
    descriptors[static_cast<size_t>(descriptor)] = ours;
  }
  return descriptor;
}

bool concerns(int folder, const char* name) {
  if (name == nullptr || plan().paths.empty()) return false;
  if (*name != '/' && folder != AT_FDCWD) return concerns(folder);
  std::error_code error;
  const std::filesystem::path path = std::filesystem::absolute(name, error).lexically_normal();
  for (const std::filesystem::path& above : plan().paths) {
    const std::filesystem::path relative = path.lexically_relative(above);
    if (!relative.empty() && *relative.begin() != "..") return true;
  }
  return false;
}

/// One call: whether it concerns us, its number, and what becomes of it.
class Call {
 public:
  Call(Kind kind, bool ours, const char* name) : kind_(kind) { begin(ours, name, -1); }
  Call(Kind kind, int descriptor) : kind_(kind) { begin(concerns(descriptor), "", descriptor); }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  ~Call() {
    if (is_turn() && plan().action == "kill-after") die();
  }

  /// With errno set.
  bool fails() const {
    if (number_ == 0) return false;
    const bool full = kind_ == kWrite && plan().action == "short" && number_ > plan().turn;
    const bool fails =
        full || (plan().action == "fail" && is_turn()) || (plan().action == "fail-from" && number_ >= plan().turn);
    if (fails) errno = full ? ENOSPC : error_named(plan().name, kKinds[kind_].error);
    return fails;
  }
  bool is_short() const { return kind_ == kWrite && plan().action == "short" && is_turn(); }

 private:
  bool is_turn() const { return number_ != 0 && number_ == plan().turn; }
  void begin(bool ours, const char* name, int descriptor) {
    if (!ours || (plan().kinds & (1U << kind_)) == 0) return;
    ++totals[kind_];
    number_ = ++total;
    if (plan().trace) {
      std::error_code error;
      const auto link = "/proc/self/fd/" + std::to_string(descriptor);
      const std::string what = descriptor == -1 ? name : std::filesystem::read_symlink(link, error).string();
      shim::note("call " + std::to_string(number_) + " " + kKinds[kind_].name + " " + what);
    }
    if (is_turn() && plan().action == "kill") die();
    if (is_turn() && plan().action == "signal") ::kill(::getpid(), signal_named(plan().name));
  }
  [[noreturn]] static void die() {
    for (;;) ::kill(::getpid(), SIGKILL);
  }

  Kind kind_;
  unsigned long number_ = 0;
};

bool makes_file(int flags) {
  return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
}

mode_t mode_of(int flags, va_list rest) {
  return makes_file(flags) ? va_arg(rest, mode_t) : 0;  // NOLINT(clang-analyzer-valist.Uninitialized): callers start it
}

template <typename F>
int open_by(F real, int folder, const char* name, int flags) {
  const bool ours = concerns(folder, name);
  const bool writes = makes_file(flags) || (flags & O_ACCMODE) != O_RDONLY;
  const Call call(writes ? kOpen : kLook, ours, name);
  return call.fails() ? -1 : remember(real(), ours);
}

[[gnu::destructor]] void tell() {
  if (total == 0) return;
  for (unsigned kind = 0; kind < kKinds.size(); ++kind) {
    if (totals[kind] != 0) shim::note(std::string(kKinds[kind].name) + " " + std::to_string(totals[kind]));
  }
  shim::note("total " + std::to_string(total));
}

}  // namespace

extern "C" {

int open(const char* name, int flags, ...) {
  static const auto kReal = next<decltype(&open)>("open");
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = mode_of(flags, rest);
  va_end(rest);
  return open_by([&] { return kReal(name, flags, mode); }, AT_FDCWD, name, flags);
}

int open64(const char* name, int flags, ...) {
  static const auto kReal = next<decltype(&open64)>("open64");
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = mode_of(flags, rest);
  va_end(rest);
  return open_by([&] { return kReal(name, flags, mode); }, AT_FDCWD, name, flags);
}

int openat(int folder, const char* name, int flags, ...) {
  static const auto kReal = next<decltype(&openat)>("openat");
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = mode_of(flags, rest);
  va_end(rest);
  return open_by([&] { return kReal(folder, name, flags, mode); }, folder, name, flags);
}

int openat64(int folder, const char* name, int flags, ...) {
  static const auto kReal = next<decltype(&openat64)>("openat64");
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = mode_of(flags, rest);
  va_end(rest);
  return open_by([&] { return kReal(folder, name, flags, mode); }, folder, name, flags);
}

int mkostemp(char* name, int flags) {
  static const auto kReal = next<decltype(&mkostemp)>("mkostemp");
  return open_by([&] { return kReal(name, flags); }, AT_FDCWD, name, O_CREAT);
}

int mkostemp64(char* name, int flags) {
  static const auto kReal = next<decltype(&mkostemp64)>("mkostemp64");
  return open_by([&] { return kReal(name, flags); }, AT_FDCWD, name, O_CREAT);
}

int close(int descriptor) {
  static const auto kReal = next<decltype(&close)>("close");
  const Call call(kClose, descriptor);
  remember(descriptor, false);
  const int code = kReal(descriptor);
  return call.fails() ? -1 : code;
}

int dup(int descriptor) noexcept {
  static const auto kReal = next<decltype(&dup)>("dup");
  return remember(kReal(descriptor), concerns(descriptor));
}

int dup2(int from, int to) noexcept {
  static const auto kReal = next<decltype(&dup2)>("dup2");
  return remember(kReal(from, to), concerns(from));
}

int dup3(int from, int to, int flags) noexcept {
  static const auto kReal = next<decltype(&dup3)>("dup3");
  return remember(kReal(from, to, flags), concerns(from));
}

int fcntl(int descriptor, int command, ...) {
  static const auto kReal = next<decltype(&fcntl)>("fcntl");
  va_list rest;
  va_start(rest, command);
  void* argument = va_arg(rest, void*);  // of any type: what is not there is not used
  va_end(rest);
  const int code = kReal(descriptor, command, argument);
  return command == F_DUPFD || command == F_DUPFD_CLOEXEC ? remember(code, concerns(descriptor)) : code;
}

int fcntl64(int descriptor, int command, ...) {
  static const auto kReal = next<decltype(&fcntl64)>("fcntl64");
  va_list rest;
  va_start(rest, command);
  void* argument = va_arg(rest, void*);
  va_end(rest);
  const int code = kReal(descriptor, command, argument);
  return command == F_DUPFD || command == F_DUPFD_CLOEXEC ? remember(code, concerns(descriptor)) : code;
}

ssize_t read(int descriptor, void* bytes, size_t count) {
  static const auto kReal = next<decltype(&read)>("read");
  const Call call(kRead, descriptor);
  return call.fails() ? -1 : kReal(descriptor, bytes, count);
}

ssize_t pread(int descriptor, void* bytes, size_t count, off_t offset) {
  static const auto kReal = next<decltype(&pread)>("pread");
  const Call call(kRead, descriptor);
  return call.fails() ? -1 : kReal(descriptor, bytes, count, offset);
}

ssize_t write(int descriptor, const void* bytes, size_t count) {
  static const auto kReal = next<decltype(&write)>("write");
  const Call call(kWrite, descriptor);
  return call.fails() ? -1 : kReal(descriptor, bytes, call.is_short() ? count / 2 : count);
}

ssize_t pwrite(int descriptor, const void* bytes, size_t count, off_t offset) {
  static const auto kReal = next<decltype(&pwrite)>("pwrite");
  const Call call(kWrite, descriptor);
  return call.fails() ? -1 : kReal(descriptor, bytes, call.is_short() ? count / 2 : count, offset);
}

int fsync(int descriptor) {
  static const auto kReal = next<decltype(&fsync)>("fsync");
  const Call call(kFsync, descriptor);
  return call.fails() ? -1 : kReal(descriptor);
}

int fdatasync(int descriptor) {
  static const auto kReal = next<decltype(&fdatasync)>("fdatasync");
  const Call call(kFsync, descriptor);
  return call.fails() ? -1 : kReal(descriptor);
}

int ftruncate(int descriptor, off_t size) noexcept {
  static const auto kReal = next<decltype(&ftruncate)>("ftruncate");
  const Call call(kTruncate, descriptor);
  return call.fails() ? -1 : kReal(descriptor, size);
}

int fchmod(int descriptor, mode_t mode) noexcept {
  static const auto kReal = next<decltype(&fchmod)>("fchmod");
  const Call call(kMode, descriptor);
  return call.fails() ? -1 : kReal(descriptor, mode);
}

int rename(const char* from, const char* to) noexcept {
  static const auto kReal = next<decltype(&rename)>("rename");
  const Call call(kRename, concerns(AT_FDCWD, to), to);
  return call.fails() ? -1 : kReal(from, to);
}

int renameat(int from_folder, const char* from, int to_folder, const char* to) noexcept {
  static const auto kReal = next<decltype(&renameat)>("renameat");
  const Call call(kRename, concerns(to_folder, to), to);
  return call.fails() ? -1 : kReal(from_folder, from, to_folder, to);
}

int renameat2(int from_folder, const char* from, int to_folder, const char* to, unsigned flags) noexcept {
  static const auto kReal = next<decltype(&renameat2)>("renameat2");
  const Call call(kRename, concerns(to_folder, to), to);
  return call.fails() ? -1 : kReal(from_folder, from, to_folder, to, flags);
}

int link(const char* from, const char* to) noexcept {
  static const auto kReal = next<decltype(&link)>("link");
  const Call call(kLink, concerns(AT_FDCWD, to), to);
  return call.fails() ? -1 : kReal(from, to);
}

int linkat(int from_folder, const char* from, int to_folder, const char* to, int flags) noexcept {
  static const auto kReal = next<decltype(&linkat)>("linkat");
  const Call call(kLink, concerns(to_folder, to), to);
  return call.fails() ? -1 : kReal(from_folder, from, to_folder, to, flags);
}

int unlink(const char* name) noexcept {
  static const auto kReal = next<decltype(&unlink)>("unlink");
  const Call call(kUnlink, concerns(AT_FDCWD, name), name);
  return call.fails() ? -1 : kReal(name);
}

int unlinkat(int folder, const char* name, int flags) noexcept {
  static const auto kReal = next<decltype(&unlinkat)>("unlinkat");
  const Call call(kUnlink, concerns(folder, name), name);
  return call.fails() ? -1 : kReal(folder, name, flags);
}

int rmdir(const char* name) noexcept {
  static const auto kReal = next<decltype(&rmdir)>("rmdir");
  const Call call(kUnlink, concerns(AT_FDCWD, name), name);
  return call.fails() ? -1 : kReal(name);
}

int mkdir(const char* name, mode_t mode) noexcept {
  static const auto kReal = next<decltype(&mkdir)>("mkdir");
  const Call call(kMkdir, concerns(AT_FDCWD, name), name);
  return call.fails() ? -1 : kReal(name, mode);
}

int mkdirat(int folder, const char* name, mode_t mode) noexcept {
  static const auto kReal = next<decltype(&mkdirat)>("mkdirat");
  const Call call(kMkdir, concerns(folder, name), name);
  return call.fails() ? -1 : kReal(folder, name, mode);
}

}  // extern "C"
