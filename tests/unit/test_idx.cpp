// IDX files, plain and gzip: whole and right, or refused before memory is taken for them.
#include <ctime>
#include <string>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/idx.hpp"
#include "expect_error.hpp"
#include "idx_forge.hpp"
#include "io/xxh3.hpp"
#include "temp_folder.hpp"

namespace {

using sateen::ErrorCode;

const std::vector<uint8_t> kValues = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};

sateen::IdxFile read(const std::vector<uint8_t>& file, size_t rank) {
  const TempFolder folder;
  put_file(folder / "f", file);
  return sateen::read_idx(folder / "f", rank);
}

void expect_refused(const std::vector<uint8_t>& file, size_t rank, const char* words) {
  rusage before{}, after{};
  ::getrusage(RUSAGE_SELF, &before);
  const std::clock_t start = std::clock();
  EXPECT_ERROR(read(file, rank), ErrorCode::kBadInput, words);
  BOOST_TEST(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC < 1.0);
  ::getrusage(RUSAGE_SELF, &after);
  BOOST_TEST(after.ru_maxrss - before.ru_maxrss < 64 * 1024);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(idx_files)

BOOST_AUTO_TEST_CASE(plain_and_gzip_are_the_same) {
  const auto file = idx({3, 2, 2}, kValues);
  for (const auto& bytes : {file, gzip(file)}) {
    const auto images = read(bytes, 3);
    BOOST_TEST((images.dims == std::vector<uint32_t>{3, 2, 2}));
    BOOST_TEST(images.values == kValues, boost::test_tools::per_element());
    BOOST_TEST(images.hash == sateen::xxh3(file));
  }
  BOOST_TEST(read(idx({12}, kValues), 1).values.size() == 12U);
}

BOOST_AUTO_TEST_CASE(cut_at_every_byte_or_too_long) {
  const auto file = idx({3, 2, 2}, kValues);
  for (const auto& bytes : {file, gzip(file)}) {
    for (size_t size = 0; size < bytes.size(); ++size) {
      expect_refused({bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(size)}, 3,
                     size == 0 ? "is empty" : "is cut short");
    }
    auto longer = bytes;
    longer.push_back(0);
    expect_refused(longer, 3, "bytes behind its end");
  }
  auto values = kValues;
  values.push_back(1);
  expect_refused(gzip(idx({3, 2, 2}, values)), 3, "more values than it says");
  auto twice = gzip(file);
  const auto member = twice;
  twice.insert(twice.end(), member.begin(), member.end());
  expect_refused(twice, 3, "bytes behind its end");
}

BOOST_AUTO_TEST_CASE(damaged_gzip) {
  const auto file = idx({3, 2, 2}, kValues);
  const auto packed = gzip(file);
  size_t unnoticed = 0;
  for (size_t bit = 0; bit < packed.size() * 8; ++bit) {
    auto damaged = packed;
    damaged[bit / 8] = static_cast<uint8_t>(damaged[bit / 8] ^ 1U << bit % 8);
    const auto thrown = error_of([&] { return read(damaged, 3), 0; });
    if (thrown) {
      BOOST_TEST((thrown->code() == ErrorCode::kBadInput));
      continue;
    }
    // Time and system in gzip's header mean nothing, nor do up to 7 bits between the data and its checksum.
    BOOST_TEST((read(damaged, 3).values == kValues));
    unnoticed += bit / 8 < 10 ? 0 : 1;
  }
  BOOST_TEST(unnoticed <= 7U);
}

BOOST_AUTO_TEST_CASE(other_files) {
  expect_refused(idx({3, 2, 2}, kValues), 1, "holds images, not labels; are the two files swapped?");
  expect_refused(idx({12}, kValues), 3, "holds labels, not images; are the two files swapped?");
  expect_refused(idx({3, 4}, kValues), 3, "2 dimensions instead of 3");
  expect_refused(idx({3, 2, 2}, kValues, 0x0D), 3, "another type than bytes");
  expect_refused({0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'}, 3, "is not an IDX file");
  const std::string html = "<!DOCTYPE html><html>404</html>";
  expect_refused({html.begin(), html.end()}, 3, "is not an IDX file");
  expect_refused({'P', 'K', 3, 4, 0, 0, 0, 0}, 3, "ZIP");
  EXPECT_ERROR(sateen::read_idx("/dev/zero", 3), ErrorCode::kBadInput, "is a device");
  const TempFolder folder;
  EXPECT_ERROR(sateen::read_idx(folder.path(), 3), ErrorCode::kBadInput, "is a folder");
  BOOST_TEST_REQUIRE(::mkfifo((folder / "fifo").c_str(), 0600) == 0);
  EXPECT_ERROR(sateen::read_idx(folder / "fifo", 3), ErrorCode::kBadInput, "is a pipe");
}

BOOST_AUTO_TEST_CASE(sizes_that_lie) {
  for (const auto& dims : std::vector<std::vector<uint32_t>>{
           {UINT32_MAX, 28, 28}, {UINT32_MAX, UINT32_MAX, UINT32_MAX}, {1U << 31, 1U << 31, 4}, {400000, 28, 28}}) {
    expect_refused(idx(dims, kValues), 3, "");
    expect_refused(gzip(idx(dims, kValues)), 3, "");
  }
  expect_refused(idx({60000, 28, 28}, kValues), 3, "says that it holds 47040000 values");
  expect_refused(gzip(idx({60000, 28, 28}, kValues)), 3, "says that it holds 47040000 values");
  expect_refused(idx({UINT32_MAX}, kValues), 1, "256 MiB");
  expect_refused(idx({0, 28, 28}, {}), 3, "a dimension is 0");
}

BOOST_AUTO_TEST_CASE(gzip_that_holds_too_little) {
  // Whole as gzip, one value short as IDX; and one that ends behind its first bytes.
  expect_refused(gzip(idx({13}, kValues)), 1, "is cut short");
  expect_refused(gzip({0, 0}), 1, "is cut short");
  expect_refused(gzip({}), 1, "is cut short");
  expect_refused({0x1F, 0x8C, 0, 0}, 1, "is not an IDX file");
}

BOOST_AUTO_TEST_CASE(a_bomb_is_not_unpacked) {
  // 100 MiB of zeros behind a header that says four values.
  auto bomb = idx({4, 1, 1}, std::vector<uint8_t>(size_t{100} << 20));
  const auto packed = gzip(bomb);
  bomb = {};
  BOOST_TEST(packed.size() < 200000U);
  const std::clock_t start = std::clock();
  expect_refused(packed, 3, "more values than it says");
  BOOST_TEST(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC < 0.2);
}

BOOST_AUTO_TEST_SUITE_END()
