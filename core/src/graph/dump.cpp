// Graphs as text, for bug reports.
#include "graph/dump.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "graph/attributes.hpp"
#include "io/descriptor.hpp"
#include "io/file_error.hpp"

namespace sateen {

namespace {

constexpr auto kOutput = ErrorCode::kOutput;
constexpr std::string_view kHex = "0123456789abcdef";

void append_hex(std::string& to, unsigned char byte) {
  to += kHex[byte >> 4];
  to += kHex[byte & 15];
}

std::string hex(const void* bytes, size_t n) {
  std::string r;
  for (size_t i = 0; i < n; ++i) append_hex(r, static_cast<const unsigned char*>(bytes)[i]);
  return r;
}

/// Printable ASCII, and all else as \xNN; inside quotes, quotes and backslashes are marked too.
std::string escaped(std::string_view text, bool quotes) {
  std::string r;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte > 0x7e) {
      r += "\\x";
      append_hex(r, byte);
      continue;
    }
    if (quotes && (c == '"' || c == '\\')) r += '\\';
    r += c;
  }
  return r;
}

std::string number(float value) {
  if (std::isnan(value)) {
    uint32_t bits = 0;
    std::memcpy(&bits, &value, sizeof bits);
    const unsigned char bytes[] = {static_cast<unsigned char>(bits >> 24), static_cast<unsigned char>(bits >> 16),
                                   static_cast<unsigned char>(bits >> 8), static_cast<unsigned char>(bits)};
    return "nan:" + hex(bytes, sizeof bytes);
  }
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  return {digits.data(), end};
}

template <typename T>
T read_as(const void* bytes, size_t offset) {
  T value;
  std::memcpy(&value, static_cast<const unsigned char*>(bytes) + offset, sizeof value);
  return value;
}

std::string attribute(const AttributeField& field, const void* attrs) {
  switch (field.type) {
    case AttributeField::Type::kI32:
      return std::to_string(read_as<int32_t>(attrs, field.offset));
    case AttributeField::Type::kU32:
      return std::to_string(read_as<uint32_t>(attrs, field.offset));
    case AttributeField::Type::kU64:
      return std::to_string(read_as<uint64_t>(attrs, field.offset));
    case AttributeField::Type::kF32:
      break;
  }
  return number(read_as<float>(attrs, field.offset));
}

/// The name that a value has, or its number.
std::string named(uint32_t value, std::initializer_list<std::pair<uint32_t, const char*>> names) {
  for (const auto& [constant, name] : names) {
    if (constant == value) return name;
  }
  return std::to_string(value);
}

template <typename T, typename Word>
std::string list(const T* items, uint32_t n, Word&& word) {
  std::string r;
  for (uint32_t i = 0; i < n; ++i) r += (i > 0 ? "," : "") + word(items[i]);
  return r;
}

std::string storage_line(const sateen_storage& s) {
  return " role=" +
         named(s.role, {{SATEEN_STORAGE_EXTERNAL, "external"}, {SATEEN_STORAGE_INTERMEDIATE, "intermediate"}}) +
         " flags=" + named(s.flags, {{SATEEN_STORAGE_FROZEN, "frozen"}}) + " bytes=" + std::to_string(s.bytes);
}

std::string tensor_line(const sateen_tensor& t) {
  const uint32_t rank = std::min<uint32_t>(t.rank, SATEEN_MAX_RANK);
  return " dtype=" + named(t.dtype, {{SATEEN_F32, "f32"}, {SATEEN_I32, "i32"}, {SATEEN_U8, "u8"}}) +
         " storage=" + std::to_string(t.storage) + " offset=" + std::to_string(t.offset) +
         " dim=" + list(t.dim, rank, [](int64_t d) { return std::to_string(d); });
}

