// Makes one of this process's system calls fail, or something happen just before it, while an object lives. The calls are
// defined in faulty_calls.cpp and come before libc's. Tests run one after the other: one object at a time.
#pragma once

#include <functional>

enum class Call {
  kCreate,      ///< openat that makes a file
  kOpenAt,      ///< any other openat
  kReadLink,    ///< readlink
  kStat,        ///< fstat
  kStatAt,      ///< fstatat
  kStatPath,    ///< stat
  kSetMode,     ///< fchmod
  kAccess,      ///< faccessat
  kDuplicate,   ///< fcntl(F_DUPFD_CLOEXEC)
  kLock,        ///< flock
  kListFolder,  ///< fdopendir
  kLink,        ///< linkat
  kRandom,      ///< getrandom
  kRead,        ///< read
};

class FaultyCall {
 public:
  /// From the call number `first` of this kind on, `count` calls fail with this errno.
  FaultyCall(Call call, int error, int first = 0, int count = 1);
  /// Before the call number `first` of this kind, which then is made, `before` runs.
  FaultyCall(Call call, std::function<void()> before, int first = 0);
  FaultyCall(const FaultyCall&) = delete;
  FaultyCall& operator=(const FaultyCall&) = delete;
  ~FaultyCall();

  /// Whether a call was met.
  bool met() const { return met_; }
  /// A call of this kind is made: whether it shall fail, with errno then set.
  bool strike(Call call);

 private:
  Call call_;
  int error_, first_, count_;
  std::function<void()> before_;
  int calls_ = 0;
  bool met_ = false;
};
