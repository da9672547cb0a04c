// What was learned of the variants of operations on a device, and its file. It needs no OpenCL.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sateen/sdk/host.hpp"

namespace sateen::opencl {

/// A variant that was, or might have been, tried.
struct TriedVariant {
  std::string name;
  uint64_t nanoseconds = 0;  ///< of one run; 0: not timed
  bool refused = false;      ///< it was wrong, or can't be had: it is never taken
};

/// What was decided for an operation.
struct Decision {
  std::string variant;    ///< one of those tried, and not refused
  bool measured = false;  ///< false: there was no time left, and it is what is taken unmeasured
  std::vector<TriedVariant> tried;
};

/// By the operation's key, see op_key.hpp.
using Decisions = std::map<std::string, Decision>;

/// A line for each, its parts apart by tabs: the key, the variant, "measured" or "unmeasured", and for each that was tried
/// its name, a space, and its nanoseconds, "refused" or "untimed".
std::string decisions_text(const Decisions& decisions);

/// Nothing where the text is not, to the byte, one that decisions_text gives.
std::optional<Decisions> decisions_in(std::string_view text);

/// The decisions for one device, in a file that processes may share: one is written beside its place and renamed after
/// each decision, so that whoever is stopped leaves a whole one. It is the same as none where it is damaged, foreign or in
/// the way, with one warning. It is laid out as an entry of the program cache, whose key is the device's; what is in it
/// are decisions_text's lines. One thread.
class TuningRecord {
 public:
  /// folder: where the file is; empty for none at all. key: everything that the decisions depend on, besides the operation.
  TuningRecord(std::filesystem::path folder, std::string key, sdk::Host host);

  /// Null where nothing was decided. Valid until the next call.
  const Decision* find(const std::string& operation);
  /// All that is known.
  const Decisions& all();
  /// Whether decisions outlive this process, as far as can be told; makes the folder.
  bool keeps() const;
  /// The decision that holds from now on: this one, or, unless it is to `replace` that, one that another process has
  /// written before. Where the file can't be written there is one warning.
  const Decision& keep(const std::string& operation, const Decision& decision, bool replace);

 private:
  Decisions read(bool& damaged) const;
  void load();
  void warn(const std::string& message);

  std::filesystem::path folder_;
  std::string key_, name_;
  sdk::Host host_;
  Decisions decisions_;
  bool loaded_ = false, warned_ = false;
};

}  // namespace sateen::opencl
