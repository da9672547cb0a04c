// How training images are augmented, in the words of --augment.
#include "common/augmentation.hpp"

#include <charconv>
#include <string_view>
#include <system_error>
#include <utility>

#include "common/text.hpp"
#include "sateen/error.hpp"

namespace sateen::app {
namespace {

constexpr std::string_view kMirror = "mirror";
constexpr std::string_view kShift = "shift";

/// Adds what one word says; false for what is none, or comes again.
bool add(Augmentation& augmentation, std::string_view word) {
  if (word == kMirror) return !std::exchange(augmentation.mirror, true);
  if (word.substr(0, kShift.size()) != kShift || augmentation.shift_pixels != 0) return false;
  word.remove_prefix(kShift.size());
  augmentation.shift_pixels = kUsualAugmentation.shift_pixels;
  if (word.empty()) return true;
  if (word.front() != '=') return false;
  const char* end = word.data() + word.size();
  const auto [rest, error] = std::from_chars(word.data() + 1, end, augmentation.shift_pixels);
  return error == std::errc() && rest == end && augmentation.shift_pixels >= 1 &&
         augmentation.shift_pixels <= kMostShift;
}

bool read(Augmentation& augmentation, std::string_view words) {
  for (;;) {
    const size_t comma = words.find(',');
    if (!add(augmentation, words.substr(0, comma))) return false;
    if (comma == std::string_view::npos) return true;
    words.remove_prefix(comma + 1);
  }
}

}  // namespace

Augmentation read_augmentation(const std::string& words) {
  if (words == "none") return {};
  Augmentation augmentation;
  if (read(augmentation, words)) return augmentation;
  throw Error(ErrorCode::kUsage, "--augment " + one_line(words) + ": give mirror, shift or shift=N (N from 1 to " +
                                     std::to_string(kMostShift) + "), with commas between them, or none");
}

std::string augmentation_text(const Augmentation& augmentation) {
  std::string text = augmentation.mirror ? std::string(kMirror) : "";
  if (augmentation.shift_pixels != 0) {
    text += (text.empty() ? "" : ",") + std::string(kShift) + "=" + std::to_string(augmentation.shift_pixels);
  }
  return text.empty() ? "none" : text;
}

}  // namespace sateen::app
