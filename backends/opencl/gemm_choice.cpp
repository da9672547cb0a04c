// The rules for the GEMM library.
#include "gemm_choice.hpp"

#include <algorithm>

#include "gemm_tiles.hpp"
#include "variant.hpp"

namespace sateen::opencl {

std::vector<std::string> GemmChoice::allowed(const sdk::GraphView& graph, const sdk::Op& op,
                                             std::vector<std::string> variants) const {
  // In fewer rows there is nothing to gain, and its first call costs seconds: a prediction of one picture is done by then.
  constexpr int64_t kFewestRows = 16;
  const auto library = std::find(variants.begin(), variants.end(), kGemmLibrary);
  if (library == variants.end()) return variants;
  if (use_ == GemmUse::kLibrary) return {kGemmLibrary};
  const bool wanted = use_ == GemmUse::kAuto && wanted_by_device_ && graph.tensors()[op.src[0]].dim[0] >= kFewestRows;
  if (!wanted) {
    variants.erase(library);
  } else if (variants.front() == kNoTiles) {
    std::rotate(variants.begin(), library, library + 1);
  }
  return variants;
}

bool GemmChoice::judge(const std::string& key, const std::string& op_name, const std::string& wrong) {
  const bool known = !verdicts_.emplace(key, wrong).second;
  if (right(key)) return true;
  const std::string words =
      sdk::text(op_name, ": CLBlast is not used, since it was wrong when it was checked: ", verdicts_.at(key));
  if (use_ == GemmUse::kLibrary) {
    throw sdk::Failure(SATEEN_DEVICE_ERROR, words + "; SATEEN_GEMM=own computes without it");
  }
  if (!known) host_.log(SATEEN_LOG_WARNING, "opencl: " + words);
  return false;
}

std::string GemmChoice::describe() const {
  if (use_ == GemmUse::kOwn) return "own kernels, as was asked";
  if (use_ == GemmUse::kAuto && !wanted_by_device_) return "own kernels, which are for devices of this kind";
  if (use_ == GemmUse::kAuto && verdicts_.empty()) return "own kernels; CLBlast was not asked";
  size_t refused = 0;
  std::string reason;
  for (const auto& [key, wrong] : verdicts_) {
    if (wrong.empty()) continue;
    ++refused;
    reason = wrong;
  }
  std::string r = sdk::text("CLBlast, right for ", verdicts_.size() - refused, " shapes that were checked");
  if (refused > 0) r += sdk::text(", refused for ", refused, " where it was wrong: ", reason);
  return r;
}

}  // namespace sateen::opencl
