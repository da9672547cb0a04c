// JSON from files that may be hostile: strict, bounded, no key twice.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

namespace sateen {

constexpr size_t kMaxJsonBytes = size_t{1} << 20;
constexpr size_t kMaxJsonDepth = 8;

/// A JSON value that is taken apart without taking memory. nlohmann's own destructor takes some, so that a process that
/// has none left would end in std::terminate; and what it makes of lists in braces leaks then. So values that live in
/// core are built in place, by the functions below, and owned by one of these.
class JsonTree {
 public:
  /// An empty object.
  JsonTree() : root_(nlohmann::json::value_t::object) {}
  JsonTree(nlohmann::json root) noexcept : root_(std::move(root)) {}
  JsonTree(JsonTree&& other) noexcept : root_(std::move(other.root_)) {}
  JsonTree& operator=(JsonTree&& other) noexcept {
    root_.swap(other.root_);
    return *this;
  }
  JsonTree(const JsonTree&) = delete;
  JsonTree& operator=(const JsonTree&) = delete;
  ~JsonTree();

  nlohmann::json& root() { return root_; }
  const nlohmann::json& root() const { return root_; }
  operator const nlohmann::json&() const { return root_; }

 private:
  nlohmann::json root_;
};

// Members of an object, elements of an array, in place.
template <typename T>
void json_put(nlohmann::json& object, const std::string& key, const T& value) {
  nlohmann::json& slot = object[key];
  slot = value;
}
nlohmann::json& json_put_object(nlohmann::json& object, const std::string& key);
nlohmann::json& json_put_array(nlohmann::json& object, const std::string& key);
nlohmann::json& json_append_object(nlohmann::json& array);

/// Throws Error(kBadInput) unless text is one JSON value of at most kMaxJsonBytes, nested at most kMaxJsonDepth deep,
/// well-formed UTF-8, without a key twice in one object. Deep nesting costs no stack.
JsonTree parse_json(std::string_view text);

// Members of an object by type. where: "tensor 3", for the error. They throw Error(kBadInput).
const nlohmann::json& json_member(const nlohmann::json& object, const char* key, std::string_view where);
const nlohmann::json& json_object(const nlohmann::json& object, const char* key, std::string_view where);
const nlohmann::json& json_array(const nlohmann::json& object, const char* key, std::string_view where);
std::string json_string(const nlohmann::json& object, const char* key, std::string_view where);
uint64_t json_u64(const nlohmann::json& object, const char* key, std::string_view where);
float json_float(const nlohmann::json& object, const char* key, std::string_view where);
/// A u64 as 16 lower-case hexadecimal digits: JSON's numbers are doubles to many readers.
uint64_t json_hex64(const nlohmann::json& object, const char* key, std::string_view where);
std::string hex64(uint64_t value);

}  // namespace sateen
