// Emitting and computing side by side.
#include "mirror.hpp"

namespace conformance {
namespace {

oracle::Window conv_window(const Dims& src, const Dims& weights, int64_t pad) {
  return {src[0], src[1], src[2], src[3], weights[0], weights[1], 1, 1, pad, pad, pad, pad};
}

sateen_conv2d_attrs conv_attrs(int64_t pad) {
  const auto p = static_cast<int32_t>(pad);
  return {1, 1, p, p, p, p};
}

oracle::Window pool_window(const Dims& src, bool whole) {
  return {src[0], src[1], src[2], src[3], 2, 2, 2, 2, 0, 0, whole ? src[1] % 2 : 0, whole ? src[2] % 2 : 0};
}

sateen_max_pool2d_attrs pool_attrs(const Dims& src, bool whole) {
  const auto pad = [&](int64_t size) { return whole ? static_cast<int32_t>(size % 2) : 0; };
  return {2, 2, 2, 2, 0, 0, pad(src[1]), pad(src[2])};
}

std::vector<int32_t> integers(const oracle::Values& v) {
  std::vector<int32_t> r;
  for (const double x : v) r.push_back(static_cast<int32_t>(x));
  return r;
}

}  // namespace

std::string Mirror::next_name(const char* what) {
  return what + std::to_string(count_++);
}

Node Mirror::make(const Dims& dims, oracle::Values v, Id dst) {
  if (!dst) dst = graph_.value(sateen::DType::kF32, sateen::Shape(dims));
  return {dst, dims, std::move(v)};
}

Node Mirror::gather_pixels(const Node& data, const Node& indices, const Node& cursor, int64_t batch) {
  Dims dims = data.dims;
  dims[0] = batch;
  const std::vector<int32_t> order = integers(indices.v);
  const auto places = oracle::gather_places(data.dims[0], batch, &order, static_cast<int64_t>(cursor.v[0]));
  const sateen_gather_attrs attrs{1.0F / 255.0F, 0};
  const auto sample = static_cast<int64_t>(data.v.size()) / data.dims[0];
  Node r = make(dims, oracle::gather(data.v, sample, places, static_cast<double>(attrs.scale), 0), {});
  graph_.op(SATEEN_OP_GATHER, next_name("gather"), {data.id, indices.id, cursor.id}, {r.id}, attrs);
  return r;
}

Node Mirror::gather_labels(const Node& data, const Node& indices, const Node& cursor, int64_t batch) {
  const std::vector<int32_t> order = integers(indices.v);
  const auto places = oracle::gather_places(data.dims[0], batch, &order, static_cast<int64_t>(cursor.v[0]));
  Node r{graph_.value(sateen::DType::kI32, sateen::Shape{batch}), {batch}, oracle::gather(data.v, 1, places, 1, 0)};
  graph_.op(SATEEN_OP_GATHER, next_name("labels"), {data.id, indices.id, cursor.id}, {r.id}, sateen_gather_attrs{1, 0});
  return r;
}

Node Mirror::conv(const Node& src, const Node& weights, const Node& bias, int64_t pad, Id dst) {
  const oracle::Window g = conv_window(src.dims, weights.dims, pad);
  const int64_t k = weights.dims[3];
  Node r = make({g.n, g.rows(), g.columns(), k}, oracle::conv2d_forward(g, k, src.v, weights.v, &bias.v), dst);
  graph_.op(SATEEN_OP_CONV2D_FORWARD, next_name("conv"), {src.id, weights.id, bias.id}, {r.id}, conv_attrs(pad));
  return r;
}

Node Mirror::conv_data(const Node& diff, const Node& weights, const Node& src, int64_t pad, Id dst) {
  const oracle::Window g = conv_window(src.dims, weights.dims, pad);
  Node r = make(src.dims, oracle::conv2d_backward_data(g, weights.dims[3], diff.v, weights.v), dst);
  graph_.op(SATEEN_OP_CONV2D_BACKWARD_DATA, next_name("conv_data"), {diff.id, weights.id}, {r.id}, conv_attrs(pad));
  return r;
}

void Mirror::conv_weights(const Node& src, const Node& diff, int64_t pad, Node& weights, Node& bias) {
  const oracle::Window g = conv_window(src.dims, weights.dims, pad);
  oracle::WeightsGradient d = oracle::conv2d_backward_weights(g, weights.dims[3], src.v, diff.v);
  weights.v = std::move(d.weights);
  bias.v = std::move(d.bias);
  graph_.op(SATEEN_OP_CONV2D_BACKWARD_WEIGHTS, next_name("conv_weights"), {src.id, diff.id}, {weights.id, bias.id},
            conv_attrs(pad));
}

Node Mirror::pool(const Node& src, Id dst, bool whole) {
  const oracle::Window g = pool_window(src.dims, whole);
  Node r = make({g.n, g.rows(), g.columns(), g.c}, oracle::max_pool2d_forward(g, src.v), dst);
  graph_.op(SATEEN_OP_MAX_POOL2D_FORWARD, next_name("pool"), {src.id}, {r.id}, pool_attrs(src.dims, whole));
  return r;
}

Node Mirror::pool_back(const Node& src, const Node& diff, Id dst, bool whole) {
  Node r = make(src.dims, oracle::max_pool2d_backward(pool_window(src.dims, whole), src.v, diff.v), dst);
  graph_.op(SATEEN_OP_MAX_POOL2D_BACKWARD, next_name("pool_back"), {src.id, diff.id}, {r.id},
            pool_attrs(src.dims, whole));
  return r;
}

Node Mirror::relu(const Node& src, float alpha, Id dst) {
  Node r = make(src.dims, oracle::leaky_relu_forward(static_cast<double>(alpha), src.v), dst);
  graph_.op(SATEEN_OP_LEAKY_RELU_FORWARD, next_name("relu"), {src.id}, {r.id}, sateen_leaky_relu_attrs{alpha});
  return r;
}

Node Mirror::relu_back(const Node& out, const Node& diff, float alpha, Id dst) {
  Node r = make(out.dims, oracle::leaky_relu_backward(static_cast<double>(alpha), out.v, diff.v), dst);
  graph_.op(SATEEN_OP_LEAKY_RELU_BACKWARD, next_name("relu_back"), {out.id, diff.id}, {r.id},
            sateen_leaky_relu_attrs{alpha});
  return r;
}

Node Mirror::dense(const Node& src, const Node& weights, const Node& bias, Id dst) {
  const int64_t n = src.dims[0], in = src.dims[1], out = weights.dims[1];
  Node r = make({n, out}, oracle::dense_forward(n, in, out, src.v, weights.v, &bias.v), dst);
  graph_.op(SATEEN_OP_DENSE_FORWARD, next_name("dense"), {src.id, weights.id, bias.id}, {r.id});
  return r;
}

Node Mirror::dense_data(const Node& diff, const Node& weights, Id dst) {
  const int64_t n = diff.dims[0], in = weights.dims[0], out = weights.dims[1];
  Node r = make({n, in}, oracle::dense_backward_data(n, in, out, diff.v, weights.v), dst);
  graph_.op(SATEEN_OP_DENSE_BACKWARD_DATA, next_name("dense_data"), {diff.id, weights.id}, {r.id});
  return r;
}

void Mirror::dense_weights(const Node& src, const Node& diff, Node& weights, Node& bias) {
  oracle::WeightsGradient d = oracle::dense_backward_weights(src.dims[0], src.dims[1], diff.dims[1], src.v, diff.v);
  weights.v = std::move(d.weights);
  bias.v = std::move(d.bias);
  graph_.op(SATEEN_OP_DENSE_BACKWARD_WEIGHTS, next_name("dense_weights"), {src.id, diff.id}, {weights.id, bias.id});
}

Node Mirror::dropout(const Node& src, const Node& cursor, const sateen_dropout_attrs& a, Id dst) {
  const oracle::Dropout d{a.seed, a.first_element, a.stream, a.threshold, static_cast<double>(a.scale)};
  const auto step = static_cast<uint32_t>(static_cast<int32_t>(cursor.v[1]));
  Node r = make(src.dims, oracle::dropout(d, step, src.v), dst);
  graph_.op(SATEEN_OP_DROPOUT, next_name("dropout"), {src.id, cursor.id}, {r.id}, a);
  return r;
}

Node Mirror::softmax(const Node& src, Id dst) {
  Node r = make(src.dims, oracle::softmax(src.dims[0], src.dims[1], src.v), dst);
  graph_.op(SATEEN_OP_SOFTMAX, next_name("softmax"), {src.id}, {r.id});
  return r;
}

Node Mirror::loss(const Node& logits, const Node& labels, const Node& valid, const Node& cursor, Node& log) {
  const auto row = static_cast<size_t>(cursor.v[0]);
  oracle::Loss l = oracle::softmax_cross_entropy(logits.dims[0], logits.dims[1], logits.v, integers(labels.v),
                                                 static_cast<int64_t>(valid.v[row]));
  log.v[2 * row] = l.loss;
  log.v[2 * row + 1] = l.correct;
  Node r = make(logits.dims, std::move(l.diff), {});
  graph_.op(SATEEN_OP_SOFTMAX_CROSS_ENTROPY, next_name("loss"), {logits.id, labels.id, valid.id, cursor.id},
            {log.id, r.id});
  return r;
}

void Mirror::adam(Node& params, const Node& diff, Node& m, Node& v, const Node& lr, const Node& cursor,
                  const sateen_adam_attrs& a) {
  oracle::AdamState s =
      oracle::adam({params.v, m.v, v.v}, diff.v, lr.v[static_cast<size_t>(cursor.v[0])], static_cast<double>(a.beta1),
                   static_cast<double>(a.beta2), static_cast<double>(a.epsilon));
  params.v = std::move(s.params);
  m.v = std::move(s.m);
  v.v = std::move(s.v);
  graph_.op(SATEEN_OP_ADAM, next_name("adam"), {params.id, diff.id, m.id, v.id, lr.id, cursor.id},
            {params.id, m.id, v.id}, a);
}

void Mirror::advance(Node& cursor) {
  for (double& x : cursor.v) x += 1;
  graph_.op(SATEEN_OP_ADVANCE, next_name("advance"), {cursor.id}, {cursor.id});
}

Node Mirror::reshape(const Node& src, const Dims& dims) {
  return {graph_.reshape(src.id, sateen::Shape(dims)), dims, src.v};
}

}  // namespace conformance
