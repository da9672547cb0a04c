// The .sateen container. docs/file-format.md has the layout.
#include "io/container.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <set>
#include <string_view>
#include <utility>

#include "io/json.hpp"
#include "io/sniff.hpp"
#include "io/xxh3.hpp"
#include "sateen/checked.hpp"

namespace sateen {

namespace {

using nlohmann::json;

static_assert(std::endian::native == std::endian::little, "tensors go to and from files as they lie in memory");

constexpr std::array<uint8_t, 8> kMagic = {0xA5, 'S', 'T', 'N', '\r', '\n', 0x1A, '\n'};
constexpr std::array<uint8_t, kContainerAlignment> kZeros{};

// Offsets in the preamble.
constexpr size_t kMajorAt = 8, kMinorAt = 10, kFlagsAt = 12, kHeaderBytesAt = 16, kDataOffsetAt = 24, kFileBytesAt = 32,
                 kHeaderHashAt = 40, kReservedAt = 48, kPreambleHashAt = 56;

constexpr auto kBadInput = ErrorCode::kBadInput;

[[noreturn]] void bad(const std::string& what) {
  throw Error(kBadInput, what);
}

std::string_view name_of(DType dtype) {
  switch (dtype) {
    case DType::kF32:
      return "f32";
    case DType::kI32:
      return "i32";
    case DType::kU8:
      return "u8";
  }
  return "";
}

DType dtype_of(std::string_view name, const std::string& where) {
  for (const DType dtype : {DType::kF32, DType::kI32, DType::kU8}) {
    if (name_of(dtype) == name) return dtype;
  }
  bad(where + ": \"dtype\" is none of f32, i32, u8");
}

bool is_tensor_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxTensorName && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           c == '/' || c == '-';
  });
}

/// Bytes of a tensor, or an error of this code.
uint64_t tensor_bytes(const std::vector<int64_t>& dims, DType dtype, const std::string& where, ErrorCode code) {
  if (dims.empty() || dims.size() > kMaxTensorRank) throw Error(code, where + ": not 1 to 8 dimensions");
  uint64_t bytes = size_of(dtype);
  for (const int64_t dim : dims) {
    if (dim < 1 || dim > std::numeric_limits<int32_t>::max()) {
      throw Error(code, where + ": a dimension is not between 1 and 2147483647");
    }
    bytes = checked_mul(bytes, static_cast<uint64_t>(dim), where.c_str(), code);
  }
  return bytes;
}

struct Preamble {
  uint16_t minor = 0;
  uint64_t header_bytes = 0, data_offset = 0, file_bytes = 0, header_hash = 0;
};

Preamble parse_preamble(Bytes bytes, uint64_t file_bytes) {
  if (bytes.empty()) bad("is empty");
  const size_t compared = std::min(bytes.size(), kMagic.size());
  if (!std::equal(kMagic.begin(), kMagic.begin() + static_cast<ptrdiff_t>(compared), bytes.begin())) {
    const std::string_view format = known_format(bytes);
    bad("is not a Sateen model" + (format.empty() ? "" : "; it looks like " + std::string(format)));
  }
  if (bytes.size() < kPreambleBytes) bad("is cut short: a Sateen file has at least 64 bytes; get it anew");
  if (load_le<uint64_t>(bytes, kPreambleHashAt) != xxh3(bytes.first(kPreambleHashAt))) {
    bad("is damaged: its preamble's checksum is wrong; get it anew");
  }
  if (load_le<uint16_t>(bytes, kMajorAt) != kContainerMajor) {
    bad("has format version " + std::to_string(load_le<uint16_t>(bytes, kMajorAt)) +
        ", and this program reads 1: it was written by a later version; update Sateen");
  }
  if (load_le<uint32_t>(bytes, kFlagsAt) != 0) {
    bad("needs features that this program does not have: it was written by a later version; update Sateen");
  }
  Preamble preamble;
  preamble.minor = load_le<uint16_t>(bytes, kMinorAt);
  preamble.header_bytes = load_le<uint64_t>(bytes, kHeaderBytesAt);
  preamble.data_offset = load_le<uint64_t>(bytes, kDataOffsetAt);
  preamble.file_bytes = load_le<uint64_t>(bytes, kFileBytesAt);
  preamble.header_hash = load_le<uint64_t>(bytes, kHeaderHashAt);
  if (load_le<uint64_t>(bytes, kReservedAt) != 0) bad("is damaged: reserved bytes are not zero");
  if (preamble.header_bytes < 2 || preamble.header_bytes > kMaxJsonBytes) bad("has a header that is not 2 B to 1 MiB");
  if (preamble.data_offset !=
      checked_align(kPreambleBytes + preamble.header_bytes, kContainerAlignment, "the header", kBadInput)) {
    bad("is damaged: its data is not where its header ends");
  }
  const std::string sizes =
      std::to_string(file_bytes) + " bytes instead of the " + std::to_string(preamble.file_bytes) + " that it says";
  if (file_bytes < preamble.file_bytes) bad("is cut short: " + sizes + "; get it anew");
  if (file_bytes > preamble.file_bytes) bad("has something behind its end: " + sizes + "; get it anew");
  if (preamble.data_offset > file_bytes) bad("is cut short: its header reaches past its end");
  return preamble;
}

