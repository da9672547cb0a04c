// Which operations of a graph are run as one.
#pragma once

#include <cstddef>
#include <vector>

#include "sateen/sdk/graph_view.hpp"
#include "tuning.hpp"

namespace sateen::opencl {

/// Neighbours in the list of operations that are run together, one or more.
struct Group {
  enum class Kind {
    kForward,   ///< an operation alone; or a convolution or dense layer with what follows it
    kBackward,  ///< the way back through dropout, pool and activation together, and the weights' gradient
  };
  static constexpr size_t kNoRoute = static_cast<size_t>(-1);

  Kind kind = Kind::kForward;
  size_t first = 0, last = 0;  ///< operations, both included
  const sdk::Op* activation =
      nullptr;                    ///< a LeakyReLU, forward or backward as the kind says; null: none. So the others
  const sdk::Op* pool = nullptr;  ///< by 2×2 with stride 2
  const sdk::Op* dropout = nullptr;
  const sdk::Op* weights_gradient = nullptr;  ///< backward: of the convolution, where it alone wants the result
  size_t route = kNoRoute;  ///< the same number in the two groups that share routes (kernels/pool_route.clh)

  const sdk::Op& result_of(const sdk::GraphView& graph) const { return graph.ops()[last]; }
};

/// All operations in order, in groups. Every group gives what its operations give one after the other; values between
/// them are not made.
std::vector<Group> find_groups(const sdk::GraphView& graph, const Tuning& tuning);

}  // namespace sateen::opencl
