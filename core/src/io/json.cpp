// JSON from files that may be hostile.
#include "io/json.hpp"

#include <charconv>
#include <cmath>
#include <limits>
#include <set>
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

/// Looks at the events of a parse and keeps nothing: depth, keys, form. nlohmann's own parser with a callback would do, but
/// looks through an array's elements again whenever an object in it ends.
class Judge final : public nlohmann::json_sax<json> {
 public:
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(size_t) override { return open(); }
  bool end_object() override { return close(); }
  bool start_array(size_t) override { return open(); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    if (!keys_.back().insert(name).second) bad("the JSON has a key twice");
    return true;
  }
  bool parse_error(size_t, const std::string&, const json::exception& error) override {
    const auto* malformed = dynamic_cast<const json::parse_error*>(&error);
    if (malformed == nullptr) bad("the JSON holds a number that is out of range");
    bad("the JSON is malformed at byte " + std::to_string(malformed->byte));
  }

 private:
  bool open() {
    if (keys_.size() == kMaxJsonDepth) bad("the JSON is nested more than 8 deep");
    keys_.emplace_back();
    return true;
  }
  bool close() {
    keys_.pop_back();
    return true;
  }

  std::vector<std::set<std::string, std::less<>>> keys_;  // of the objects and arrays around the current value
};

}  // namespace

json parse_json(std::string_view text) {
  if (text.size() > kMaxJsonBytes) bad("the JSON is larger than 1 MiB");
  // The parser would take a NUL for the end of the text and pass over what follows.
  if (text.find('\0') != std::string_view::npos) bad("the JSON holds a NUL");
  Judge judge;
  json::sax_parse(text.begin(), text.end(), &judge);
  return json::parse(text.begin(), text.end());
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
