// Reading and writing what was learned.
#include "tuning_record.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "cache_entry.hpp"
#include "cache_folder.hpp"

namespace sateen::opencl {

namespace {

using Bytes = std::vector<unsigned char>;

// A network has some twenty operations to decide for each batch size, of about 150 bytes each. Above this the record is
// begun anew.
constexpr size_t kLongest = size_t{1} << 20;
constexpr const char* kMeasured = "measured";
constexpr const char* kUnmeasured = "unmeasured";
constexpr const char* kRefused = "refused";
constexpr const char* kUntimed = "untimed";

std::vector<std::string_view> parts_of(std::string_view text, char between) {
  std::vector<std::string_view> parts;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(between, begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

/// Printable ASCII; a name has no spaces either.
bool plain(std::string_view text, char lowest) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) { return c >= lowest && c <= '~'; });
}

std::optional<TriedVariant> tried_in(std::string_view text) {
  const size_t space = text.find(' ');
  if (space == std::string_view::npos || !plain(text.substr(0, space), '!')) return std::nullopt;
  TriedVariant tried{std::string(text.substr(0, space))};
  const std::string_view what = text.substr(space + 1);
  if (what == kRefused) {
    tried.refused = true;
  } else if (what != kUntimed) {
    const char* end = what.data() + what.size();
    const auto [stop, error] = std::from_chars(what.data(), end, tried.nanoseconds);
    if (error != std::errc() || stop != end) return std::nullopt;
  }
  return tried;
}

std::optional<Decision> decision_in(const std::vector<std::string_view>& parts) {
  constexpr size_t kTriedFrom = 3;
  if (parts.size() <= kTriedFrom || !plain(parts[0], ' ')) return std::nullopt;
  Decision decision{std::string(parts[1]), parts[2] == kMeasured, {}};
  for (size_t i = kTriedFrom; i < parts.size(); ++i) {
    std::optional<TriedVariant> tried = tried_in(parts[i]);
    if (!tried) return std::nullopt;
    decision.tried.push_back(std::move(*tried));
  }
  const bool may_be = std::any_of(decision.tried.begin(), decision.tried.end(), [&](const TriedVariant& tried) {
    return tried.name == decision.variant && !tried.refused;
  });
  return may_be ? std::optional(std::move(decision)) : std::nullopt;
}

}  // namespace

std::string decisions_text(const Decisions& decisions) {
  std::string text;
  for (const auto& [key, decision] : decisions) {
    text += sdk::text(key, "\t", decision.variant, "\t", decision.measured ? kMeasured : kUnmeasured);
    for (const TriedVariant& tried : decision.tried) {
      text += sdk::text("\t", tried.name, " ");
      text += tried.refused ? kRefused : tried.nanoseconds == 0 ? kUntimed : std::to_string(tried.nanoseconds);
    }
    text += '\n';
  }
  return text;
}

std::optional<Decisions> decisions_in(std::string_view text) {
  Decisions decisions;
  std::vector<std::string_view> lines = parts_of(text, '\n');
  lines.pop_back();  // what is behind the last line's end: nothing, or the text is not the same again
  for (const std::string_view line : lines) {
    const std::vector<std::string_view> parts = parts_of(line, '\t');
    std::optional<Decision> decision = decision_in(parts);
    if (!decision) return std::nullopt;
    decisions.emplace(parts[0], std::move(*decision));
  }
  if (decisions_text(decisions) != text) return std::nullopt;
  return decisions;
}

TuningRecord::TuningRecord(std::filesystem::path folder, std::string key, sdk::Host host)
    : folder_(std::move(folder)), key_(std::move(key)), name_(cache_name(key_) + ".tuning"), host_(host) {}

void TuningRecord::warn(const std::string& message) {
  host_.log(warned_ ? SATEEN_LOG_DEBUG : SATEEN_LOG_WARNING, "opencl: " + message);
  warned_ = true;
}

Decisions TuningRecord::read(bool& damaged) const {
  damaged = false;
  if (folder_.empty()) return {};
  const CacheFolder folder = CacheFolder::open(folder_);
  if (!folder || !folder.has(name_)) return {};
  const Bytes text = program_in(folder.read(name_, kCacheEntryHeader + key_.size() + kLongest), key_);
  auto decisions = decisions_in({reinterpret_cast<const char*>(text.data()), text.size()});
  damaged = text.empty() || !decisions;
  return damaged ? Decisions() : std::move(*decisions);
}

void TuningRecord::load() {
  if (std::exchange(loaded_, true)) return;
  bool damaged = false;
  decisions_ = read(damaged);
  if (damaged) {
    warn((folder_ / name_).string() +
         ", which has what was learned of this device, is damaged or not this user's; it is made anew");
  }
}

const Decision* TuningRecord::find(const std::string& operation) {
  load();
  const auto at = decisions_.find(operation);
  return at != decisions_.end() ? &at->second : nullptr;
}

const Decisions& TuningRecord::all() {
  load();
  return decisions_;
}

bool TuningRecord::keeps() const {
  if (folder_.empty()) return false;
  const CacheFolder folder = CacheFolder::make(folder_);
  return folder && ::access(folder_.c_str(), W_OK) == 0;
}

const Decision& TuningRecord::keep(const std::string& operation, const Decision& decision, bool replace) {
  load();
  const CacheFolder folder = folder_.empty() ? CacheFolder::none() : CacheFolder::make(folder_);
  const Descriptor lock = folder.lock();
  bool damaged = false;
  Decisions all = read(damaged);
  all.insert(decisions_.begin(), decisions_.end());
  if (replace) {
    all.insert_or_assign(operation, decision);
  } else {
    all.emplace(operation, decision);
  }
  std::string text = decisions_text(all);
  if (text.size() > kLongest) {
    all = {{operation, all.at(operation)}};
    text = decisions_text(all);
  }
  decisions_ = std::move(all);
  if (!folder_.empty()) {
    const int failed = folder ? folder.replace(name_, cache_entry(key_, {text.begin(), text.end()})) : folder.error();
    if (failed != 0) {
      warn(folder_.string() + " can't keep what is learned of this device: " + cache_folder_words(failed) +
           " (SATEEN_CACHE_DIR names another place)");
    }
  }
  return decisions_.at(operation);
}

}  // namespace sateen::opencl
