// Emits a chain of operations into a graph and works out each value with the oracle on the way.
#pragma once

#include "op_case.hpp"

namespace conformance {

/// A tensor of the graph and what the oracle says is in it.
struct Node {
  sateen::TensorId id;
  Dims dims;
  oracle::Values v;
};

/// Each function appends one operation. `dst` is where the result goes; without one it is a new intermediate.
class Mirror {
 public:
  explicit Mirror(sateen::Graph& graph) : graph_(graph) {}
  using Id = sateen::TensorId;

  Node gather_pixels(const Node& data, const Node& indices, const Node& cursor, int64_t batch);
  Node gather_labels(const Node& data, const Node& indices, const Node& cursor, int64_t batch);
  // Convolutions with stride 1 and a padding of `pad` on all sides.
  Node conv(const Node& src, const Node& weights, const Node& bias, int64_t pad, Id dst = {});
  Node conv_data(const Node& diff, const Node& weights, const Node& src, int64_t pad, Id dst = {});
  void conv_weights(const Node& src, const Node& diff, int64_t pad, Node& weights, Node& bias);
  // 2×2, stride 2. Where the size is odd it is padded at the bottom and right, or, not `whole`, what is left is left out.
  Node pool(const Node& src, Id dst = {}, bool whole = true);
  Node pool_back(const Node& src, const Node& diff, Id dst = {}, bool whole = true);
  Node relu(const Node& src, float alpha, Id dst = {});
  Node relu_back(const Node& out, const Node& diff, float alpha, Id dst = {});
  Node dense(const Node& src, const Node& weights, const Node& bias, Id dst = {});
  Node dense_data(const Node& diff, const Node& weights, Id dst = {});
  void dense_weights(const Node& src, const Node& diff, Node& weights, Node& bias);
  Node dropout(const Node& src, const Node& cursor, const sateen_dropout_attrs& attrs, Id dst = {});
  Node softmax(const Node& src, Id dst = {});
  /// Gives the gradient of the logits and writes its row of the log.
  Node loss(const Node& logits, const Node& labels, const Node& valid, const Node& cursor, Node& log);
  void adam(Node& params, const Node& diff, Node& m, Node& v, const Node& lr, const Node& cursor,
            const sateen_adam_attrs& attrs);
  void advance(Node& cursor);
  Node reshape(const Node& src, const Dims& dims);

 private:
  Node make(const Dims& dims, oracle::Values v, Id dst);
  std::string next_name(const char* what);

  sateen::Graph& graph_;
  int count_ = 0;
};

}  // namespace conformance
