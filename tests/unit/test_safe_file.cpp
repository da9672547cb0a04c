// Files are written whole or not at all, whichever system call fails, and read without trust.
#include <csignal>
#include <functional>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "expect_error.hpp"
#include "io/file_error.hpp"
#include "io/input_file.hpp"
#include "io/safe_file.hpp"
#include "temp_folder.hpp"

namespace {

using sateen::Bytes;
using sateen::ErrorCode;

// The calls of a save are counted, and one of them can be made to fail: these definitions come before libc's.
enum class Fault { kNone, kFail, kShort, kNothing, kInterrupt, kKill };
struct FaultPlan {
  Fault fault = Fault::kNone;
  int at = 0;     // which call
  int error = 0;  // errno
  int calls = 0;  // so far
  bool armed = false;
};
FaultPlan plan;

/// Should this call fail?
bool strike() {
  if (!plan.armed || plan.calls++ != plan.at) return false;
  if (plan.fault == Fault::kKill) ::_exit(77);
  errno = plan.fault == Fault::kInterrupt ? EINTR : plan.error;
  return plan.fault == Fault::kFail || plan.fault == Fault::kInterrupt;
}

}  // namespace

extern "C" {
__attribute__((visibility("default"))) ssize_t write(int fd, const void* bytes, size_t count) {
  const bool shorten = plan.armed && plan.fault == Fault::kShort && count > 1;
  const bool nothing = plan.armed && plan.fault == Fault::kNothing && plan.calls == plan.at;
  if (strike()) return -1;
  if (nothing) return 0;
  return ::syscall(SYS_write, fd, bytes, shorten ? 1 + count / 3 : count);
}
__attribute__((visibility("default"))) int fsync(int fd) {
  return strike() ? -1 : static_cast<int>(::syscall(SYS_fsync, fd));
}
__attribute__((visibility("default"))) int close(int fd) {
  const bool failed = strike();
  const int error = errno;
  const int result = static_cast<int>(::syscall(SYS_close, fd));
  if (!failed) return result;
  errno = error;
  return -1;
}
__attribute__((visibility("default"))) int renameat(int from_folder, const char* from, int to_folder,
                                                    const char* to) noexcept {
  return strike() ? -1 : static_cast<int>(::syscall(SYS_renameat2, from_folder, from, to_folder, to, 0));
}
}

