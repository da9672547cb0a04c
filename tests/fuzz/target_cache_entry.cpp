// What lies in the cache folder: entries of compiled programs, the text of a tuning record, and the file of measured speeds.
#include <algorithm>
#include <string>

#include <xxhash.h>

#include "choose/speed_memory.hpp"
#include "json_change.hpp"
#include "opencl/cache_entry.hpp"
#include "opencl/tuning_record.hpp"
#include "sateen/error.hpp"
#include "target.hpp"

namespace sateen::fuzz {

namespace {

constexpr size_t kHeader = opencl::kCacheEntryHeader, kKeyAt = 8, kProgramAt = 16, kHashAt = 24;

const std::string& program_key() {
  static const std::string kKey = "driver 1\nbuild options";
  return kKey;
}

const std::string& speeds_key() {
  static const std::string kKey =
      R"({"devices":[{"driver":"","id":"cpu","name":"x"}],"processors":2,"sateen":"0.1.0"})";
  return kKey;
}

bool is_json(Bytes input) {
  return !input.empty() && input[0] == '{';
}

/// Which is an entry's program when it lies in its file.
bool is_record(Bytes input) {
  return !input.empty() && input[0] >= 'a' && input[0] <= 'z';
}

uint64_t hash_of_body(Bytes entry) {
  return XXH3_64bits(entry.data() + kHeader, entry.size() - kHeader);
}

Outcome try_speeds(Bytes input) {
  try {
    const auto speeds = speeds_in({reinterpret_cast<const char*>(input.data()), input.size()}, speeds_key(), 1);
    if (!speeds) return Outcome::kPassed;
    require(speeds->size() == 1 && speeds->front() > 0, "a speed above 0");
    return Outcome::kAccepted;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kBadInput) throw;
    return Outcome::kPassed;
  }
}

Outcome try_record(Bytes input) {
  const std::string text(input.begin(), input.end());
  const auto decisions = opencl::decisions_in(text);
  if (!decisions) return Outcome::kPassed;
  require(opencl::decisions_text(*decisions) == text, "the same text again");
  for (const auto& [key, decision] : *decisions) require(!decision.tried.empty(), "a choice of something");
  return Outcome::kAccepted;
}

Outcome try_program(Bytes input) {
  const std::vector<unsigned char> program = opencl::program_in({input.begin(), input.end()}, program_key());
  if (!program.empty()) {
    require(opencl::cache_entry(program_key(), program) == Input(input.begin(), input.end()), "the same entry again");
    return Outcome::kAccepted;
  }
  const bool right = input.size() >= kHeader && load_le<uint64_t>(input, kHashAt) == hash_of_body(input);
  return right ? Outcome::kPassed : Outcome::kRefused;
}

}  // namespace

Outcome try_input(Bytes input) {
  return is_json(input) ? try_speeds(input) : is_record(input) ? try_record(input) : try_program(input);
}

void mutate(Input& input, size_t most, uint32_t choice, const Change& change) {
  constexpr uint32_t kLengthsToo = 2, kJson = 2;
  if (is_json(input) && choice % kJson == 0) {
    std::string text(input.begin(), input.end());
    change_json(text, choice / kJson);
    input.assign(text.begin(), text.end());
  } else {
    change(input, most);
  }
  if (is_json(input) || is_record(input) || input.size() < kHeader) return;
  const std::span<uint8_t> bytes(input);
  if (choice % kLengthsToo == 0) {
    const uint64_t key = std::min<uint64_t>(program_key().size(), input.size() - kHeader);
    store_le(bytes, kKeyAt, key);
    store_le(bytes, kProgramAt, input.size() - kHeader - key);
  }
  store_le(bytes, kHashAt, hash_of_body(input));
}

std::vector<Input> seeds() {
  const std::string speeds = R"({"measured_on":)" + speeds_key() + R"(,"images_per_second":[1234.5]})";
  const std::string record =
      "conv 1x2 -> 3\tfast\tmeasured\town 1200\tfast 800\ndense\town\tunmeasured\town untimed\tfast refused\n";
  return {Input(record.begin(), record.end()), opencl::cache_entry(program_key(), {1, 2, 3, 4}),
          opencl::cache_entry(program_key(), {}), opencl::cache_entry("another key", {1}),
          Input(speeds.begin(), speeds.end())};
}

}  // namespace sateen::fuzz
