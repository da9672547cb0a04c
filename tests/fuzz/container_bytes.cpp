// Containers for the targets that read them. Apart from the library's own writer, as in tests/unit/forge.hpp.
#include "container_bytes.hpp"

#include <algorithm>
#include <charconv>
#include <string>

#include <nlohmann/json.hpp>
#include <xxhash.h>

#include "forge.hpp"
#include "json_change.hpp"

namespace sateen::fuzz {

namespace {

using nlohmann::json;

constexpr size_t kPreamble = 64, kAlignment = 64, kHeaderBytesAt = 16, kFileBytesAt = 32, kHeaderHashAt = 40,
                 kPreambleHashAt = 56;

uint64_t hash_of(Bytes bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

size_t aligned(size_t value) {
  return (value + kAlignment - 1) / kAlignment * kAlignment;
}

/// A file taken apart: lengths that make no sense are cut to what is there.
struct Parts {
  std::string header;
  Input data;
};

Parts take_apart(const Input& file) {
  if (file.size() < kPreamble) return {};
  const uint64_t said = load_le<uint64_t>(file, kHeaderBytesAt);
  const size_t length = std::min<uint64_t>(said, file.size() - kPreamble);
  const auto begin = file.begin() + kPreamble;
  Parts parts{{begin, begin + static_cast<ptrdiff_t>(length)}, {}};
  const size_t data_at = std::min(aligned(kPreamble + length), file.size());
  parts.data.assign(file.begin() + static_cast<ptrdiff_t>(data_at), file.end());
  return parts;
}

Input put_together(const Parts& parts) {
  Forgery forgery;
  forgery.header = parts.header;
  forgery.data = parts.data;
  return forgery.bytes();
}

bool read_number(std::string_view text, std::string_view key, uint64_t& value) {
  const size_t at = text.find(key);
  if (at == std::string_view::npos) return false;
  const char* begin = text.data() + at + key.size();
  return std::from_chars(begin, text.data() + text.size(), value).ec == std::errc();
}

/// Puts the tensors' hashes into the header's text, which need not be JSON any more.
void repair_hashes(Parts& parts) {
  constexpr std::string_view kHash = "\"hash\":\"";
  constexpr size_t kDigits = 16;
  std::string& text = parts.header;
  for (size_t at = text.find(kHash); at != std::string::npos; at = text.find(kHash, at + 1)) {
    const size_t begin = text.rfind('{', at), end = text.find('}', at);
    if (begin == std::string::npos || end == std::string::npos || at + kHash.size() + kDigits > end) continue;
    const std::string_view entry = std::string_view(text).substr(begin, end - begin);
    uint64_t offset = 0, length = 0;
    if (!read_number(entry, "\"offset\":", offset) || !read_number(entry, "\"length\":", length)) continue;
    if (offset > parts.data.size() || length > parts.data.size() - offset) continue;
    text.replace(at + kHash.size(), kDigits, hash_text(parts.data, offset, length));
  }
}

/// Makes places, lengths and data fit the shapes of the table, where they are small and the header is JSON.
void lay_out(Parts& parts) {
  json header = json::parse(parts.header, nullptr, false);
  if (!header.is_object() || !header["tensors"].is_array()) return;
  constexpr uint64_t kMost = 4096;
  uint64_t end = 0;
  for (json& entry : header["tensors"]) {
    if (!entry.is_object() || !entry["shape"].is_array()) return;
    uint64_t bytes = entry["dtype"] == "u8" ? 1 : 4;
    for (const json& dim : entry["shape"]) {
      if (!dim.is_number_unsigned() || dim.get<uint64_t>() > kMost) return;
      bytes *= dim.get<uint64_t>();
      if (bytes > kMost) return;
    }
    entry["offset"] = aligned(end);
    entry["length"] = bytes;
    if (!entry["hash"].is_string()) entry["hash"] = std::string(16, '0');
    end = aligned(end) + bytes;
  }
  parts.header = header.dump(-1, ' ', false, json::error_handler_t::replace);
  parts.data.resize(end);
}

void change_text(std::string& text, size_t most, const Change& change) {
  Input bytes(text.begin(), text.end());
  change(bytes, most);
  text.assign(bytes.begin(), bytes.end());
}

/// For numbers of the preamble that contradict the rest: its checksums are made right, its lengths are not.
void change_preamble(Input& file, const Change& change) {
  constexpr size_t kVersion = 8;
  Input numbers(file.begin() + kVersion, file.begin() + kPreambleHashAt);
  const size_t size = numbers.size();
  change(numbers, size);
  numbers.resize(size);
  std::copy(numbers.begin(), numbers.end(), file.begin() + kVersion);
  const uint64_t length = load_le<uint64_t>(file, kHeaderBytesAt);
  if (length <= file.size() - kPreamble) {
    store_le(std::span(file), kHeaderHashAt, hash_of(Bytes(file).subspan(kPreamble, length)));
  }
  store_le(std::span(file), kPreambleHashAt, hash_of(Bytes(file).first(kPreambleHashAt)));
}

/// A model of one dense layer, with as little text as the format takes.
std::string model_header(const std::string& layers, const std::string& input, const std::string& tensors) {
  return R"({"labels":["a","b"],"model":{"input":)" + input + R"(,"layers":[)" + layers +
         R"(]},"preprocessing":{"scale":0.5,"shift":0.0},"provenance":{"data_hash":"0123456789abcdef","seed":"0000000000000000","version":"1"},"tensors":[)" +
         tensors + "]}";
}

std::string dense_entries(const Input& data, const std::string& name, size_t inputs) {
  const std::string weights = std::to_string(inputs * 2 * 4);
  return entry("model/" + name + ".weights", "f32", "[" + std::to_string(inputs) + ",2]", "0", weights,
               hash_text(data, 0, inputs * 2 * 4)) +
         "," + entry("model/" + name + ".bias", "f32", "[2]", "64", "8", hash_text(data, 64, 8));
}

Input seed(std::string header, Input data) {
  Parts parts{std::move(header), std::move(data)};
  return put_together(parts);
}

}  // namespace

bool has_right_checksums(Bytes file) {
  constexpr uint64_t kMostHeader = uint64_t{1} << 20;
  if (file.size() < kPreamble || file[0] != 0xA5 || file[1] != 'S') return false;
  if (load_le<uint64_t>(file, kPreambleHashAt) != hash_of(file.first(kPreambleHashAt))) return false;
  const uint64_t length = load_le<uint64_t>(file, kHeaderBytesAt);
  return length >= 2 && length <= kMostHeader && length <= file.size() - kPreamble &&
         load_le<uint64_t>(file, kFileBytesAt) == file.size() &&
         load_le<uint64_t>(file, kHeaderHashAt) == hash_of(file.subspan(kPreamble, length));
}

void mutate_container(Input& file, size_t most, uint32_t choice, const Change& change) {
  constexpr uint32_t kPreambleCase = 0, kDataCase = 1, kWholeCase = 2, kTextCase = 3, kCases = 8;
  const uint32_t what = choice % kCases;
  choice /= kCases;
  if (what == kPreambleCase && file.size() >= kPreamble) return change_preamble(file, change);
  if (what == kWholeCase) change(file, most);
  Parts parts = take_apart(file);
  const size_t around = kPreamble + aligned(parts.data.size());
  if (what == kDataCase) {
    change(parts.data, std::max<size_t>(most / 4, 1));
  } else if (what == kTextCase) {
    change_text(parts.header, most > around ? most - around : 2, change);
  } else if (what != kWholeCase) {
    change_json(parts.header, choice);
    if (choice % 2 == 0) lay_out(parts);
  }
  repair_hashes(parts);
  file = put_together(parts);
}

std::vector<Input> container_seeds() {
  const Input data(72, 0);
  const std::string dense = R"({"attributes":{"units":2},"name":"dense1","type":"dense"})";
  const std::string flatten = R"({"attributes":{},"name":"flatten1","type":"flatten"})";
  const std::string dropout = R"({"attributes":{"rate":0.5},"name":"dropout1","type":"dropout"})";
  const std::string relu = R"({"attributes":{"alpha":0.1},"name":"relu1","type":"leaky_relu"})";
  const std::string pool =
      R"({"attributes":{"padding":"same","stride":[2,2],"window":[2,2]},"name":"pool1","type":"max_pool2d"})";
  const std::string conv =
      R"({"attributes":{"filters":1,"kernel":[1,1],"padding":"valid","stride":[1,1]},"name":"conv1","type":"conv2d"})";
  const Input with_conv(200, 0);
  const std::string conv_entries =
      entry("model/conv1.weights", "f32", "[1,1,1,1]", "0", "4", hash_text(with_conv, 0, 4)) + "," +
      entry("model/conv1.bias", "f32", "[1]", "64", "4", hash_text(with_conv, 64, 4)) + "," +
      entry("model/dense1.weights", "f32", "[1,2]", "128", "8", hash_text(with_conv, 128, 8)) + "," +
      entry("model/dense1.bias", "f32", "[2]", "192", "8", hash_text(with_conv, 192, 8));
  const std::string separator = ",";
  return {
      seed(R"({"tensors":[]})", {}),
      seed(R"({"tensors":[)" + entry("a", "u8", "[3]", "0", "3", hash_text({1, 2, 3}, 0, 3)) +
               R"(],"x":[1,-2,0.5e3,"ä",null,{"y":true}]})",
           {1, 2, 3}),
      seed(R"({"tensors":[)" + entry("a/b", "i32", "[1,2]", "0", "8", hash_text(data, 0, 8)) + "," +
               entry("c", "u8", "[8]", "64", "8", hash_text(data, 64, 8)) + "]}",
           data),
      seed(model_header(dense, "[1]", dense_entries(data, "dense1", 1)), data),
      seed(model_header(flatten + separator + dropout + separator + dense, "[2,2,1]", dense_entries(data, "dense1", 4)),
           data),
      seed(model_header(pool + separator + relu + separator + flatten + separator + dense, "[2,2,1]",
                        dense_entries(data, "dense1", 1)),
           data),
      seed(model_header(conv + separator + flatten + separator + dense, "[1,1,1]", conv_entries), with_conv),
  };
}

}  // namespace sateen::fuzz