std::string op_line(const sateen_op& op) {
  const OpPage* page = find_op_page(op.kind);
  const auto tensor = [](uint32_t t) { return named(t, {{SATEEN_NONE, "none"}}); };
  std::string line = " kind=" + (page != nullptr ? page->name : std::to_string(op.kind)) + " name=\"" +
                     escaped(op.name, true) + "\" src=" + list(op.src, op.n_src, tensor) +
                     " dst=" + list(op.dst, op.n_dst, tensor);
  if (page == nullptr || page->size != op.attrs_size) {
    if (op.attrs_size > 0) line += " attrs=" + hex(op.attrs, op.attrs_size);
    return line;
  }
  for (const AttributeField& field : page->fields) {
    line += std::string(" ") + field.name + "=" + attribute(field, op.attrs);
  }
  return line;
}

template <typename T, typename Line>
void append_lines(std::string& to, const char* what, const T* items, uint32_t n, Line&& line) {
  for (uint32_t i = 0; i < n; ++i) to += what + (" " + std::to_string(i)) + line(items[i]) + "\n";
}

void write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(file, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw_errno(kOutput, "can't be written", errno);
    text.remove_prefix(static_cast<size_t>(n));
  }
}

void write_new(Descriptor file, const std::filesystem::path& path, std::string_view text) {
  try {
    write_all(file.get(), text);
    if (file.close() != 0 && errno != EINTR) throw_errno(kOutput, "can't be written", errno);
  } catch (const Error&) {
    ::unlink(path.c_str());  // half a graph is no use
    throw;
  }
}

std::filesystem::path numbered(const std::filesystem::path& folder, int number) {
  constexpr size_t kDigits = 4;
  const std::string digits = std::to_string(number);
  return folder / ("graph-" + std::string(kDigits - std::min(kDigits, digits.size()), '0') + digits + ".txt");
}

}  // namespace

std::string graph_text(const sateen_graph& graph, const std::string& comment) {
  std::string text = "sateen-graph 1\n";
  if (!comment.empty()) text += "# " + escaped(comment, false) + "\n";
  text += "graph flags=" + std::to_string(graph.flags) + " math=" + named(graph.math, {{SATEEN_MATH_F32, "f32"}}) +
          " storages=" + std::to_string(graph.n_storages) + " tensors=" + std::to_string(graph.n_tensors) +
          " ops=" + std::to_string(graph.n_ops) + "\n";
  append_lines(text, "storage", graph.storage, graph.n_storages, storage_line);
  append_lines(text, "tensor", graph.tensor, graph.n_tensors, tensor_line);
  append_lines(text, "op", graph.op, graph.n_ops, op_line);
  return text;
}

std::filesystem::path dump_graph(const std::filesystem::path& folder, const std::string& text) {
  constexpr int kMost = 1'000'000;
  constexpr mode_t kAsUmaskSays = S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH;
  for (int i = 1; i <= kMost; ++i) {
    std::filesystem::path path = numbered(folder, i);
    Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kAsUmaskSays));
    if (!file && errno == EEXIST) continue;
    naming_file(path, [&] {
      if (!file) throw_errno(kOutput, "can't be created", errno);
      write_new(std::move(file), path, text);
    });
    return path;
  }
  throw Error(kOutput, display_path(folder) + ": no number is free for another graph; remove some");
}

void dump_graph_if_asked(const sateen_graph& graph, const DeviceInfo& device) {
  // Not for a set-user-ID program: the caller chooses the environment.
  const char* folder = ::secure_getenv("SATEEN_DUMP_GRAPH");
  if (folder == nullptr || *folder == '\0') return;
  const std::string driver = device.driver.empty() ? "" : ", " + device.driver;
  const std::string comment = "by Sateen " SATEEN_VERSION " for " + device.id + ": " + device.name + driver +
                              "; tensors aligned to " + std::to_string(device.alignment) + " bytes";
  try {
    dump_graph(folder, graph_text(graph, comment));
  } catch (const Error& error) {
    throw Error(error.code(), std::string("SATEEN_DUMP_GRAPH: ") + error.what());
  }
}

}  // namespace sateen