namespace {

/// Saves with a fault at the n-th call; gives back how many calls there were.
int save_with(Fault fault, int at, int error, const std::function<void()>& save) {
  plan = {fault, at, error, 0, true};
  try {
    save();
  } catch (...) {
    plan.armed = false;
    throw;
  }
  plan.armed = false;
  return plan.calls;
}

std::vector<uint8_t> filled(size_t size, uint8_t value) {
  return std::vector<uint8_t>(size, value);
}

void save(const std::filesystem::path& path, const std::vector<uint8_t>& bytes) {
  const Bytes all(bytes);
  const std::vector<Bytes> chunks = {all.first(bytes.size() / 2), Bytes(), all.subspan(bytes.size() / 2)};
  sateen::write_file_safely(path, chunks);
}

mode_t mode_of(const std::filesystem::path& path) {
  struct stat status {};
  BOOST_TEST_REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(safe_file)

BOOST_AUTO_TEST_CASE(writes_new_and_replaces_old) {
  TempFolder folder;
  const auto path = folder / "model.sateen";
  const mode_t umask_was = ::umask(027);
  save(path, filled(1000, 1));
  ::umask(umask_was);
  BOOST_TEST(get_file(path) == filled(1000, 1), boost::test_tools::per_element());
  BOOST_TEST(mode_of(path) == 0640U);
  BOOST_TEST_REQUIRE(::chmod(path.c_str(), 0604) == 0);
  save(path, filled(10, 2));
  BOOST_TEST(get_file(path) == filled(10, 2), boost::test_tools::per_element());
  BOOST_TEST(mode_of(path) == 0604U);
  save(path, {});
  BOOST_TEST(get_file(path).empty());
  BOOST_TEST(folder.entries() == 1U);
}

BOOST_AUTO_TEST_CASE(a_relative_path_lands_in_the_current_folder) {
  TempFolder folder;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  save("plain.bin", filled(3, 3));
  std::filesystem::current_path(before);
  BOOST_TEST(get_file(folder / "plain.bin").size() == 3U);
}

BOOST_AUTO_TEST_CASE(follows_symbolic_links) {
  TempFolder folder;
  std::filesystem::create_directory(folder / "real");
  put_file(folder / "real/model", std::string("old"));
  std::filesystem::create_symlink("real/model", folder / "one");
  std::filesystem::create_symlink(folder / "one", folder / "two");
  save(folder / "two", filled(7, 7));
  BOOST_TEST(std::filesystem::is_symlink(folder / "one"));
  BOOST_TEST(std::filesystem::is_symlink(folder / "two"));
  BOOST_TEST(get_file(folder / "real/model") == filled(7, 7), boost::test_tools::per_element());

  std::filesystem::create_symlink("real/new", folder / "dangling");
  save(folder / "dangling", filled(8, 8));
  BOOST_TEST(std::filesystem::is_symlink(folder / "dangling"));
  BOOST_TEST(get_file(folder / "real/new").size() == 8U);

  std::filesystem::create_symlink("loop", folder / "loop");
  EXPECT_ERROR(save(folder / "loop", filled(1, 1)), ErrorCode::kOutput, "loop: ");
}

BOOST_AUTO_TEST_CASE(refuses_what_is_no_regular_file) {
  TempFolder folder;
  std::filesystem::create_directory(folder / "sub");
  EXPECT_ERROR(save(folder / "sub", filled(1, 1)), ErrorCode::kOutput, "is a folder");
  EXPECT_ERROR(save(folder.path().string() + "/", filled(1, 1)), ErrorCode::kOutput, "a folder");
  EXPECT_ERROR(save("/dev/null", filled(1, 1)), ErrorCode::kOutput, "not a regular file");
  EXPECT_ERROR(save(folder / "missing/model", filled(1, 1)), ErrorCode::kOutput, "create the folder first");
  EXPECT_ERROR(save(folder / std::string(300, 'n'), filled(1, 1)), ErrorCode::kOutput, "name too long");
  BOOST_TEST_REQUIRE(::mkfifo((folder / "fifo").c_str(), 0600) == 0);
  EXPECT_ERROR(save(folder / "fifo", filled(1, 1)), ErrorCode::kOutput, "not a regular file");
  BOOST_TEST(folder.entries() == 2U);
}

BOOST_AUTO_TEST_CASE(the_longest_name_works) {
  TempFolder folder;
  save(folder / std::string(255, 'n'), filled(5, 5));
  BOOST_TEST(folder.entries() == 1U);
}

BOOST_AUTO_TEST_CASE(every_call_may_fail) {
  TempFolder folder;
  const auto path = folder / "model";
  const auto old = filled(500, 1), fresh = filled(900, 2);
  save(path, old);
  const auto replace = [&] { save(path, fresh); };
  const int calls = save_with(Fault::kNone, -1, 0, replace);
  BOOST_TEST_REQUIRE(calls >= 7);  // two writes, fsync, close, rename, fsync of the folder, close of the folder
  int told = 0;
  for (const int error : {ENOSPC, EIO}) {
    for (int at = 0; at < calls; ++at) {
      save(path, old);
      const auto thrown = error_of([&] { return save_with(Fault::kFail, at, error, replace); });
      const bool intact = get_file(path) == old, replaced = get_file(path) == fresh;
      BOOST_TEST((intact || replaced));
      BOOST_TEST(folder.entries() == 1U);
      if (!thrown) {
        BOOST_TEST(replaced);  // closing a file that only was read
        continue;
      }
      ++told;
      BOOST_TEST((thrown->code() == ErrorCode::kOutput));
      if (replaced) BOOST_TEST(std::string(thrown->what()).find("is written, but") != std::string::npos);
      if (error == ENOSPC) BOOST_TEST(std::string(thrown->what()).find("free some space") != std::string::npos);
    }
  }
  BOOST_TEST(told == 2 * 6);
}

BOOST_AUTO_TEST_CASE(short_and_interrupted_calls_are_gone_on_with) {
  TempFolder folder;
  const auto path = folder / "model";
  const auto bytes = filled(5000, 9);
  save_with(Fault::kShort, -1, 0, [&] { save(path, bytes); });
  BOOST_TEST(get_file(path) == bytes, boost::test_tools::per_element());
  const int calls = save_with(Fault::kNone, -1, 0, [&] { save(path, bytes); });
  for (int at = 0; at < calls; ++at) {
    std::filesystem::remove(path);
    const auto thrown = error_of([&] { return save_with(Fault::kInterrupt, at, 0, [&] { save(path, bytes); }); });
    const bool rename = thrown && std::string(thrown->what()).find("put in place") != std::string::npos;
    BOOST_TEST((!thrown || rename));  // rename is never interrupted in truth
    if (!thrown) BOOST_TEST((get_file(path) == bytes));
  }
}

BOOST_AUTO_TEST_CASE(a_write_that_writes_nothing_is_no_endless_loop) {
  TempFolder folder;
  const auto path = folder / "model";
  save(path, filled(10, 1));
  EXPECT_ERROR(save_with(Fault::kNothing, 0, 0, [&] { save(path, filled(20, 2)); }), ErrorCode::kOutput,
               "can't be written");
  BOOST_TEST(get_file(path) == filled(10, 1), boost::test_tools::per_element());
}

// Some file systems have folders that can't be synced: the only failure that is passed over.
BOOST_AUTO_TEST_CASE(folders_that_can_not_be_synced_are_passed_over) {
  TempFolder folder;
  const auto path = folder / "model";
  const auto fresh = filled(900, 2);
  const auto replace = [&] { save(path, fresh); };
  const int calls = save_with(Fault::kNone, -1, 0, replace);
  for (const int error : {EINVAL, ENOTSUP}) {
    int passed_over = 0;
    for (int at = 0; at < calls; ++at) {
      save(path, filled(500, 1));
      const auto thrown = error_of([&] { return save_with(Fault::kFail, at, error, replace); });
      BOOST_TEST((get_file(path) == fresh) == !thrown.has_value());
      passed_over += thrown.has_value() ? 0 : 1;
    }
    BOOST_TEST(passed_over == calls - 5);  // of two writes, fsync, close and rename none is
  }
}

BOOST_AUTO_TEST_CASE(killed_at_every_call_leaves_old_or_new) {
  TempFolder folder;
  const auto path = folder / "model";
  const auto old = filled(500, 1), fresh = filled(900, 2);
  save(path, old);
  const auto replace = [&] { save(path, fresh); };
  const int calls = save_with(Fault::kNone, -1, 0, replace);
  int old_left = 0, leftovers = 0;
  for (int at = 0; at < calls; ++at) {
    save(path, old);
    BOOST_TEST(folder.entries() == 1U);  // the dead writer's temporary went with this save
    const pid_t child = ::fork();
    if (child == 0) {
      save_with(Fault::kKill, at, 0, replace);
      ::_exit(0);
    }
    int status = 0;
    BOOST_TEST_REQUIRE(::waitpid(child, &status, 0) == child);
    BOOST_TEST(WEXITSTATUS(status) == 77);
    const auto found = get_file(path);
    BOOST_TEST((found == old || found == fresh));
    old_left += found == old ? 1 : 0;
    leftovers += folder.entries() > 1 ? 1 : 0;
  }
  BOOST_TEST(old_left >= 4);
  BOOST_TEST(leftovers >= 4);
}

BOOST_AUTO_TEST_CASE(stale_temporaries_go_and_others_stay) {
  TempFolder folder;
  put_file(folder / ".model.sateen-0123abcd.tmp", std::string("stale"));
  put_file(folder / ".other.sateen-0123abcd.tmp", std::string("another file's"));
  put_file(folder / ".model.sateen-0123abcd.tmp.bak", std::string("somebody's"));
  put_file(folder / ".model.sateen-live0000.tmp", std::string("being written"));
  const int live = ::open((folder / ".model.sateen-live0000.tmp").c_str(), O_RDWR | O_CLOEXEC);
  BOOST_TEST_REQUIRE(::flock(live, LOCK_EX) == 0);
  save(folder / "model", filled(3, 3));
  BOOST_TEST(!std::filesystem::exists(folder / ".model.sateen-0123abcd.tmp"));
  BOOST_TEST(std::filesystem::exists(folder / ".other.sateen-0123abcd.tmp"));
  BOOST_TEST(std::filesystem::exists(folder / ".model.sateen-0123abcd.tmp.bak"));
  BOOST_TEST(std::filesystem::exists(folder / ".model.sateen-live0000.tmp"));
  ::close(live);
}

BOOST_AUTO_TEST_CASE(writers_at_once_leave_one_whole_file) {
  TempFolder folder;
  const auto path = folder / "model";
  std::vector<pid_t> children;
  for (uint8_t value = 1; value <= 4; ++value) {
    const pid_t child = ::fork();
    if (child == 0) {
      bool failed = false;
      for (int i = 0; i < 8 && !failed; ++i)
        failed = error_of([&] { return save(path, filled(20000, value)), 0; }).has_value();
      ::_exit(failed ? 1 : 0);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    BOOST_TEST_REQUIRE(::waitpid(child, &status, 0) == child);
    BOOST_TEST(status == 0);
  }
  const auto bytes = get_file(path);
  BOOST_TEST(bytes.size() == 20000U);
  BOOST_TEST((bytes == filled(20000, bytes[0])));
  BOOST_TEST(folder.entries() == 1U);
}

BOOST_AUTO_TEST_CASE(a_limit_on_file_sizes_is_an_error) {
  TempFolder folder;
  const auto path = folder / "model";
  save(path, filled(10, 1));
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{4096, 4096};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const auto thrown = error_of([&] { return save(path, filled(100000, 2)), 0; });
    ::_exit(thrown && thrown->code() == ErrorCode::kOutput ? 0 : 1);
  }
  int status = 0;
  BOOST_TEST_REQUIRE(::waitpid(child, &status, 0) == child);
  BOOST_TEST(status == 0);
  BOOST_TEST(get_file(path) == filled(10, 1), boost::test_tools::per_element());
  BOOST_TEST(folder.entries() == 1U);
}

BOOST_AUTO_TEST_CASE(reads_regular_files_only) {
  TempFolder folder;
  const auto read = [](const std::filesystem::path& path) { return sateen::read_file(path, 1 << 20, "picture"); };
  put_file(folder / "file", filled(300, 4));
  BOOST_TEST(read(folder / "file") == filled(300, 4), boost::test_tools::per_element());
  EXPECT_ERROR(read(folder.path()), ErrorCode::kBadInput, "is a folder");
  EXPECT_ERROR(read("/dev/zero"), ErrorCode::kBadInput, "is a device");
  EXPECT_ERROR(read(folder / "none"), ErrorCode::kBadInput, "none: can't be opened: No such file");
  BOOST_TEST_REQUIRE(::mkfifo((folder / "fifo").c_str(), 0600) == 0);
  EXPECT_ERROR(read(folder / "fifo"), ErrorCode::kBadInput, "is a pipe");
  std::filesystem::create_symlink("loop", folder / "loop");
  EXPECT_ERROR(read(folder / "loop"), ErrorCode::kBadInput, "leads back to itself");
  put_file(folder / "huge", std::string());
  BOOST_TEST_REQUIRE(::truncate((folder / "huge").c_str(), off_t{1} << 40) == 0);
  EXPECT_ERROR(read(folder / "huge"), ErrorCode::kBadInput, "larger than the 1 MiB that a picture may have");
}

BOOST_AUTO_TEST_CASE(notices_files_that_change_while_they_are_read) {
  TempFolder folder;
  put_file(folder / "file", filled(300, 4));
  sateen::InputFile shrinking(folder / "file");
  BOOST_TEST_REQUIRE(::truncate((folder / "file").c_str(), 200) == 0);
  std::vector<uint8_t> bytes(300);
  EXPECT_ERROR(shrinking.read(bytes), ErrorCode::kBadInput, "got shorter");
  sateen::InputFile growing(folder / "file");
  bytes.resize(200);
  growing.read(bytes);
  BOOST_TEST_REQUIRE(::truncate((folder / "file").c_str(), 201) == 0);
  EXPECT_ERROR(growing.expect_end(), ErrorCode::kBadInput, "grew");
}

BOOST_AUTO_TEST_CASE(paths_are_shown_on_one_line) {
  BOOST_TEST(sateen::display_path("a/b c.png") == "a/b c.png");
  BOOST_TEST(sateen::display_path("Größe.png") == "Größe.png");
  BOOST_TEST(sateen::display_path("a\nb\x1b[2J") == "a\\x0ab\\x1b[2J");
  BOOST_TEST(sateen::display_path("\xff\xc0\x80") == "\\xff\\xc0\\x80");
  BOOST_TEST(sateen::display_path("\xed\xa0\x80") == "\\xed\\xa0\\x80");  // a surrogate
  BOOST_TEST(sateen::display_path("\xc2\x9b") == "\\xc2\\x9b");           // a C1 control character
}

BOOST_AUTO_TEST_SUITE_END()
