// The profiles by name.
#include "pretence.hpp"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <sstream>

#include "sateen/sdk/failure.hpp"

namespace sateen::opencl {

namespace {

struct Profile {
  const char* name;
  void (*apply)(Pretence& p);
};

// Figures of real devices at the lower end, or below.
constexpr Profile kProfiles[] = {
    {"small-groups", [](Pretence& p) { p.group = std::min<size_t>(p.group, 64); }},
    {"single-items", [](Pretence& p) { p.group = 1; }},
    {"small-allocations", [](Pretence& p) { p.allocation_bytes = uint64_t{128} << 20; }},
    {"small-local", [](Pretence& p) { p.local_bytes = uint64_t{16} << 10; }},
    {"tiny-constant", [](Pretence& p) { p.constant_bytes = uint64_t{1} << 10; }},
    {"one-unit", [](Pretence& p) { p.compute_units = 1; }},
    {"wide-alignment", [](Pretence& p) { p.alignment = 4096; }},
    {"no-fp64", [](Pretence& p) { p.fp64 = false; }},
    {"no-sub-groups", [](Pretence& p) { p.sub_groups = false; }},
    {"no-binaries", [](Pretence& p) { p.binaries = false; }},
    {"no-profiling", [](Pretence& p) { p.profiling = false; }},
    {"plain", [](Pretence& p) { p.extensions = p.fp64 = p.sub_groups = false; }},
};

}  // namespace

std::string Pretence::profiles() {
  std::string r;
  for (const Profile& profile : kProfiles) r += (r.empty() ? "" : ", ") + std::string(profile.name);
  return r;
}

Pretence Pretence::from(const std::string& words) {
  Pretence pretence;
  pretence.words = words;
  std::istringstream stream(words);
  for (std::string word; std::getline(stream, word, '+');) {
    const auto* found = std::find_if(std::begin(kProfiles), std::end(kProfiles),
                                     [&](const Profile& profile) { return word == profile.name; });
    if (found == std::end(kProfiles)) {
      throw sdk::Failure(SATEEN_DEVICE_ERROR, sdk::text("SATEEN_OPENCL_PRETEND: there is no profile \"", word,
                                                        "\"; there are: ", profiles(), "; several are joined by +"));
    }
    found->apply(pretence);
  }
  return pretence;
}

Pretence Pretence::of_environment() {
  const char* words = std::getenv("SATEEN_OPENCL_PRETEND");
  return from(words != nullptr ? words : "");
}

}  // namespace sateen::opencl
