// Small files that ask for much memory are refused before it is taken: each in a process that has 64 MiB left.
#include <string>

#include <sys/stat.h>
#include <unistd.h>

#include "capped.hpp"
#include "forge.hpp"
#include "idx_forge.hpp"
#include "picture_forge.hpp"
#include "temp_folder.hpp"
#include "variable.hpp"

namespace {

/// A model's header whose layers and input are given, and whose table of tensors is.
std::string model_header(const std::string& input, const std::string& layers, const std::string& tensors) {
  return R"({"model":{"input":)" + input + R"(,"layers":[)" + layers +
         R"(]},"preprocessing":{"scale":1.0,"shift":0.0},"labels":["a","b"],)"
         R"("provenance":{"version":"1","data_hash":"0123456789abcdef","seed":"0123456789abcdef"},"tensors":[)" +
         tensors + "]}";
}
const char* const kFlatten = R"({"type":"flatten","name":"flatten1","attributes":{}},)";
std::string dense(int number, const std::string& units) {
  return R"({"type":"dense","name":"dense)" + std::to_string(number) + R"(","attributes":{"units":)" + units + "}}";
}

void expect_refused(const std::string& what, const std::vector<uint8_t>& bytes, const std::string& words) {
  const TempFolder folder;
  put_file(folder / "f", bytes);
  expect_capped_refusal(what, folder / "f", words);
}
void expect_model_refused(const std::vector<uint8_t>& bytes, const std::string& words) {
  expect_refused("model", bytes, words);
}
void expect_picture_refused(const Picture& bytes, const std::string& words) {
  expect_refused("picture", bytes, words);
}

const std::string kNoHash(16, '0');
constexpr uint64_t kTerabyte = uint64_t{1} << 40;

}  // namespace

BOOST_AUTO_TEST_SUITE(memory_cap)

// What the others rely on: more than the cap is not to be had, less is, and it is measured.
BOOST_AUTO_TEST_CASE(the_cap_holds) {
  BOOST_TEST(!run_capped("take", "80").finished);
  const CappedRun some = run_capped("take", "20");
  BOOST_TEST(some.finished);
  BOOST_TEST(some.code == -1);
  BOOST_TEST((some.grown_bytes >= 20 << 20 && some.grown_bytes < 30 << 20), some.grown_bytes);
}

BOOST_AUTO_TEST_CASE(containers_that_declare_much) {
  Forgery file{R"({"tensors":[]})", {}};
  file.file_bytes = kTerabyte;
  expect_model_refused(file.bytes(), "cut short");
  file.file_bytes = UINT64_MAX;
  expect_model_refused(file.bytes(), "cut short");
  file.file_bytes.reset();
  for (const uint64_t length : {UINT64_MAX, kTerabyte, uint64_t{1} << 20}) {
    file.header_bytes = length;
    expect_model_refused(file.bytes(), "header");
  }
  // The largest header, full of tensors of a terabyte; products that wrap; more than the file has.
  std::string table;
  for (uint64_t i = 0; i < 4096; ++i) {
    table += (i == 0 ? "" : ",") + entry("t" + std::to_string(i), "u8", "[1048576,1048576]",
                                         std::to_string(kTerabyte * i), std::to_string(kTerabyte), kNoHash);
  }
  expect_model_refused(Forgery{R"({"tensors":[)" + table + "]}", {1, 2, 3, 4}}.bytes(), "past the end");
  for (const char* shape : {"[2147483647,2147483647,2147483647]", "[1073741824,1073741824,4,4]"}) {
    const std::string tensor = entry("a", "f32", shape, "0", "4", kNoHash);
    expect_model_refused(Forgery{R"({"tensors":[)" + tensor + "]}", {1, 2, 3, 4}}.bytes(), "too large");
  }
}

BOOST_AUTO_TEST_CASE(headers_that_take_much_once_parsed) {
  const auto filled = [](const std::string& open, const std::string& element, const std::string& close) {
    std::string header = open;
    header.reserve(size_t{1} << 20);
    while (header.size() + element.size() + close.size() <= (size_t{1} << 20)) header += element;
    return Forgery{header + close, {}}.bytes();
  };
  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += R"({"a":)";
  expect_model_refused(Forgery{deep, {}}.bytes(), "nested more than 8 deep");
  expect_model_refused(filled(R"({"a":[)", "0,", "0]}"), "\"tensors\" is missing");
  expect_model_refused(filled(R"({"a":[)", "\"\",", "0]}"), "\"tensors\" is missing");
  expect_model_refused(filled(R"({"a":[)", "[],", "0]}"), "\"tensors\" is missing");
  expect_model_refused(filled(R"({"a":[)", "{},", "0]}"), "\"tensors\" is missing");
  expect_model_refused(filled(R"({"a":[)", "[[[[0]]]],", "0]}"), "\"tensors\" is missing");
  expect_model_refused(filled(R"({"tensors":[)", "{},", "{}]}"), "more than 4096 tensors");
}

BOOST_AUTO_TEST_CASE(architectures_that_would_take_much) {
  const auto refuse = [](const std::string& input, const std::string& layers, const char* words) {
    expect_model_refused(Forgery{model_header(input, layers, ""), {}}.bytes(), words);
  };
  refuse("[28,28,1]", kFlatten + dense(1, "2147483647") + "," + dense(2, "2"), "256 MiB");
  refuse("[28,28,1]", kFlatten + dense(1, "60000000") + "," + dense(2, "2"), "weights are not as many");
  refuse("[40000,40000,1]", kFlatten + dense(1, "2"), "256 MiB");
  refuse("[2147483647,2147483647,2147483647]", kFlatten + dense(1, "2"), "too large");
  const std::string wide =
      R"({"type":"conv2d","name":"conv1","attributes":{"filters":1,"kernel":[2147483647,2147483647],)"
      R"("stride":[1,1],"padding":"same"}},)";
  refuse("[28,28,1]", wide + kFlatten + dense(1, "2"), "");
}

