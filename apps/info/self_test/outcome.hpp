// What a check of the self-test ends with.
#pragma once

#include <string>
#include <utility>

namespace sateen::app {

struct Outcome {
  enum class State { kPass, kFail, kSkipped };
  State state = State::kPass;
  std::string text;  ///< figures, or why
};

inline Outcome passed(std::string text) {
  return {Outcome::State::kPass, std::move(text)};
}
inline Outcome failed(std::string text) {
  return {Outcome::State::kFail, std::move(text)};
}
inline Outcome skipped(std::string text) {
  return {Outcome::State::kSkipped, std::move(text)};
}

/// A check by its name, with what came of it.
struct CheckLine {
  std::string name;
  Outcome outcome;
  double seconds = 0;
};

}  // namespace sateen::app
