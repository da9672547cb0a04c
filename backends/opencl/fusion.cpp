// Finding groups: convolution, LeakyReLU, pool and dropout, and the way back through the last three.
#include "fusion.hpp"

#include <algorithm>
#include <initializer_list>

#include "ops/narrow_convolution.hpp"
#include "sateen/sdk/fusion.hpp"
#include "sateen/sdk/op_shapes.hpp"

namespace sateen::opencl {

namespace {

using sdk::GraphView;
using sdk::Op;
using sdk::Tensor;

/// Whether operations other than these touch the storage of the tensor.
bool touched_beside(const GraphView& graph, const Tensor& tensor, std::initializer_list<const Op*> these) {
  for (const Op& op : graph.ops()) {
    const bool is_one = std::find(these.begin(), these.end(), &op) != these.end();
    if (!is_one && sdk::touches(op, tensor.storage, graph)) return true;
  }
  return false;
}

/// Whether the operation touches the storage of the tensor by that very tensor alone, of whatever shape.
bool touches_alone(const GraphView& graph, const Op& op, const Tensor& tensor) {
  for (const auto* places : {&op.src, &op.dst}) {
    for (const uint32_t t : *places) {
      if (t == SATEEN_NONE || graph.tensors()[t].storage != tensor.storage) continue;
      if (graph.tensors()[t].offset != tensor.offset || graph.tensors()[t].elements != tensor.elements) return false;
    }
  }
  return true;
}

/// A value that only its maker and these see, with nothing else of theirs in its storage: it need not be made.
bool is_between(const GraphView& graph, const Tensor& value, std::initializer_list<const Op*> these) {
  return !graph.storages()[value.storage].external() && !touched_beside(graph, value, these) &&
         std::all_of(these.begin(), these.end(), [&](const Op* op) { return touches_alone(graph, *op, value); });
}

const Op* op_at(const GraphView& graph, size_t i, uint32_t kind) {
  return i < graph.ops().size() && graph.ops()[i].kind == kind ? &graph.ops()[i] : nullptr;
}

/// One window after the other, by two, from the first pixel on.
bool is_by_two(const GraphView& graph, const Op& pool) {
  const sdk::MaxPool2dShape s = sdk::max_pool2d_shape(graph, pool);
  const auto by_two = [](const sdk::Axis& a) {
    return a.window == 2 && a.stride == 2 && a.pad_before == 0 && (a.out - 1) * 2 < a.size && a.out * 2 >= a.size - 1;
  };
  return by_two(s.y) && by_two(s.x) && s.c % 32 == 0;  // whole blocks of every kernel's width
}

bool same_dropout(const GraphView& graph, const Op& a, const Op& b) {
  return a.attrs == b.attrs && graph.src(a, 1)->same_place(*graph.src(b, 1));
}

/// Nothing between the two operations writes what the tensor shows.
bool unchanged_between(const GraphView& graph, const Tensor& tensor, size_t first, size_t last) {
  for (size_t i = first; i <= last; ++i) {
    for (size_t d = 0; d < graph.ops()[i].dst.size(); ++d) {
      const Tensor* to = graph.dst(graph.ops()[i], d);
      if (to != nullptr && to->overlaps(tensor)) return false;
    }
  }
  return true;
}

/// The place of the pool's way back, or 0: no operation has its way back first.
size_t find_way_back(const GraphView& graph, const Op& pool, size_t after) {
  for (size_t i = after; i < graph.ops().size(); ++i) {
    const Op& op = graph.ops()[i];
    if (op.kind == SATEEN_OP_MAX_POOL2D_BACKWARD && graph.src(op, 0)->same_place(*graph.src(pool, 0))) return i;
  }
  return 0;
}

/// The group of the way back from the pool's at `at` on; `kind` kForward where it can't be one.
Group way_back(const GraphView& graph, size_t at, const Group& forward) {
  const Op& pool = graph.ops()[at];
  const Op* activation = op_at(graph, at + 1, SATEEN_OP_LEAKY_RELU_BACKWARD);
  if (activation == nullptr || pool.attrs != forward.pool->attrs) return {};
  const Tensor& pooled_diff = *graph.dst(pool, 0);
  const bool chained = graph.src(*activation, 0)->same_place(*graph.src(pool, 0)) &&
                       graph.src(*activation, 1)->same_place(pooled_diff) &&
                       is_between(graph, pooled_diff, {&pool, activation});
  if (!chained) return {};
  Group group;
  group.kind = Group::Kind::kBackward;
  group.first = at;
  group.last = at + 1;
  group.activation = activation;
  group.pool = &pool;
  if (forward.dropout != nullptr) {
    const Op* dropout = at - 1 > forward.last ? op_at(graph, at - 1, SATEEN_OP_DROPOUT) : nullptr;
    const bool undone = dropout != nullptr && same_dropout(graph, *forward.dropout, *dropout) &&
                        graph.src(pool, 1)->same_place(*graph.dst(*dropout, 0)) &&
                        is_between(graph, *graph.dst(*dropout, 0), {dropout, &pool}) &&
                        unchanged_between(graph, *graph.src(*dropout, 1), forward.first, at);
    if (!undone) return {};
    group.first = at - 1;
    group.dropout = dropout;
  }
  // What is written early must not be what is read: the group's first operation has the gradient as its source.
  if (graph.dst(*activation, 0)->overlaps(*graph.src(graph.ops()[group.first], group.dropout != nullptr ? 0 : 1))) {
    return {};
  }
  return group;
}

/// Adds the gradient by the weights to a way back, where nothing else wants what is between them.
void add_weights_gradient(const GraphView& graph, const Tuning& tuning, Group& group) {
  const Op* gradient = op_at(graph, group.last + 1, SATEEN_OP_CONV2D_BACKWARD_WEIGHTS);
  if (gradient == nullptr) return;
  const Tensor& diff = *graph.dst(*group.activation, 0);
  if (!graph.src(*gradient, 1)->same_place(diff) || !is_between(graph, diff, {group.activation, gradient})) return;
  if (!narrow_convolution_fits(tuning, sdk::conv2d_shape(graph, *gradient))) return;
  // What no window covers takes part with a gradient of zero: a NaN there would be lost.
  const sdk::MaxPool2dShape pool = sdk::max_pool2d_shape(graph, *group.pool);
  if (pool.y.out * 2 < pool.y.size || pool.x.out * 2 < pool.x.size) return;
  for (size_t d = 0; d < gradient->dst.size(); ++d) {
    const Tensor* to = graph.dst(*gradient, d);
    if (to != nullptr && to->overlaps(*graph.src(graph.ops()[group.first], group.dropout != nullptr ? 0 : 1))) return;
  }
  group.weights_gradient = gradient;
  ++group.last;
}

/// Whether one of the groups has an operation from first to last.
bool any_has(const std::vector<Group>& groups, size_t first, size_t last) {
  return std::any_of(groups.begin(), groups.end(),
                     [&](const Group& group) { return group.first <= last && first <= group.last; });
}

/// Adds pool and dropout to a convolution with its LeakyReLU, and finds their way back, where no one sees what is
/// between them.
void add_pool(const GraphView& graph, const Tuning& tuning, Group& group, std::vector<Group>& ways_back) {
  const Op& convolution = graph.ops()[group.first];
  const Op* pool = op_at(graph, group.last + 1, SATEEN_OP_MAX_POOL2D_FORWARD);
  if (convolution.kind != SATEEN_OP_CONV2D_FORWARD || pool == nullptr || !is_by_two(graph, *pool)) return;
  const Tensor& activated = *graph.dst(*group.activation, 0);
  if (!graph.src(*pool, 0)->same_place(activated) || !activated.same_shape(*graph.dst(convolution, 0))) return;
  Group whole = group;
  whole.pool = pool;
  whole.last = group.last + 1;
  const Tensor& pooled = *graph.dst(*pool, 0);
  const Op* dropout = op_at(graph, whole.last + 1, SATEEN_OP_DROPOUT);
  if (dropout != nullptr && graph.src(*dropout, 0)->same_place(pooled) && is_between(graph, pooled, {pool, dropout}) &&
      dropout->attributes<sateen_dropout_attrs>().first_element % 4 == 0) {
    whole.dropout = dropout;
    ++whole.last;
  }
  for (const uint32_t t : convolution.src) {
    if (t != SATEEN_NONE && graph.tensors()[t].overlaps(*graph.dst(whole.result_of(graph), 0))) return;
  }
  if (any_has(ways_back, whole.first, whole.last)) return;
  const size_t back = find_way_back(graph, *pool, whole.last + 1);
  if (back == 0) {
    if (is_between(graph, activated, {group.activation, pool})) group = whole;
    return;
  }
  Group undoing = way_back(graph, back, whole);
  if (undoing.kind != Group::Kind::kBackward) return;
  if (!is_between(graph, activated, {group.activation, pool, undoing.pool, undoing.activation})) return;
  add_weights_gradient(graph, tuning, undoing);
  if (any_has(ways_back, undoing.first, undoing.last)) return;
  whole.route = undoing.route = ways_back.size();
  ways_back.push_back(undoing);
  group = whole;
}

}  // namespace

std::vector<Group> find_groups(const GraphView& graph, const Tuning& tuning) {
  std::vector<Group> groups;
  std::vector<Group> ways_back;
  for (size_t i = 0; i < graph.ops().size();) {
    Group group;
    group.first = group.last = i;
    for (const Group& undoing : ways_back) {
      if (undoing.first == i) group = undoing;
    }
    if (group.kind == Group::Kind::kForward) {
      group.activation = sdk::find_fusable_leaky_relu(graph, i);
      if (group.activation != nullptr) {
        group.last = i + 1;
        add_pool(graph, tuning, group, ways_back);
      }
    }
    i = group.last + 1;
    groups.push_back(group);
  }
  const auto made = std::count_if(groups.begin(), groups.end(),
                                  [](const Group& group) { return group.kind == Group::Kind::kBackward; });
  if (static_cast<size_t>(made) != ways_back.size()) {
    throw sdk::Failure(SATEEN_INTERNAL, "a group of the way back was lost");
  }
  return groups;
}

}  // namespace sateen::opencl
