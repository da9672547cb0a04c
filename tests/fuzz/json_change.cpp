// Changes of a JSON text that leave it JSON.
#include "json_change.hpp"

#include <array>
#include <limits>
#include <random>
#include <vector>

#include <nlohmann/json.hpp>

namespace sateen::fuzz {

namespace {

using nlohmann::json;
using Random = std::minstd_rand;

void gather(json& value, std::vector<json*>& values) {
  values.push_back(&value);
  if (!value.is_structured()) return;
  for (json& inner : value) gather(inner, values);
}

size_t pick(Random& random, size_t count) {
  return random() % count;
}

/// Numbers at the borders of what is allowed, and words that mean something.
json odd_value(Random& random) {
  static const std::array kValues = {
      json(0),
      json(1),
      json(2),
      json(-1),
      json(8),
      json(63),
      json(64),
      json(65),
      json(1024),
      json(0.5),
      json(-0.0),
      json(1e38),
      json(-1e308),
      json(0x7FFFFFFF),
      json(uint64_t{0x80000000}),
      json(uint64_t{1} << 62),
      json(std::numeric_limits<int64_t>::min()),
      json(std::numeric_limits<uint64_t>::max()),
      json(""),
      json("valid"),
      json("f32"),
      json("i32"),
      json("u8"),
      json("dense"),
      json("flatten"),
      json("conv2d"),
      json("max_pool2d"),
      json("leaky_relu"),
      json("dropout"),
      json("batch_norm"),
      json("model/dense1.bias"),
      json(std::string(129, 'a')),
      json("\x01"),
      json(nullptr),
      json(true),
      json::array(),
      json::object(),
      json::array({1, 2}),
      json::array({1, 1, 1, 1, 1, 1, 1, 1, 1}),
  };
  return kValues[pick(random, kValues.size())];
}

void change_number(json& value, Random& random) {
  const auto number = value.get<int64_t>();
  const int64_t step = int64_t{1} << pick(random, 8);
  value = random() % 2 == 0 ? json(number + step) : json(number - step);
}

void change_value(json& value, const std::vector<json*>& values, Random& random) {
  constexpr size_t kCopy = 1, kGrow = 2, kShrink = 3, kNumber = 4, kCases = 6;
  const size_t what = pick(random, kCases);
  if (what == kCopy) {
    value = json(*values[pick(random, values.size())]);
  } else if (what == kGrow && value.is_array()) {
    value.push_back(value.empty() ? odd_value(random) : json(value[pick(random, value.size())]));
  } else if (what == kGrow && value.is_object()) {
    value[std::string(1, static_cast<char>('a' + pick(random, 26)))] = odd_value(random);
  } else if (what == kShrink && value.is_structured() && !value.empty()) {
    auto gone = value.begin();
    std::advance(gone, static_cast<std::ptrdiff_t>(pick(random, value.size())));
    value.erase(gone);
  } else if (what >= kNumber && value.is_number_integer() && value.get<uint64_t>() < (uint64_t{1} << 40)) {
    change_number(value, random);
  } else if (what == kNumber && value.is_string() && !value.get<std::string>().empty()) {
    auto text = value.get<std::string>();
    text[pick(random, text.size())] = static_cast<char>(0x20 + pick(random, 0x5F));
    value = text;
  } else {
    value = odd_value(random);
  }
}

}  // namespace

void change_json(std::string& text, uint32_t choice) {
  json root = json::parse(text, nullptr, false);
  if (root.is_discarded()) return;
  Random random(choice);
  std::vector<json*> values;
  gather(root, values);
  change_value(*values[pick(random, values.size())], values, random);
  text = root.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace sateen::fuzz