/// A tensor as the header has it; offset counts from the data offset.
struct TableEntry {
  ContainerTensor tensor;
  uint64_t offset = 0, bytes = 0;
};

TableEntry parse_entry(const json& entry, size_t index) {
  std::string where = "tensor " + std::to_string(index);
  TableEntry parsed;
  parsed.tensor.name = json_string(entry, "name", where);
  if (!is_tensor_name(parsed.tensor.name)) bad(where + ": its name is not 1 to 128 of A-Z a-z 0-9 _ . / -");
  where = "tensor " + parsed.tensor.name;
  parsed.tensor.dtype = dtype_of(json_string(entry, "dtype", where), where);
  const json& shape = json_array(entry, "shape", where);
  if (shape.size() > kMaxTensorRank) bad(where + ": not 1 to 8 dimensions");
  for (const json& dim : shape) {
    // Not a whole number, or too large for one: −1 is refused below.
    const bool fits = dim.is_number_unsigned() && dim.get<uint64_t>() <= std::numeric_limits<int32_t>::max();
    parsed.tensor.dims.push_back(fits ? dim.get<int64_t>() : -1);
  }
  parsed.offset = json_u64(entry, "offset", where);
  parsed.bytes = json_u64(entry, "length", where);
  parsed.tensor.hash = json_hex64(entry, "hash", where);
  if (parsed.bytes != tensor_bytes(parsed.tensor.dims, parsed.tensor.dtype, where, kBadInput)) {
    bad(where + ": its length is not that of its shape");
  }
  return parsed;
}

/// The tensors in order, each where it must be, the last one at the end of the file.
std::vector<TableEntry> parse_table(const json& header, uint64_t data_bytes) {
  const json& table = json_array(header, "tensors", "the header");
  if (table.size() > kMaxTensors) bad("has more than 4096 tensors");
  std::vector<TableEntry> entries;
  std::set<std::string> names;
  uint64_t end = 0;
  for (const json& element : table) {
    TableEntry entry = parse_entry(element, entries.size());
    const std::string where = "tensor " + entry.tensor.name;
    if (!names.insert(entry.tensor.name).second) bad(where + " is there twice");
    if (entry.offset != checked_align(end, kContainerAlignment, where.c_str(), kBadInput)) {
      bad(where + " does not begin where the one before it ends");
    }
    end = checked_add(entry.offset, entry.bytes, where.c_str(), kBadInput);
    if (end > data_bytes) bad(where + " reaches past the end of the file");
    entries.push_back(std::move(entry));
  }
  if (end != data_bytes) bad("has bytes that belong to no tensor");
  return entries;
}

void check_padding(Bytes padding) {
  if (std::any_of(padding.begin(), padding.end(), [](uint8_t byte) { return byte != 0; })) {
    bad("is damaged: padding is not zero; get it anew");
  }
}

/// Checks an argument of encode_container, and adds its entry to the table.
void encode_entry(const ContainerTensor& tensor, uint64_t offset, json& table) {
  const std::string where = "tensor " + tensor.name;
  if (!is_tensor_name(tensor.name)) throw Error(ErrorCode::kUsage, where + ": such a name can't be stored");
  if (tensor.data.size() != tensor_bytes(tensor.dims, tensor.dtype, where, ErrorCode::kUsage)) {
    throw Error(ErrorCode::kUsage, where + ": its data does not fit its shape");
  }
  json& entry = json_append_object(table);
  json_put(entry, "name", tensor.name);
  json_put(entry, "dtype", name_of(tensor.dtype));
  json_put(entry, "shape", tensor.dims);
  json_put(entry, "offset", offset);
  json_put(entry, "length", uint64_t{tensor.data.size()});
  json_put(entry, "hash", hex64(xxh3(tensor.data)));
}

