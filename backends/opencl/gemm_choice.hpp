// Who computes the products of dense layers: the GEMM library or our own kernels.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "sateen/sdk/graph_view.hpp"
#include "sateen/sdk/host.hpp"

namespace sateen::opencl {

enum class GemmUse {
  kAuto,     ///< on devices that want GPU kernels, for 16 rows or more, where it computes right: the library where our
             ///< kernels have no tile for the shape, or where it was measured to be quicker
  kOwn,      ///< our kernels
  kLibrary,  ///< the library, or an error where it computes wrong
};

/// The rules for the library among the variants of dense layers, and what checks of it have found.
class GemmChoice {
 public:
  /// wanted_by_device: what kAuto goes by.
  GemmChoice(GemmUse use, bool wanted_by_device, sdk::Host host)
      : use_(use), wanted_by_device_(wanted_by_device), host_(host) {}

  /// The variants of the operation without those that the rules leave out, the one to take unmeasured first.
  std::vector<std::string> allowed(const sdk::GraphView& graph, const sdk::Op& op,
                                   std::vector<std::string> variants) const;

  bool checked(const std::string& key) const { return verdicts_.count(key) != 0; }
  /// What a check of the operation of this key (op_key.hpp) has found, "" where the library was right; the first word
  /// counts. True where it may be used. Throws Failure(DEVICE_ERROR) where kLibrary can't be had.
  bool judge(const std::string& key, const std::string& op_name, const std::string& wrong);
  bool right(const std::string& key) const { return verdicts_.at(key).empty(); }

  const char* name() const { return use_ == GemmUse::kAuto ? "auto" : use_ == GemmUse::kOwn ? "own" : "clblast"; }
  /// Who computes, and why.
  std::string describe() const;

 private:
  GemmUse use_;
  bool wanted_by_device_;
  sdk::Host host_;
  std::map<std::string, std::string> verdicts_;  ///< why an operation was refused, or ""
};

}  // namespace sateen::opencl
