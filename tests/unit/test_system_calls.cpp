// Saving and reading when a system call fails that is hard to make fail, or when another process comes in between.
#include <cerrno>
#include <string>

#include <sys/stat.h>

#include "expect_error.hpp"
#include "faulty_calls.hpp"
#include "io/file_error.hpp"
#include "io/input_file.hpp"
#include "io/safe_file.hpp"
#include "temp_folder.hpp"

namespace {

using sateen::Bytes;
using sateen::ErrorCode;

const std::vector<uint8_t> kOld = {1, 2, 3}, kFresh = {4, 5, 6, 7};

void save(const std::filesystem::path& path, const std::vector<uint8_t>& bytes) {
  const std::vector<Bytes> chunks = {bytes};
  sateen::write_file_safely(path, chunks);
}

/// A folder with an old file that is to be saved anew.
struct Old {
  TempFolder folder;
  std::filesystem::path path = folder / "model";

  Old() { put_file(path, kOld); }

  /// A save during which a call fails: refused with these words, and nothing is changed.
  void refused(Call call, int error, const char* words) const {
    const FaultyCall fault(call, error);
    EXPECT_ERROR(save(path, kFresh), ErrorCode::kOutput, words);
    BOOST_TEST(fault.met());
    BOOST_TEST(get_file(path) == kOld, boost::test_tools::per_element());
    BOOST_TEST(folder.entries() == 1U);
  }
  void saved() const {
    save(path, kFresh);
    BOOST_TEST(get_file(path) == kFresh, boost::test_tools::per_element());
  }
};

constexpr const char* kStale = ".model.sateen-0123abcd.tmp";

}  // namespace

BOOST_AUTO_TEST_SUITE(system_calls)

BOOST_AUTO_TEST_CASE(a_save_that_can_not_go_on_changes_nothing) {
  const Old old;
  old.refused(Call::kSetMode, EPERM, "the old file's mode can't be kept: Operation not permitted; choose a place");
  old.refused(Call::kAccess, EROFS, "can't be replaced: Read-only file system; choose a place");
  old.refused(Call::kCreate, EACCES, "can't be created: Permission denied; choose a place");
  old.refused(Call::kCreate, EDQUOT, "can't be created: Disk quota exceeded; free some space");
  old.refused(Call::kRandom, ENOSYS, "no random number");
  old.refused(Call::kDuplicate, EMFILE, "raise the limit on open files (ulimit -n)");
  old.refused(Call::kStatAt, EIO, "can't be examined: Input/output error");
}

