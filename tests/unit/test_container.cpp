// The container refuses everything that is not whole and right, at once and without taking memory for it.
#include <algorithm>
#include <ctime>

#include <sys/resource.h>

#include "expect_error.hpp"
#include "forge.hpp"
#include "io/container.hpp"
#include "io/json.hpp"
#include "io/sniff.hpp"

namespace {

using nlohmann::json;
using sateen::Bytes;
using sateen::Container;
using sateen::ContainerTensor;
using sateen::DType;
using sateen::ErrorCode;

Container decode(Bytes file) {
  size_t at = 0;
  return sateen::decode_container(file.size(), [&](std::span<uint8_t> dst) {
    BOOST_TEST_REQUIRE(file.size() - at >= dst.size());
    std::copy_n(file.begin() + static_cast<ptrdiff_t>(at), dst.size(), dst.begin());
    at += dst.size();
  });
}

std::vector<uint8_t> join(const sateen::EncodedContainer& encoded) {
  std::vector<uint8_t> file;
  for (const Bytes chunk : encoded.chunks) file.insert(file.end(), chunk.begin(), chunk.end());
  return file;
}

const std::vector<uint8_t> kBytes = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

/// Two tensors, the first of them with padding behind it.
std::vector<uint8_t> sample() {
  const std::vector<ContainerTensor> tensors = {{"conv1.weights", DType::kF32, {3, 1}, kBytes},
                                                {"state/x-1", DType::kU8, {1, 2, 3, 2}, kBytes}};
  return join(sateen::encode_container(json{{"note", "Größe"}, {"list", {1, 2.5}}}, tensors));
}

/// Data of the forged files: one tensor u8 [4], and one u8 [4] behind padding.
const std::vector<uint8_t> kOne = {1, 2, 3, 4};
std::vector<uint8_t> two() {
  std::vector<uint8_t> data = kOne;
  data.resize(64);
  data.insert(data.end(), kOne.begin(), kOne.end());
  return data;
}
std::string good_entry(const std::string& name, const std::string& offset) {
  return entry(name, "u8", "[4]", offset, "4", hash_text(kOne, 0, 4));
}
Forgery forge_one(const std::string& table) {
  return {R"({"tensors":[)" + table + "]}", kOne};
}
Forgery forge_two(const std::string& table) {
  return {R"({"tensors":[)" + table + "]}", two()};
}

}  // namespace

#define EXPECT_REFUSED(file, words) EXPECT_ERROR(decode(file), ErrorCode::kBadInput, words)

BOOST_AUTO_TEST_SUITE(container)

