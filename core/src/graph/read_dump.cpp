// Reading a graph from text. The format is in dump.hpp.
#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "graph/attributes.hpp"
#include "sateen/error.hpp"
#include "sateen/graph_text.hpp"
#include "sateen/printable.hpp"

namespace sateen {
namespace {

[[noreturn]] void refuse(const std::string& message) {
  throw Error(ErrorCode::kBadInput, message);
}

/// A whole number in decimal and nothing else, or a float as dump.cpp writes it.
template <typename T>
std::optional<T> parsed(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

template <typename T>
T number(std::string_view text) {
  const std::optional<T> value = parsed<T>(text);
  if (!value) refuse("\"" + std::string(text) + "\" is not a number that can stand here");
  return *value;
}

/// The constant of a name, or a number as it stands.
uint32_t constant(std::string_view text, std::initializer_list<std::pair<const char*, uint32_t>> names) {
  for (const auto& [name, value] : names) {
    if (text == name) return value;
  }
  return number<uint32_t>(text);
}

unsigned char hex_byte(std::string_view digits) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (digits.size() != 2 || error != std::errc() || end != digits.data() + 2) refuse("hexadecimal digits are missing");
  return static_cast<unsigned char>(value);
}

std::vector<unsigned char> hex_bytes(std::string_view digits) {
  std::vector<unsigned char> bytes;
  for (; !digits.empty(); digits.remove_prefix(2)) bytes.push_back(hex_byte(digits.substr(0, 2)));
  return bytes;
}

float float_of(std::string_view text) {
  constexpr std::string_view kNan = "nan:";
  if (text.substr(0, kNan.size()) != kNan) return number<float>(text);
  const std::vector<unsigned char> bytes = hex_bytes(text.substr(kNan.size()));
  if (bytes.size() != sizeof(float)) refuse("a NaN has eight hexadecimal digits");
  uint32_t bits = 0;
  for (const unsigned char byte : bytes) bits = bits << 8 | byte;
  float value = 0;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

template <typename T, typename Item>
std::vector<T> list(std::string_view text, Item&& item) {
  std::vector<T> items;
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    items.push_back(item(text.substr(0, comma)));
    if (comma + 1 == text.size()) refuse("a list ends in a comma");
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return items;
}

/// The words of one line, taken from the left.
class Words {
 public:
  explicit Words(std::string_view line) : rest_(line) {}

  /// The line's first word, with the number behind it.
  void first(std::string_view word, size_t index) { exactly(std::string(word) + " " + std::to_string(index)); }
  void exactly(const std::string& word) {
    if (rest_.substr(0, word.size()) != word) refuse("\"" + word + "\" is expected");
    rest_.remove_prefix(word.size());
  }
  bool next_is(const std::string& key) const { return rest_.substr(0, key.size() + 2) == " " + key + "="; }
  std::string_view value(const std::string& key) {
    exactly(" " + key + "=");
    const std::string_view value = rest_.substr(0, rest_.find(' '));
    rest_.remove_prefix(value.size());
    return value;
  }
  /// In quotes; the dump's marks are what they stand for.
  std::string quoted(const std::string& key) {
    exactly(" " + key + "=\"");
    std::string text;
    for (;;) {
      if (rest_.empty()) refuse("a quote is missing");
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"') return text;
      if (c != '\\') {
        text += c;
      } else if (rest_.substr(0, 1) == "x") {
        text += static_cast<char>(hex_byte(rest_.substr(1, 2)));
        rest_.remove_prefix(3);
      } else {
        text += rest_.empty() ? c : rest_.front();
        rest_.remove_prefix(std::min<size_t>(rest_.size(), 1));
      }
    }
  }
  void end() const {
    if (!rest_.empty()) refuse("\"" + std::string(rest_.substr(0, 40)) + "\" is more than the line has");
  }

 private:
  std::string_view rest_;
};

/// Lines that are not for people, and the number of the one at hand for errors.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}

  std::string_view next() {
    std::string_view line;
    do {
      if (rest_.empty()) refuse("the file ends too early");
      ++number_;
      const size_t end = rest_.find('\n');
      if (end == std::string_view::npos) refuse("the file ends within a line");
      line = rest_.substr(0, end);
      rest_.remove_prefix(end + 1);
    } while (line.substr(0, 1) == "#");
    return line;
  }
  bool more() const { return !rest_.empty(); }
  size_t number() const { return number_; }

 private:
  std::string_view rest_;
  size_t number_ = 0;
};

struct TensorLine {
  DType dtype;
  StorageId storage;
  uint64_t offset;
  Shape shape;
  size_t line;
};

/// The largest power of two, from 4 to 4096, that all offsets are multiples of.
uint32_t alignment_of(const std::vector<TensorLine>& tensors) {
  uint64_t bits = 4096;
  for (const TensorLine& t : tensors) bits |= t.offset;
  return static_cast<uint32_t>(std::max<uint64_t>(bits & (~bits + 1), 4));
}

DType dtype_of(std::string_view word) {
  if (word == "f32") return DType::kF32;
  if (word == "i32") return DType::kI32;
  if (word == "u8") return DType::kU8;
  refuse("dtype " + std::string(word) + " is not known");
}

uint32_t kind_of(std::string_view word) {
  for (uint32_t kind = 1; find_op_page(kind) != nullptr; ++kind) {
    if (word == find_op_page(kind)->name) return kind;
  }
  const std::optional<uint32_t> kind = parsed<uint32_t>(word);
  if (!kind) refuse("there is no operation " + std::string(word));
  return *kind;
}

template <typename T>
void put(std::vector<unsigned char>& to, size_t offset, T value) {
  std::memcpy(to.data() + offset, &value, sizeof value);
}

std::vector<unsigned char> attributes(Words& words, uint32_t kind) {
  if (words.next_is("attrs")) return hex_bytes(words.value("attrs"));
  const OpPage* page = find_op_page(kind);
  if (page == nullptr) return {};
  std::vector<unsigned char> attrs(page->size);
  for (const AttributeField& field : page->fields) {
    const std::string_view value = words.value(field.name);
    switch (field.type) {
      case AttributeField::Type::kI32:
        put(attrs, field.offset, number<int32_t>(value));
        break;
      case AttributeField::Type::kU32:
        put(attrs, field.offset, number<uint32_t>(value));
        break;
      case AttributeField::Type::kU64:
        put(attrs, field.offset, number<uint64_t>(value));
        break;
      case AttributeField::Type::kF32:
        put(attrs, field.offset, float_of(value));
        break;
    }
  }
  return attrs;
}

struct Counts {
  uint32_t storages, tensors, ops;
};

Counts read_head(Lines& lines) {
  const std::string_view version = lines.next();
  constexpr std::string_view kMagic = "sateen-graph ";
  if (version.substr(0, kMagic.size()) != kMagic)
    refuse("this is no graph of Sateen's; its first line is \"sateen-graph 1\"");
  if (version.substr(kMagic.size()) != "1")
    refuse("version " + std::string(version.substr(kMagic.size())) + " is not known");
  Words words(lines.next());
  words.exactly("graph");
  if (number<uint32_t>(words.value("flags")) != 0) refuse("flags that are not known");
  if (words.value("math") != "f32") refuse("math that is not f32");
  Counts counts{};
  counts.storages = number<uint32_t>(words.value("storages"));
  counts.tensors = number<uint32_t>(words.value("tensors"));
  counts.ops = number<uint32_t>(words.value("ops"));
  words.end();
  return counts;
}

std::vector<sateen_storage> read_storages(Lines& lines, uint32_t count) {
  std::vector<sateen_storage> storages;
  for (uint32_t i = 0; i < count; ++i) {
    Words words(lines.next());
    words.first("storage", i);
    sateen_storage s{};
    s.role = constant(words.value("role"),
                      {{"external", SATEEN_STORAGE_EXTERNAL}, {"intermediate", SATEEN_STORAGE_INTERMEDIATE}});
    if (s.role != SATEEN_STORAGE_EXTERNAL && s.role != SATEEN_STORAGE_INTERMEDIATE) refuse("a role that is not known");
    s.flags = constant(words.value("flags"), {{"frozen", SATEEN_STORAGE_FROZEN}});
    if (s.flags != 0 && s.role == SATEEN_STORAGE_INTERMEDIATE) refuse("an intermediate storage has no flags");
    s.bytes = number<uint64_t>(words.value("bytes"));
    words.end();
    storages.push_back(s);
  }
  return storages;
}

std::vector<TensorLine> read_tensors(Lines& lines, uint32_t count, uint32_t storages) {
  std::vector<TensorLine> tensors;
  for (uint32_t i = 0; i < count; ++i) {
    Words words(lines.next());
    words.first("tensor", i);
    const DType dtype = dtype_of(words.value("dtype"));
    const StorageId storage{number<uint32_t>(words.value("storage"))};
    if (storage.index >= storages) refuse("there is no storage " + std::to_string(storage.index));
    const auto offset = number<uint64_t>(words.value("offset"));
    if (offset % 4 != 0) refuse("a tensor's offset is a multiple of 4");
    Shape shape(list<int64_t>(words.value("dim"), [](std::string_view dim) { return number<int64_t>(dim); }));
    words.end();
    tensors.push_back({dtype, storage, offset, std::move(shape), lines.number()});
  }
  return tensors;
}

void read_op(Lines& lines, uint32_t index, uint32_t tensors, Graph& graph) {
  Words words(lines.next());
  words.first("op", index);
  const uint32_t kind = kind_of(words.value("kind"));
  std::string name = words.quoted("name");
  const auto tensor = [tensors](std::string_view word) {
    if (word == "none") return TensorId{};
    const auto t = number<uint32_t>(word);
    if (t >= tensors) refuse("there is no tensor " + std::to_string(t));
    return TensorId{t};
  };
  const auto src = list<TensorId>(words.value("src"), tensor), dst = list<TensorId>(words.value("dst"), tensor);
  std::vector<unsigned char> attrs = attributes(words, kind);
  words.end();
  graph.add_op(kind, std::move(name), src, dst, std::move(attrs));
}

Graph read(Lines& lines, size_t& line) {
  const Counts counts = read_head(lines);
  const std::vector<sateen_storage> storages = read_storages(lines, counts.storages);
  const std::vector<TensorLine> tensors = read_tensors(lines, counts.tensors, counts.storages);
  Graph graph(alignment_of(tensors));
  for (const sateen_storage& s : storages) {
    s.role == SATEEN_STORAGE_EXTERNAL ? graph.external(s.bytes, s.flags) : graph.intermediate(s.bytes);
  }
  for (const TensorLine& t : tensors) {
    line = t.line;
    graph.tensor(t.dtype, t.shape, t.storage, t.offset);
  }
  line = 0;
  for (uint32_t i = 0; i < counts.ops; ++i) read_op(lines, i, counts.tensors, graph);
  if (lines.more()) {
    lines.next();
    refuse("there is more than the graph's line says");
  }
  return graph;
}

}  // namespace

Graph read_graph_text(std::string_view text) {
  Lines lines(text);
  size_t line = 0;  // of a tensor that is judged when all have been read
  try {
    return read(lines, line);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kBadInput && error.code() != ErrorCode::kUsage) throw;
    refuse("line " + std::to_string(line > 0 ? line : lines.number()) + ": " + printable(error.what()));
  }
}

}  // namespace sateen
