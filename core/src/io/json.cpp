// JSON from files that may be hostile.
#include "io/json.hpp"

#include <charconv>
#include <cmath>
#include <limits>
#include <vector>

#include "sateen/error.hpp"

namespace sateen {

namespace {

using nlohmann::json;

[[noreturn]] void bad(const std::string& what) {
  throw Error(ErrorCode::kBadInput, what);
}

[[noreturn]] void wrong_type(const char* key, std::string_view where, const char* wanted) {
  bad(std::string(where) + ": \"" + key + "\" is not " + wanted);
}

/// Recursive, since nothing here is nested deeply.
void dismantle(json& value) noexcept {
  if (value.is_array()) {
    auto& elements = value.get_ref<json::array_t&>();
    for (json& element : elements) dismantle(element);
    elements.clear();
  } else if (value.is_object()) {
    auto& members = value.get_ref<json::object_t&>();
    for (auto& [key, member] : members) dismantle(member);
    members.clear();
  }
}

/// Takes the parser's events and builds the value in place.
class Builder {
 public:
  explicit Builder(json& root) : slot_(&root) {}

  bool null() { return place(nullptr); }
  bool boolean(bool value) { return place(value); }
  bool number_integer(int64_t value) { return place(value); }
  bool number_unsigned(uint64_t value) { return place(value); }
  bool number_float(double value, const std::string&) { return place(value); }
  bool string(std::string& value) { return place(std::move(value)); }
  bool binary(json::binary_t&) { return false; }  // JSON as text has none
  bool start_object(size_t) { return open(json::value_t::object); }
  bool start_array(size_t) { return open(json::value_t::array); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool key(std::string& name) {
    const auto [member, is_new] = open_.back()->get_ref<json::object_t&>().emplace(std::move(name), nullptr);
    if (!is_new) bad("the JSON has a key twice");
    slot_ = &member->second;
    return true;
  }
  [[noreturn]] bool parse_error(size_t position, const std::string&, const json::exception& error) {
    if (dynamic_cast<const json::parse_error*>(&error) == nullptr) bad("the JSON holds a number that is out of range");
    bad("the JSON is malformed at byte " + std::to_string(position));
  }

 private:
  json& put(json value) {
    if (!open_.empty() && open_.back()->is_array()) {
      return open_.back()->get_ref<json::array_t&>().emplace_back(std::move(value));
    }
    return *slot_ = std::move(value);
  }
  bool place(json value) {
    put(std::move(value));
    return true;
  }
  bool open(json::value_t kind) {
    if (open_.size() == kMaxJsonDepth) bad("the JSON is nested more than 8 deep");
    open_.push_back(&put(json(kind)));
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  json* slot_;               // where the next value goes that is no element of an array
  std::vector<json*> open_;  // the objects and arrays around it
};

}  // namespace

JsonTree::~JsonTree() {
  dismantle(root_);
}

json& json_put_object(json& object, const std::string& key) {
  json& slot = object[key];
  return slot = json::object();
}

json& json_put_array(json& object, const std::string& key) {
  json& slot = object[key];
  return slot = json::array();
}

json& json_append_object(json& array) {
  return array.get_ref<json::array_t&>().emplace_back(json::value_t::object);
}

JsonTree parse_json(std::string_view text) {
  if (text.size() > kMaxJsonBytes) bad("the JSON is larger than 1 MiB");
  // The parser would take a NUL for the end of the text and pass over what follows.
  if (text.find('\0') != std::string_view::npos) bad("the JSON holds a NUL");
  JsonTree tree;
  Builder builder(tree.root());
  if (!json::sax_parse(text.begin(), text.end(), &builder)) bad("the JSON can't be read");
  return tree;
}

const json& json_member(const json& object, const char* key, std::string_view where) {
  if (!object.is_object()) bad(std::string(where) + " is not a JSON object");
  const auto found = object.find(key);
  if (found == object.end()) bad(std::string(where) + ": \"" + key + "\" is missing");
  return *found;
}

const json& json_object(const json& object, const char* key, std::string_view where) {
  const json& value = json_member(object, key, where);
  if (!value.is_object()) wrong_type(key, where, "an object");
  return value;
}

const json& json_array(const json& object, const char* key, std::string_view where) {
  const json& value = json_member(object, key, where);
  if (!value.is_array()) wrong_type(key, where, "an array");
  return value;
}

std::string json_string(const json& object, const char* key, std::string_view where) {
  const json& value = json_member(object, key, where);
  if (!value.is_string()) wrong_type(key, where, "a string");
  return value.get<std::string>();
}

uint64_t json_u64(const json& object, const char* key, std::string_view where) {
  const json& value = json_member(object, key, where);
  if (!value.is_number_unsigned()) wrong_type(key, where, "a whole number of at least 0");
  return value.get<uint64_t>();
}

float json_float(const json& object, const char* key, std::string_view where) {
  const json& value = json_member(object, key, where);
  if (!value.is_number()) wrong_type(key, where, "a number");
  const auto number = value.get<double>();
  if (!(std::abs(number) <= std::numeric_limits<float>::max())) wrong_type(key, where, "within a float's range");
  return static_cast<float>(number);
}

uint64_t json_hex64(const json& object, const char* key, std::string_view where) {
  const std::string text = json_string(object, key, where);
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc() || end != text.data() + text.size() || hex64(value) != text) {
    wrong_type(key, where, "16 lower-case hexadecimal digits");
  }
  return value;
}

std::string hex64(uint64_t value) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  for (int shift = 60; shift >= 0; shift -= 4) text += kHex[value >> shift & 15];
  return text;
}

}  // namespace sateen