BOOST_AUTO_TEST_CASE(what_is_written_is_read) {
  const auto file = sample();
  BOOST_TEST((file == sample()));
  const Container read = decode(file);
  BOOST_TEST(read.header.root()["note"] == "Größe");
  BOOST_TEST_REQUIRE(read.tensors.size() == 2U);
  BOOST_TEST(read.tensors[0].name == "conv1.weights");
  BOOST_TEST((read.tensors[0].dtype == DType::kF32));
  BOOST_TEST((read.tensors[0].dims == std::vector<int64_t>{3, 1}));
  BOOST_TEST(read.tensors[1].name == "state/x-1");
  for (const ContainerTensor& tensor : read.tensors) {
    BOOST_TEST(tensor.data == kBytes, boost::test_tools::per_element());
    BOOST_TEST(static_cast<size_t>(tensor.data.data() - read.bytes.data()) % 64 == 0U);
  }
  // The library's writer and the one by hand agree on every byte.
  const Container again = decode(file);
  Forgery forged{again.header.root().dump(), kBytes};
  forged.data.resize(64);
  forged.data.insert(forged.data.end(), kBytes.begin(), kBytes.end());
  BOOST_TEST(forged.bytes() == file, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(nothing_in_it_is_allowed) {
  const auto file = join(sateen::encode_container(json::object(), {}));
  BOOST_TEST(file.size() == 128U);
  BOOST_TEST(decode(file).tensors.empty());
}

BOOST_AUTO_TEST_CASE(cut_at_every_byte) {
  const auto file = sample();
  for (size_t size = 0; size < file.size(); ++size) {
    EXPECT_REFUSED(Bytes(file).first(size), size == 0 ? "is empty" : "cut short");
  }
}

BOOST_AUTO_TEST_CASE(bytes_after_the_end) {
  auto file = sample();
  file.push_back(0);
  EXPECT_REFUSED(file, "something behind its end");
}

BOOST_AUTO_TEST_CASE(every_bit_flipped) {
  const auto file = sample();
  const Container whole = decode(file);
  for (size_t bit = 0; bit < file.size() * 8; ++bit) {
    auto damaged = file;
    damaged[bit / 8] = static_cast<uint8_t>(damaged[bit / 8] ^ 1U << bit % 8);
    std::string words = bit < 64 ? "not a Sateen model" : "damaged";
    for (const ContainerTensor& tensor : whole.tensors) {
      const auto begin = static_cast<size_t>(tensor.data.data() - whole.bytes.data());
      if (bit / 8 >= begin && bit / 8 < begin + tensor.data.size()) words = "tensor " + tensor.name + " is damaged";
    }
    EXPECT_REFUSED(damaged, words);
  }
}

BOOST_AUTO_TEST_CASE(preambles_that_lie_with_right_checksums) {
  Forgery file = forge_one(good_entry("a", "0"));
  BOOST_TEST(decode(file.bytes()).tensors.size() == 1U);
  const auto with = [&](auto change) {
    Forgery changed = file;
    change(changed);
    return changed.bytes();
  };
  EXPECT_REFUSED(with([](Forgery& f) { f.major = 2; }), "written by a later version");
  EXPECT_REFUSED(with([](Forgery& f) { f.major = 0; }), "format version 0");
  for (int bit = 0; bit < 32; ++bit) {
    EXPECT_REFUSED(with([&](Forgery& f) { f.flags = 1U << bit; }), "written by a later version");
  }
  BOOST_TEST(decode(with([](Forgery& f) { f.minor = 999; })).tensors.size() == 1U);
  EXPECT_REFUSED(with([](Forgery& f) { f.reserved = 1; }), "reserved");
  EXPECT_REFUSED(with([](Forgery& f) { f.padding = 1; }), "padding");
  for (const uint64_t length : {UINT64_MAX, UINT64_MAX - 63, UINT64_MAX - 127, uint64_t{1} << 63, uint64_t{1} << 21,
                                uint64_t{0}, uint64_t{1}}) {
    EXPECT_REFUSED(with([&](Forgery& f) { f.header_bytes = length; }), "header");
  }
  EXPECT_REFUSED(with([](Forgery& f) { f.header_bytes = 100000; }), "not where its header ends");
  EXPECT_REFUSED(with([](Forgery& f) { f.header_bytes = 100000, f.data_offset = 100096; }), "its header reaches past");
  EXPECT_REFUSED(with([](Forgery& f) { f.header_bytes = 100000, f.data_offset = 100096 - 32; }),
                 "is damaged: its data");
  EXPECT_REFUSED(with([](Forgery& f) { f.header_bytes = 131008, f.data_offset = 131072; }), "its header reaches past");
  EXPECT_REFUSED(with([](Forgery& f) { f.data_offset = UINT64_MAX; }), "not where its header ends");
  EXPECT_REFUSED(with([](Forgery& f) { f.file_bytes = uint64_t{1} << 40; }), "instead of the 1099511627776");
  EXPECT_REFUSED(with([](Forgery& f) { f.file_bytes = UINT64_MAX; }), "cut short");
}

BOOST_AUTO_TEST_CASE(tables_that_lie_with_right_checksums) {
  const auto one = [](const std::string& table) { return forge_one(table).bytes(); };
  const auto pair = [](const std::string& table) { return forge_two(table).bytes(); };
  const std::string hash = hash_text(kOne, 0, 4);
  BOOST_TEST(decode(pair(good_entry("a", "0") + "," + good_entry("b", "64"))).tensors.size() == 2U);

  EXPECT_REFUSED(pair(good_entry("a", "0") + "," + good_entry("a", "64")), "tensor a is there twice");
  EXPECT_REFUSED(pair(good_entry("a", "0") + "," + good_entry("b", "0")), "does not begin where");    // overlap
  EXPECT_REFUSED(pair(good_entry("a", "64") + "," + good_entry("b", "0")), "does not begin where");   // order
  EXPECT_REFUSED(pair(good_entry("a", "0") + "," + good_entry("b", "128")), "does not begin where");  // hole
  EXPECT_REFUSED(pair(good_entry("a", "0")), "bytes that belong to no tensor");
  EXPECT_REFUSED(pair(good_entry("a", "0") + "," + entry("b", "u8", "[5]", "64", "5", hash)), "past the end");
  Forgery holed = forge_two(good_entry("a", "0") + "," + good_entry("b", "64"));
  holed.data[20] = 1;
  EXPECT_REFUSED(holed.bytes(), "padding is not zero");

  for (const char* offset : {"18446744073709551615", "18446744073709551552", "9223372036854775808", "1"}) {
    EXPECT_REFUSED(one(good_entry("a", offset)), "does not begin where");
  }
  for (const char* offset : {"-1", "0.5", "\"0\"", "null", "18446744073709551616"}) {
    EXPECT_REFUSED(one(good_entry("a", offset)), "offset");
  }
  // Products that wrap to 4, and a terabyte.
  EXPECT_REFUSED(one(entry("a", "u8", "[2147483647,2147483647,2147483647]", "0", "4", hash)), "too large");
  EXPECT_REFUSED(one(entry("a", "f32", "[1073741824,1073741824,4,4]", "0", "4", hash)), "too large");
  EXPECT_REFUSED(one(entry("a", "u8", "[1048576,1048576]", "0", "1099511627776", hash)), "past the end");
  EXPECT_REFUSED(one(entry("a", "f32", "[2147483647,2147483647]", "0", "18446744056529682436", hash)), "past the end");
  for (const char* shape : {"[]", "[0]", "[-4]", "[4.0]", "[2147483648]", "[18446744073709551615]", "[\"4\"]",
                            "[1,1,1,1,1,1,1,1,4]", "[[4]]"}) {
    EXPECT_REFUSED(one(entry("a", "u8", shape, "0", "4", hash)), "dimension");
  }
  EXPECT_REFUSED(one(entry("a", "u8", "4", "0", "4", hash)), "not an array");
  EXPECT_REFUSED(one(entry("a", "u8", "[4]", "0", "3", hash)), "length");
  EXPECT_REFUSED(one(entry("a", "f32", "[4]", "0", "4", hash)), "length");
  EXPECT_REFUSED(one(entry("a", "f64", "[4]", "0", "4", hash)), "dtype");
  for (const std::string& name :
       std::vector<std::string>{"", "a b", "a\\n", "Größe", "a\\u0000", "a:b", std::string(129, 'a')}) {
    EXPECT_REFUSED(one(good_entry(name, "0")), "its name is not");
  }
  for (const std::string& name : {std::string(128, 'a'), std::string("AZaz09_./-")}) {
    BOOST_TEST(decode(one(good_entry(name, "0"))).tensors.size() == 1U);
  }
  for (const char outside : {'@', '[', '`', '{', ':', ',', '^'}) {  // next to what is allowed
    EXPECT_REFUSED(one(good_entry(std::string(1, outside), "0")), "its name is not");
  }
  EXPECT_REFUSED(one(entry("a", "u8", "[4]", "0", "4", "0" + hash)), "hexadecimal");
  EXPECT_REFUSED(one(entry("a", "u8", "[4]", "0", "4", "0x" + hash.substr(2))), "hexadecimal");
  EXPECT_REFUSED(one(entry("a", "u8", "[4]", "0", "4", "ABCDEF0123456789")), "hexadecimal");
  EXPECT_REFUSED(one(entry("a", "u8", "[4]", "0", "4", "abcdef0123456789")), "tensor a is damaged");
  EXPECT_REFUSED(one("7"), "not a JSON object");
  EXPECT_REFUSED(one("{}"), "missing");
  std::string many = good_entry("a", "0");
  for (int i = 0; i < 4096; ++i) many += ",{}";
  EXPECT_REFUSED(one(many), "more than 4096 tensors");
}

BOOST_AUTO_TEST_CASE(headers_that_are_no_strict_json) {
  const auto refuse = [](const std::string& header) { return Forgery{header, {}}.bytes(); };
  EXPECT_REFUSED(refuse("[]"), "not a JSON object");
  EXPECT_REFUSED(refuse("{}"), "\"tensors\" is missing");
  EXPECT_REFUSED(refuse(R"({"tensors":{}})"), "not an array");
  EXPECT_REFUSED(refuse(R"({"tensors":[],"tensors":[]})"), "a key twice");
  EXPECT_REFUSED(refuse(R"({"tensors":[],"a":{"b":[{"c":1,"c":1}]}})"), "a key twice");
  EXPECT_REFUSED(refuse(R"({"tensors":[],"a":1,"\u0061":2})"), "a key twice");
  EXPECT_REFUSED(refuse(R"({"tensors":[]} x)"), "malformed");
  EXPECT_REFUSED(refuse(std::string(R"({"tensors":[]})") + '\0' + "x"), "NUL");
  EXPECT_REFUSED(refuse(R"({"tensors":[],"a":NaN})"), "malformed");
  EXPECT_REFUSED(refuse(R"({"tensors":[],"a":1e999})"), "out of range");
  EXPECT_REFUSED(refuse(R"({"tensors":[],/**/"a":1})"), "malformed");
  EXPECT_REFUSED(refuse("{\"tensors\":[],\"a\":\"\xff\"}"), "malformed");
  EXPECT_REFUSED(refuse("{\"tensors\":[],\"a\":\"\xed\xa0\x80\"}"), "malformed");
  EXPECT_REFUSED(refuse(R"({"tensors":[],"a":"\ud800"})"), "malformed");
}

BOOST_AUTO_TEST_CASE(deep_json_costs_no_stack) {
  for (const std::string open : {"[", "{\"a\":"}) {
    std::string deep;
    for (int i = 0; i < 100000; ++i) deep += open;
    EXPECT_ERROR(sateen::parse_json(deep), ErrorCode::kBadInput, "nested more than 8 deep");
  }
  EXPECT_ERROR(sateen::parse_json("[[[[[[[[[]]]]]]]]]"), ErrorCode::kBadInput, "nested more than 8 deep");
  BOOST_TEST(sateen::parse_json("[[[[[[[[1]]]]]]]]").root().is_array());
  BOOST_TEST(sateen::parse_json(R"([{"a":1},{"a":[{"a":1}]}])").root().size() == 2U);
  EXPECT_ERROR(sateen::parse_json(std::string(sateen::kMaxJsonBytes + 1, ' ')), ErrorCode::kBadInput, "1 MiB");
}

// Four times the text costs four times the time, not sixteen times, whatever its values are.
BOOST_AUTO_TEST_CASE(wide_json_costs_no_more_than_its_length) {
  const auto seconds = [](const std::string& element, size_t bytes) {
    std::string wide = "[" + element;
    while (wide.size() < bytes - 20) wide += "," + element;
    wide += "]";
    const std::clock_t start = std::clock();
    BOOST_TEST(sateen::parse_json(wide).root().is_array());
    return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  };
  for (const std::string element : {"{}", "[]", "0", "\"\"", "{\"a\":0}", "[[[[0]]]]"}) {
    double quarter = 1e9, whole = 1e9;  // the best of three, for a machine does other things too
    for (int i = 0; i < 3; ++i) {
      quarter = std::min(quarter, seconds(element, sateen::kMaxJsonBytes / 4));
      whole = std::min(whole, seconds(element, sateen::kMaxJsonBytes));
    }
    BOOST_TEST(whole < 10 * quarter, element);
  }
}

BOOST_AUTO_TEST_CASE(what_no_file_may_hold_is_not_written) {
  const auto encode = [](const json& header, const std::vector<ContainerTensor>& tensors) {
    return sateen::encode_container(header, tensors);
  };
  const ContainerTensor good{"a", DType::kU8, {12}, kBytes};
  EXPECT_ERROR(encode(json::object(), {good, good}), ErrorCode::kUsage, "twice");
  EXPECT_ERROR(encode(json::object(), {{"a b", DType::kU8, {12}, kBytes}}), ErrorCode::kUsage, "name");
  EXPECT_ERROR(encode(json::object(), {{"a", DType::kU8, {11}, kBytes}}), ErrorCode::kUsage, "shape");
  EXPECT_ERROR(encode(json::object(), {{"a", DType::kU8, {}, kBytes}}), ErrorCode::kUsage, "dimensions");
  const std::vector<int64_t> nine(9, 1);
  EXPECT_ERROR(encode(json::object(), {{"a", DType::kU8, nine, kBytes}}), ErrorCode::kUsage, "dimensions");
  for (const int64_t dim : {int64_t{0}, int64_t{-12}, int64_t{1} << 31}) {
    EXPECT_ERROR(encode(json::object(), {{"a", DType::kU8, {dim}, kBytes}}), ErrorCode::kUsage, "a dimension is not");
  }
  EXPECT_ERROR(encode(json::object(), std::vector<ContainerTensor>(4097, good)), ErrorCode::kUsage, "4096");
  EXPECT_ERROR(encode({{"a", "\xff"}}, {}), ErrorCode::kUsage, "UTF-8");
  EXPECT_ERROR(encode({{"a", std::string(sateen::kMaxJsonBytes, 'a')}}, {}), ErrorCode::kUsage, "1 MiB");
}

BOOST_AUTO_TEST_CASE(files_of_others_are_named) {
  const auto refused_as = [](const std::string& head, const char* format) {
    const std::vector<uint8_t> file(head.begin(), head.end());
    EXPECT_REFUSED(file, "is not a Sateen model");
    EXPECT_REFUSED(file, format);
  };
  refused_as(std::string("\x08\x07\x12\x07pytorch\x1a\x05", 13) + std::string(100, '\x01'), "ONNX");
  refused_as(std::string("PK\x03\x04\x14\0\0\0", 8) + std::string(100, 'a'), "PyTorch");
  refused_as(std::string("\x80\x02}q\0X\x05", 7) + std::string(100, 'a'), "pickle");
  refused_as("\x89HDF\r\n\x1a\n" + std::string(100, '\0'), "HDF5");
  refused_as("\x89PNG\r\n\x1a\n" + std::string(100, '\0'), "PNG");
  refused_as("\x1f\x8b\x08" + std::string(100, '\0'), "gzip");
  refused_as("epoch,loss,accuracy\n1,0.5,0.8\n", "text");
  refused_as("Grüße", "text");
  refused_as("A", "text");
  refused_as(std::string("\xA5STN\n\n\x1A\n", 8) + std::string(100, '\0'), "model");  // after a text-mode transfer
  refused_as(std::string(100, '\0'), "model");
}

BOOST_AUTO_TEST_CASE(refusing_is_quick_and_small) {
  // A header of the largest size, full of tensors that each say they have a terabyte.
  std::string table;
  for (int i = 0; i < 4096; ++i) {
    table += (i == 0 ? "" : ",") + entry("t" + std::to_string(i), "u8", "[1048576,1048576]",
                                         std::to_string(uint64_t{1099511627776} * static_cast<uint64_t>(i)),
                                         "1099511627776", std::string(16, '0'));
  }
  const auto file = forge_one(table).bytes();
  rusage before{}, after{};
  ::getrusage(RUSAGE_SELF, &before);
  const std::clock_t start = std::clock();
  EXPECT_REFUSED(file, "past the end");
  BOOST_TEST(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC < 1.0);
  ::getrusage(RUSAGE_SELF, &after);
  BOOST_TEST(after.ru_maxrss - before.ru_maxrss < 64 * 1024);
}

BOOST_AUTO_TEST_SUITE_END()
