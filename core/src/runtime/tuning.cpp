// Reading the extension sateen.tuning/1.
#include "runtime/tuning.hpp"

#include <charconv>
#include <sstream>
#include <string_view>
#include <utility>

#include "base/choice_word.hpp"

namespace sateen {

namespace {

constexpr const char* kDoing = "choices of kernels";

using Text = sateen_status (*)(sateen_device*, const char**);

/// The lines "key = rest" of one of the extension's texts; others are passed over.
std::vector<std::pair<std::string, std::string>> lines_of(const DeviceState& device, Text text) {
  const char* all = nullptr;
  device.check(text(device.device, &all), kDoing);
  std::vector<std::pair<std::string, std::string>> lines;
  std::istringstream stream(all != nullptr ? all : "");
  for (std::string line; std::getline(stream, line);) {
    const size_t between = line.find(kChoiceBetween);
    if (between != std::string::npos) {
      lines.emplace_back(line.substr(0, between), line.substr(between + kChoiceBetween.size()));
    }
  }
  return lines;
}

}  // namespace

const sateen_tuning* find_tuning(const sateen_backend& backend) {
  const auto* table = static_cast<const sateen_tuning*>(backend.extension(SATEEN_TUNING_1));
  return table != nullptr && table->struct_size >= sizeof(sateen_tuning) ? table : nullptr;
}

Choices read_choices(const DeviceState& device) {
  const sateen_tuning* table = find_tuning(*device.backend);
  Choices choices;
  if (table == nullptr) return choices;
  for (auto& [key, variant] : lines_of(device, table->choices)) {
    // What no file could hold is not handed on.
    if (choices.size() < kMostChoices && is_choice_word(key) && is_choice_word(variant))
      choices.emplace(std::move(key), std::move(variant));
  }
  return choices;
}

void pin_choices(const DeviceState& device, const Choices& choices) {
  std::string text;
  for (const auto& [key, variant] : choices) {
    if (!is_choice_word(key) || !is_choice_word(variant)) {
      throw Error(ErrorCode::kUsage, "a choice of kernels is not printable ASCII in one line");
    }
    text.append(key).append(kChoiceBetween).append(variant).append("\n");
  }
  const sateen_tuning* table = find_tuning(*device.backend);
  if (table != nullptr) device.check(table->pin(device.device, text.c_str()), kDoing);
}

std::vector<TunedVariant> read_variants(const DeviceState& device) {
  constexpr std::string_view kWhat = ": ";
  const sateen_tuning* table = find_tuning(*device.backend);
  std::vector<TunedVariant> variants;
  if (table == nullptr) return variants;
  for (const auto& [key, rest] : lines_of(device, table->candidates)) {
    const size_t end = rest.find(kWhat);
    if (end == std::string::npos) continue;
    TunedVariant variant{key, rest.substr(0, end)};
    const std::string what = rest.substr(end + kWhat.size());
    variant.refused = what == "refused";
    std::from_chars(what.data(), what.data() + what.size(), variant.nanoseconds);
    variants.push_back(std::move(variant));
  }
  return variants;
}

}  // namespace sateen
