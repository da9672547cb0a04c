// Who computes the products of dense layers: the GEMM library or our own kernels.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "gemm_check.hpp"
#include "sateen/sdk/host.hpp"

namespace sateen::opencl {

enum class GemmUse {
  kAuto,     ///< the library on devices that want GPU kernels, for 16 rows or more, where it computes right
  kOwn,      ///< our kernels
  kLibrary,  ///< the library, or an error where it computes wrong
};

/// Decides for each dense operation. A library is not trusted: before a shape is first used its results are held against
/// those of our own kernels, on numbers made for it, and what differs is refused. That also makes it compile its kernels
/// before a run needs them.
class GemmChoice {
 public:
  /// wanted_by_device: what kAuto goes by.
  GemmChoice(GemmUse use, bool wanted_by_device, sdk::Host host)
      : use_(use), wanted_by_device_(wanted_by_device), host_(host) {}

  /// For each operation its variant: kGemmLibrary, or "". Throws Failure(DEVICE_ERROR) where kLibrary can't be had.
  std::vector<std::string> choose(const sdk::GraphView& graph, cl_context context, const Workshop& workshop);
  /// Who computes, and why.
  std::string describe() const;

 private:
  bool computes_right(const sdk::Op& op, const DenseShape& shape, cl_context context, const Workshop& workshop);

  GemmUse use_;
  bool wanted_by_device_;
  sdk::Host host_;
  std::map<DenseShape, std::string> verdicts_;  ///< why a shape was refused, or ""
};

}  // namespace sateen::opencl