std::string dump(const json& header) {
  try {
    return header.dump();
  } catch (const json::exception&) {
    throw Error(ErrorCode::kUsage, "a text in the header is not UTF-8");
  }
}

}  // namespace

EncodedContainer encode_container(JsonTree header, std::span<const ContainerTensor> tensors) {
  if (tensors.size() > kMaxTensors) throw Error(ErrorCode::kUsage, "more than 4096 tensors can't be stored");
  EncodedContainer encoded;
  encoded.chunks.emplace_back();  // the head, once it is known
  json& table = json_put_array(header.root(), "tensors");
  std::set<std::string> names;
  uint64_t end = 0;
  for (const ContainerTensor& tensor : tensors) {
    if (!names.insert(tensor.name).second) throw Error(ErrorCode::kUsage, "tensor " + tensor.name + " is there twice");
    const uint64_t offset = checked_align(end, kContainerAlignment, "the file");
    encode_entry(tensor, offset, table);
    if (offset != end) encoded.chunks.push_back(Bytes(kZeros).first(offset - end));
    encoded.chunks.push_back(tensor.data);
    end = checked_add(offset, tensor.data.size(), "the file");
  }
  const std::string text = dump(header);
  if (text.size() > kMaxJsonBytes) throw Error(ErrorCode::kUsage, "the header would be larger than 1 MiB");

  const uint64_t data_offset = checked_align(kPreambleBytes + text.size(), kContainerAlignment, "the header");
  encoded.head.resize(data_offset);
  const std::span<uint8_t> head(encoded.head);
  std::copy(kMagic.begin(), kMagic.end(), head.begin());
  store_le(head, kMajorAt, kContainerMajor);
  store_le(head, kMinorAt, kContainerMinor);
  store_le(head, kHeaderBytesAt, uint64_t{text.size()});
  store_le(head, kDataOffsetAt, data_offset);
  store_le(head, kFileBytesAt, checked_add(data_offset, end, "the file"));
  store_le(head, kHeaderHashAt, xxh3(bytes_of(std::span<const char>(text))));
  store_le(head, kPreambleHashAt, xxh3(head.first(kPreambleHashAt)));
  std::copy(text.begin(), text.end(), head.begin() + kPreambleBytes);
  encoded.chunks[0] = encoded.head;
  return encoded;
}

Container decode_container(uint64_t file_bytes, const std::function<void(std::span<uint8_t>)>& read,
                           const JudgeContainer& judge) {
  Container container;
  std::vector<uint8_t>& bytes = container.bytes;
  const auto read_up_to = [&](uint64_t size) {
    const size_t have = bytes.size();
    bytes.resize(size);
    read(std::span(bytes).subspan(have));
  };

  read_up_to(std::min(file_bytes, kPreambleBytes));
  const Preamble preamble = parse_preamble(bytes, file_bytes);
  container.minor = preamble.minor;
  container.header_hash = preamble.header_hash;

  read_up_to(preamble.data_offset);
  const Bytes text = Bytes(bytes).subspan(kPreambleBytes, preamble.header_bytes);
  if (xxh3(text) != preamble.header_hash) bad("is damaged: its header's checksum is wrong; get it anew");
  check_padding(Bytes(bytes).subspan(kPreambleBytes + preamble.header_bytes));
  container.header = parse_json({reinterpret_cast<const char*>(text.data()), text.size()});
  const uint64_t data_bytes = file_bytes - preamble.data_offset;
  std::vector<TableEntry> entries = parse_table(container.header, data_bytes);

  if (judge) judge(container.header, data_bytes);

  read_up_to(file_bytes);
  const Bytes data = Bytes(bytes).subspan(preamble.data_offset);
  uint64_t end = 0;
  for (TableEntry& entry : entries) {
    check_padding(data.subspan(end, entry.offset - end));
    entry.tensor.data = data.subspan(entry.offset, entry.bytes);
    if (xxh3(entry.tensor.data) != entry.tensor.hash)
      bad("tensor " + entry.tensor.name + " is damaged; get the file anew");
    end = entry.offset + entry.bytes;
    container.tensors.push_back(std::move(entry.tensor));
  }
  return container;
}

}  // namespace sateen
