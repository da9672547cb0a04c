// Choosing between the GEMM library and our own kernels.
#include "gemm_choice.hpp"

#include "variant.hpp"

namespace sateen::opencl {

namespace {

bool is_dense(uint32_t kind) {
  return kind == SATEEN_OP_DENSE_FORWARD || kind == SATEEN_OP_DENSE_BACKWARD_DATA ||
         kind == SATEEN_OP_DENSE_BACKWARD_WEIGHTS;
}

/// The operation's sizes; a bias and an activation that follow are computed apart.
DenseShape shape_of(const sdk::GraphView& graph, const sdk::Op& op) {
  const bool by_weights = op.kind == SATEEN_OP_DENSE_BACKWARD_WEIGHTS;
  const sdk::Tensor& weights = graph.tensors()[by_weights ? op.dst[0] : op.src[1]];
  return {op.kind, graph.tensors()[op.src[0]].dim[0], weights.dim[0], weights.dim[1]};
}

}  // namespace

bool GemmChoice::computes_right(const sdk::Op& op, const DenseShape& shape, cl_context context,
                                const Workshop& workshop) {
  auto at = verdicts_.find(shape);
  const bool known = at != verdicts_.end();
  if (!known) at = verdicts_.emplace(shape, check_gemm_library(shape, context, workshop)).first;
  const std::string& wrong = at->second;
  if (wrong.empty()) return true;
  const std::string words =
      sdk::text(op.name, ": CLBlast is not used, since it was wrong when it was checked: ", wrong);
  if (use_ == GemmUse::kLibrary) {
    throw sdk::Failure(SATEEN_DEVICE_ERROR, words + "; SATEEN_GEMM=own computes without it");
  }
  if (!known) host_.log(SATEEN_LOG_WARNING, "opencl: " + words);
  return false;
}

std::string GemmChoice::describe() const {
  if (use_ == GemmUse::kOwn) return "own kernels, as was asked";
  if (use_ == GemmUse::kAuto && !wanted_by_device_) return "own kernels, which are for devices of this kind";
  size_t refused = 0;
  std::string reason;
  for (const auto& [shape, wrong] : verdicts_) {
    if (wrong.empty()) continue;
    ++refused;
    reason = wrong;
  }
  std::string r = sdk::text("CLBlast, used for ", verdicts_.size() - refused, " shapes that were checked");
  if (refused > 0) r += sdk::text(", refused for ", refused, " where it was wrong: ", reason);
  return r;
}

std::vector<std::string> GemmChoice::choose(const sdk::GraphView& graph, cl_context context, const Workshop& workshop) {
  // In fewer rows there is nothing to gain, and its first call costs seconds: a prediction of one picture is done by then.
  constexpr int64_t kFewestRows = 16;
  std::vector<std::string> variants(graph.ops().size());
  if (use_ == GemmUse::kOwn || (use_ == GemmUse::kAuto && !wanted_by_device_)) return variants;
  for (size_t i = 0; i < variants.size(); ++i) {
    const sdk::Op& op = graph.ops()[i];
    if (!is_dense(op.kind)) continue;
    const DenseShape shape = shape_of(graph, op);
    if (use_ == GemmUse::kAuto && shape.n < kFewestRows) continue;
    if (computes_right(op, shape, context, workshop)) variants[i] = kGemmLibrary;
  }
  return variants;
}

}  // namespace sateen::opencl
