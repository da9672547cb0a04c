// The self-test as text and as JSON.
#include "info/self_test/present.hpp"

#include <algorithm>
#include <array>
#include <sstream>

#include <nlohmann/json.hpp>

#include "common/numbers.hpp"
#include "common/text.hpp"

namespace sateen::app {

namespace {

using Json = nlohmann::ordered_json;
using State = Outcome::State;

constexpr size_t kColumns = 80;
constexpr size_t kNameWidth = 18;
constexpr size_t kStateWidth = 9;

const char* word(State state) {
  switch (state) {
    case State::kPass:
      return "pass";
    case State::kFail:
      return "FAIL";
    case State::kSkipped:
      break;
  }
  return "skipped";
}

std::string padded(std::string text, size_t width) {
  if (text.size() < width) text.resize(width, ' ');
  return text;
}

/// `first`, then the text's words in as many lines as it takes, each beginning where it does.
std::string wrapped(const std::string& first, const std::string& text) {
  std::string all = first;
  size_t column = first.size();
  bool begun = false;
  std::istringstream words(one_line(text));
  for (std::string w; words >> w;) {
    if (begun && column + 1 + w.size() > kColumns) {
      all += "\n" + std::string(first.size(), ' ');
      column = first.size();
      begun = false;
    }
    if (begun) {
      all += ' ';
      ++column;
    }
    all += w;
    column += w.size();
    begun = true;
  }
  return all.substr(0, all.find_last_not_of(' ') + 1) + "\n";
}

std::string gibibytes(uint64_t bytes) {
  return fixed(static_cast<double>(bytes) / (1024.0 * 1024 * 1024), 1) + " GiB";
}

// Of the description, what matters at a glance.
constexpr std::array<const char*, 8> kAtAGlance = {
    "device_version", "pretends",     "compute_units", "largest_group",
    "local_memory",   "float_vector", "processors",    "best_instruction_set"};

std::string spoken(std::string key) {
  std::replace(key.begin(), key.end(), '_', ' ');
  return key;
}

}  // namespace

std::string device_as_text(const SelfTest& test) {
  const DeviceInfo& info = test.device;
  std::string text = wrapped("device    ", info.id + ", " + info.name);
  if (!info.driver.empty()) text += wrapped("driver    ", info.driver);
  text += wrapped("memory    ",
                  gibibytes(info.memory_bytes) + ", " + gibibytes(info.max_allocation_bytes) + " in one piece");
  std::string rest;
  for (const auto& [key, value] : test.description) {
    if (std::find(kAtAGlance.begin(), kAtAGlance.end(), key) == kAtAGlance.end()) continue;
    rest += (rest.empty() ? "" : ", ") + spoken(key) + " " + value;
  }
  if (!rest.empty()) text += wrapped("has       ", rest);
  return text + "\n";
}

std::string line_as_text(const CheckLine& line) {
  return wrapped(padded(line.name, kNameWidth) + padded(word(line.outcome.state), kStateWidth), line.outcome.text);
}

std::string ending_as_text(const SelfTest& test) {
  double seconds = 0;
  for (const CheckLine& line : test.lines) seconds += line.seconds;
  std::string text = "\n" + std::to_string(test.count(State::kPass)) + " passed, " +
                     std::to_string(test.count(State::kFail)) + " failed";
  if (test.count(State::kSkipped) > 0) text += ", " + std::to_string(test.count(State::kSkipped)) + " skipped";
  return text + " in " + fixed(seconds, 1) + " s\n";
}

std::string self_test_as_json(const SelfTest& test) {
  Json checks = Json::array();
  for (const CheckLine& line : test.lines) {
    std::string outcome = word(line.outcome.state);
    if (line.outcome.state == State::kFail) outcome = "fail";
    checks.push_back(
        {{"name", line.name}, {"outcome", outcome}, {"text", line.outcome.text}, {"seconds", line.seconds}});
  }
  Json description = Json::array();
  for (const auto& [key, value] : test.description) description.push_back(Json::array({key, value}));
  const DeviceInfo& info = test.device;
  const Json all{{"device",
                  {{"backend", info.backend},
                   {"id", info.id},
                   {"name", info.name},
                   {"vendor", info.vendor},
                   {"driver", info.driver},
                   {"memory_bytes", info.memory_bytes},
                   {"max_allocation_bytes", info.max_allocation_bytes},
                   {"alignment", info.alignment}}},
                 {"checks", checks},
                 {"passed", test.count(State::kPass)},
                 {"failed", test.count(State::kFail)},
                 {"skipped", test.count(State::kSkipped)},
                 {"description", description}};
  return all.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace sateen::app