BOOST_AUTO_TEST_CASE(large_files_that_are_no_models) {
  const TempFolder folder;
  const auto path = folder / "m";
  const auto refuse = [&](const std::vector<uint8_t>& head, off_t size, const char* words) {
    put_file(path, head);
    BOOST_TEST_REQUIRE(::truncate(path.c_str(), size) == 0);
    expect_capped_refusal("model", path, words);
  };
  refuse({'t', 'e', 'x', 't'}, off_t{1} << 40, "larger than the 2 GiB");
  refuse({'t', 'e', 'x', 't'}, off_t{1} << 31, "is not a Sateen model");
  // A good head and a tensor of nearly 2 GiB that the architecture has not.
  const uint64_t bytes = 2000000000;
  Forgery file{model_header("[2,2,1]", kFlatten + dense(1, "2"),
                            entry("x/y", "u8", "[" + std::to_string(bytes) + "]", "0", std::to_string(bytes), kNoHash)),
               {}};
  const uint64_t head = file.bytes().size();
  file.file_bytes = head + bytes;
  refuse(file.bytes(), static_cast<off_t>(head + bytes), "far larger than its architecture needs");
  expect_capped_refusal("model", "/dev/zero", "is a device");
}

BOOST_AUTO_TEST_CASE(idx_files_that_declare_much) {
  const std::vector<uint8_t> values(12);
  for (const bool packed : {false, true}) {
    const auto refuse = [&](const std::vector<uint32_t>& dims, const char* words) {
      const auto file = idx(dims, values);
      expect_refused(dims.size() == 1 ? "idx1" : "idx3", packed ? gzip(file) : file, words);
    };
    refuse({UINT32_MAX}, "more than 256 MiB");
    refuse({UINT32_MAX, 28, 28}, "more than 256 MiB");
    refuse({UINT32_MAX, UINT32_MAX, UINT32_MAX}, "too large");
    refuse({1U << 31, 1U << 31, 4}, "too large");
    refuse({60000, 28, 28}, "says that it holds 47040000 values");
  }
  // Four values, and 200 MiB of zeros behind them.
  auto bomb = gzip(idx({4}, std::vector<uint8_t>(size_t{200} << 20)));
  expect_refused("idx1", bomb, "more values than it says");
  const TempFolder folder;
  put_file(folder / "i", idx({4}, {1, 2, 3, 4}));
  BOOST_TEST_REQUIRE(::truncate((folder / "i").c_str(), off_t{1} << 40) == 0);
  expect_capped_refusal("idx1", folder / "i", "bytes behind its end");
}

BOOST_AUTO_TEST_CASE(pictures_that_declare_much) {
  for (const uint32_t side : {60000U, 65535U}) {
    const std::string words = std::to_string(side) + "x" + std::to_string(side) + ", but 8192 pixels a side";
    expect_picture_refused(png(side, side, 8, 0, {0}), words);
    expect_picture_refused(png(side, side, 16, 6, {0}), words);
    expect_picture_refused(jpeg(static_cast<uint16_t>(side), static_cast<uint16_t>(side), {8}), words);
    expect_picture_refused(bmp(static_cast<int32_t>(side), static_cast<int32_t>(side), 24, {}), words);
    const std::string header = "P6 " + std::to_string(side) + " " + std::to_string(side) + " 255\n";
    expect_picture_refused({header.begin(), header.end()}, words);
  }
  expect_picture_refused(png(UINT32_MAX, UINT32_MAX, 16, 6, {0}), "8192 pixels a side");
  expect_picture_refused(png(8192, 8192, 16, 6, {0}), "more than 256 MiB");
  expect_picture_refused(bmp(8192, 8192, 24, {}), "cut short");
  const std::string header = "P5 8192 8192 255\n";
  expect_picture_refused({header.begin(), header.end()}, "cut short");
  // Bombs: 100 MiB of pixels behind a header for four, and in a comment that nobody unpacks.
  const Picture zeros(size_t{100} << 20);
  expect_picture_refused(png(2, 2, 8, 0, zeros), "more pixel data than its size has pixels");
  const TempFolder folder;
  put_file(folder / "p", png(1, 1, 8, 0, {0, 9}, png_chunk("zTXt", deflated(zeros))));
  const CappedRun loaded = run_capped("picture", folder / "p");
  BOOST_TEST((loaded.finished && loaded.code == -1), loaded.said);
  BOOST_TEST_REQUIRE(::truncate((folder / "p").c_str(), off_t{1} << 40) == 0);
  expect_capped_refusal("picture", folder / "p", "larger than the 64 MiB");
}

// A good picture that needs more than there is: not a bad file, but too little memory.
BOOST_AUTO_TEST_CASE(pictures_that_memory_does_not_suffice_for) {
  const Variable sanitizer("ASAN_OPTIONS", "allocator_may_return_null=1");
  const TempFolder folder;
  put_file(folder / "p", png(8192, 8192, 1, 0, Picture(8192 * (1 + 8192 / 8))));
  const CappedRun run = run_capped("picture", folder / "p");
  BOOST_TEST(run.finished);
  BOOST_TEST(run.code == static_cast<int>(sateen::ErrorCode::kNoMemory));
  BOOST_TEST(run.said.find("/p: not enough memory") != std::string::npos, run.said);
}

BOOST_AUTO_TEST_SUITE_END()