BOOST_AUTO_TEST_CASE(a_link_that_can_not_be_read_is_named) {
  const Old old;
  std::filesystem::create_symlink("model", old.folder / "link");
  const FaultyCall fault(Call::kReadLink, EIO);
  EXPECT_ERROR(save(old.folder / "link", kFresh), ErrorCode::kOutput, "link: the symbolic link can't be read: ");
  BOOST_TEST(fault.met());
  BOOST_TEST(get_file(old.path) == kOld, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_name_that_is_taken_is_passed_over_but_not_for_ever) {
  const Old old;
  {
    const FaultyCall fault(Call::kCreate, EEXIST, 0, 99);
    old.saved();
    BOOST_TEST(fault.met());
  }
  const FaultyCall fault(Call::kCreate, EEXIST, 0, 100);
  EXPECT_ERROR(save(old.path, kOld), ErrorCode::kOutput, "model: no free name for a temporary file");
  BOOST_TEST(old.folder.entries() == 1U);
}

// A leftover that can't be looked for or removed is no reason not to save.
BOOST_AUTO_TEST_CASE(leftovers_that_can_not_be_removed_stay) {
  for (const auto& [call, error] : std::vector<std::pair<Call, int>>{
           {Call::kOpenAt, EMFILE}, {Call::kListFolder, ENOMEM}, {Call::kStat, EIO}, {Call::kLock, EWOULDBLOCK}}) {
    const Old old;
    put_file(old.folder / kStale, kOld);
    {
      const FaultyCall fault(call, error);
      old.saved();
      BOOST_TEST(fault.met());
    }
    BOOST_TEST(std::filesystem::exists(old.folder / kStale));
    old.saved();
    BOOST_TEST(!std::filesystem::exists(old.folder / kStale));
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_leftover_of_ours_stays) {
  const Old old;
  std::filesystem::create_symlink("model", old.folder / ".model.sateen-00000001.tmp");
  BOOST_TEST_REQUIRE(::mkfifo((old.folder / ".model.sateen-00000002.tmp").c_str(), 0600) == 0);
  put_file(old.folder / ".model.sateen-00000003.bak", kOld);
  old.saved();
  BOOST_TEST(old.folder.entries() == 4U);
}

// A leftover that somebody else removes or replaces while we look at it.
BOOST_AUTO_TEST_CASE(a_leftover_that_changes_under_our_hands) {
  const Old old;
  put_file(old.folder / kStale, kOld);
  {
    const FaultyCall fault(Call::kLock, [&] { std::filesystem::remove(old.folder / kStale); });
    old.saved();
    BOOST_TEST(fault.met());
  }
  put_file(old.folder / kStale, kOld);
  const FaultyCall fault(Call::kLock, [&] {
    std::filesystem::rename(old.folder / kStale, old.folder / "elsewhere");
    put_file(old.folder / kStale, kFresh);
  });
  old.saved();
  BOOST_TEST(fault.met());
  BOOST_TEST(get_file(old.folder / kStale) == kFresh, boost::test_tools::per_element());
}

// Another writer takes our new temporary for stale before we have locked it: then we make another one.
BOOST_AUTO_TEST_CASE(a_temporary_that_is_taken_for_stale_is_made_anew) {
  const Old old;
  const auto remove_temporaries = [&] {
    for (const auto& entry : std::filesystem::directory_iterator(old.folder.path())) {
      if (entry.path() != old.path) std::filesystem::remove(entry.path());
    }
  };
  {
    const FaultyCall fault(Call::kLock, remove_temporaries);
    old.saved();
    BOOST_TEST(fault.met());
    BOOST_TEST(old.folder.entries() == 1U);
  }
  const FaultyCall fault(Call::kStat, EIO);
  old.saved();
  BOOST_TEST(fault.met());
}

// The file before stays under a name of its own, where the file system has hard links.
BOOST_AUTO_TEST_CASE(the_file_before_is_kept_where_that_can_be) {
  const std::vector<Bytes> fresh = {kFresh};
  for (const int error : {EPERM, ENOTSUP, ENOSYS, EMLINK}) {
    const Old old;
    const FaultyCall fault(Call::kLink, error);
    sateen::write_file_safely(old.path, fresh, "before");
    BOOST_TEST(fault.met());
    BOOST_TEST(get_file(old.path) == kFresh, boost::test_tools::per_element());
    BOOST_TEST(old.folder.entries() == 1U);
  }
  const Old old;
  {
    const FaultyCall fault(Call::kLink, EIO);
    EXPECT_ERROR(sateen::write_file_safely(old.path, fresh, "before"), ErrorCode::kOutput,
                 "model: the file before can't be kept: Input/output error");
  }
  std::filesystem::create_directory(old.folder / "before");
  EXPECT_ERROR(sateen::write_file_safely(old.path, fresh, "before"), ErrorCode::kOutput,
               "model: the file before can't be kept: Is a directory");
  BOOST_TEST(get_file(old.path) == kOld, boost::test_tools::per_element());
  BOOST_TEST(old.folder.entries() == 2U);
  std::filesystem::remove(old.folder / "before");
  sateen::write_file_safely(old.path, fresh, "before");
  BOOST_TEST(get_file(old.folder / "before") == kOld, boost::test_tools::per_element());
  BOOST_TEST(get_file(old.path) == kFresh, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(names_that_are_folders) {
  const Old old;
  for (const char* name : {".", "..", "sub/."}) {
    EXPECT_ERROR(save(old.folder / name, kFresh), ErrorCode::kOutput, "is a folder, not a file name");
  }
}

BOOST_AUTO_TEST_CASE(reading_goes_on_when_interrupted_and_stops_when_it_fails) {
  const Old old;
  const auto read = [&] { return sateen::read_file(old.path, 100, "picture"); };
  {
    const FaultyCall fault(Call::kRead, EINTR, 0, 3);
    BOOST_TEST(read() == kOld, boost::test_tools::per_element());
    BOOST_TEST(fault.met());
  }
  {
    const FaultyCall fault(Call::kRead, EIO);
    EXPECT_ERROR(read(), ErrorCode::kBadInput, "model: can't be read: Input/output error");
  }
  const FaultyCall fault(Call::kStat, EIO);
  EXPECT_ERROR(read(), ErrorCode::kBadInput, "model: can't be examined: Input/output error");
}

BOOST_AUTO_TEST_CASE(what_helps_is_said) {
  const auto said = [](ErrorCode code, int error) {
    const auto thrown = error_of([&] { return sateen::throw_errno(code, "tried", error), 0; });
    BOOST_TEST_REQUIRE(thrown.has_value());
    BOOST_TEST((thrown->code() == code));
    return std::string(thrown->what());
  };
  const auto ends = [](const std::string& text, const std::string& end) {
    return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
  };
  for (const int error : {ENOSPC, EDQUOT}) {
    BOOST_TEST(ends(said(ErrorCode::kOutput, error), "; free some space or choose another folder"));
  }
  for (const int error : {EACCES, EPERM, EROFS}) {
    BOOST_TEST(ends(said(ErrorCode::kOutput, error), "; choose a place that you may write to"));
  }
  BOOST_TEST(said(ErrorCode::kBadInput, EACCES) == "tried: Permission denied");
  BOOST_TEST(ends(said(ErrorCode::kOutput, ENOENT), "; create the folder first"));
  BOOST_TEST(said(ErrorCode::kBadInput, ENOENT) == "tried: No such file or directory");
  BOOST_TEST(ends(said(ErrorCode::kOutput, EFBIG), "; raise the limit on file sizes (ulimit -f)"));
  BOOST_TEST(ends(said(ErrorCode::kBadInput, ELOOP), "; a symbolic link leads back to itself"));
  for (const int error : {EMFILE, ENFILE}) {
    BOOST_TEST(ends(said(ErrorCode::kBadInput, error), "; raise the limit on open files (ulimit -n)"));
  }
  BOOST_TEST(said(ErrorCode::kOutput, EIO) == "tried: Input/output error");
}

BOOST_AUTO_TEST_SUITE_END()
