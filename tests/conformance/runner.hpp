// Runs one case on a device: lays its tensors out among guard bytes, runs, and looks at every byte that comes back.
#pragma once

#include <optional>

#include "op_case.hpp"
#include "sateen/device.hpp"

namespace conformance {

/// Where the tensors of a case lie.
enum class Placement {
  kApart,   ///< a storage each, inside buffers with guard bytes before and after
  kShared,  ///< all in one external storage, guard bytes between them
  kTight,   ///< a buffer each, exactly as long as the tensor; sources FROZEN
};
inline constexpr Placement kPlacements[] = {Placement::kApart, Placement::kShared, Placement::kTight};
const char* name_of(Placement placement);

/// The bytes of every buffer of a case.
using Image = std::vector<Bytes>;

/// One compile, one run.
Image run_once(sateen::Device& device, const OpCase& c, Placement placement);

/// Everything that a case has to hold, in every placement: the results, the guard bytes, the sources untouched, and
/// the same bytes from a second run and from a second compile. Reports through Boost.Test.
void check_case(sateen::Device& device, const OpCase& c);
/// The same, unless the device can't do all of it itself: then nothing is held, and why comes back; "" where it
/// doesn't say why.
std::optional<std::string> check_own_case(sateen::Device& device, const OpCase& c);

/// "" if the bytes of a tensor are what is expected, or else what is wrong with them.
std::string judge(const Argument& argument, const unsigned char* got);
/// How many of its elements are not what is expected.
uint64_t count_off(const Argument& argument, const unsigned char* got);

/// Bytes that are a NaN as f32, far out of any range as i32, and differ from word to word.
void fill_guard(Bytes& bytes);

}  // namespace conformance
