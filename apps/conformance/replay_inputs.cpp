// Drawing a graph's inputs.
#include "conformance/replay_inputs.hpp"

#include <cmath>
#include <cstring>

#include "runner.hpp"

namespace sateen::app {
namespace {

using conformance::Role;

/// SplitMix64: a data set has millions of pixels.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t next() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15ULL;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
    return z ^ z >> 31;
  }
  double between(double low, double high) { return low + (high - low) * static_cast<double>(next() >> 11) * 0x1p-53; }
  int32_t below(int64_t n) { return static_cast<int32_t>(next() % static_cast<uint64_t>(n)); }

 private:
  uint64_t state_;
};

class Drawer {
 public:
  Drawer(const sateen_graph& graph, uint64_t seed) : graph_(graph), random_(seed) {
    for (uint32_t i = 0; i < graph.n_storages; ++i) {
      Bytes& bytes = state_[i];
      bytes.resize(graph.storage[i].bytes);
      conformance::fill_guard(bytes);
    }
    // Any numbers first: a storage of several tensors is filled by each.
    for (uint32_t i = 0; i < graph.n_tensors; ++i) {
      const bool pixels = graph.tensor[i].dtype == SATEEN_U8;
      if (external(i)) fill(i, between(-1, 1), [&] { return pixels ? random_.below(256) : 0; });
    }
  }

  void take_role(const sateen_op& op, uint32_t src, Role role) {
    if (src >= op.n_src || op.src[src] == SATEEN_NONE) return;
    const uint32_t tensor = data_behind(op.src[src]);
    if (!external(tensor)) return;
    const sateen_tensor& t = graph_.tensor[tensor];
    const sateen_tensor& first = graph_.tensor[op.src[0]];
    switch (role) {
      case Role::kWeights:
        return fill(tensor, between(-spread(t), spread(t)), [] { return 0; });
      case Role::kPositive:
        return fill(tensor, between(0.25, 1), [] { return 0; });
      case Role::kSteps:
        return fill(tensor, between(5e-4, 1e-3), [] { return 0; });
      case Role::kCursor:
        return fill(tensor, between(0, 0), [] { return 0; });
      case Role::kIndices:
        return fill(tensor, between(0, 0), [&] { return random_.below(first.dim[0]); });
      case Role::kLabels:
        return fill(tensor, between(0, 0), [&] { return random_.below(first.dim[first.rank - 1]); });
      case Role::kValid:
        return fill(tensor, between(0, 0), [&] { return static_cast<int32_t>(first.dim[0]); });
    }
  }

  State take() { return std::move(state_); }

 private:
  std::function<double()> between(double low, double high) {
    return [=, this] { return random_.between(low, high); };
  }

  bool external(uint32_t tensor) const {
    return graph_.storage[graph_.tensor[tensor].storage].role == SATEEN_STORAGE_EXTERNAL;
  }

  /// The data set that a tensor is gathered from, or itself.
  uint32_t data_behind(uint32_t tensor) const {
    for (uint32_t i = 0; i < graph_.n_ops; ++i) {
      const sateen_op& op = graph_.op[i];
      if (op.kind == SATEEN_OP_GATHER && op.n_dst > 0 && op.dst[0] == tensor && op.n_src > 0 &&
          op.src[0] != SATEEN_NONE)
        return op.src[0];
    }
    return tensor;
  }

  /// So that sums over the inputs of a convolution or dense layer keep their size.
  static double spread(const sateen_tensor& weights) {
    double inputs = 1;
    for (uint32_t i = 0; i + 1 < weights.rank; ++i) inputs *= static_cast<double>(weights.dim[i]);
    return std::sqrt(3 / inputs);
  }

  template <typename Real, typename Integer>
  void fill(uint32_t tensor, Real&& real, Integer&& integer) {
    const sateen_tensor& t = graph_.tensor[tensor];
    const Range range = range_of(t);
    Bytes& bytes = state_.at(t.storage);
    for (uint64_t at = range.begin; at < range.end; at += size_of(static_cast<DType>(t.dtype))) {
      if (t.dtype == SATEEN_F32) {
        const auto value = static_cast<float>(real());
        std::memcpy(bytes.data() + at, &value, sizeof value);
      } else if (t.dtype == SATEEN_I32) {
        const int32_t value = integer();
        std::memcpy(bytes.data() + at, &value, sizeof value);
      } else {
        bytes[at] = static_cast<unsigned char>(integer());
      }
    }
  }

  const sateen_graph& graph_;
  Random random_;
  State state_;
};

}  // namespace

State draw_inputs(const sateen_graph& graph, const conformance::CaseList& rules, uint64_t seed) {
  Drawer drawer(graph, seed);
  for (uint32_t i = 0; i < graph.n_ops; ++i) {
    const conformance::OpRules* of = rules.rules_of(graph.op[i].kind);
    if (of == nullptr) continue;
    for (const auto& [operand, role] : of->roles) {
      drawer.take_role(graph.op[i], static_cast<uint32_t>(operand.back() - '0'), role);
    }
  }
  return drawer.take();
}

}  // namespace sateen::app
