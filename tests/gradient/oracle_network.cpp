// The stages of the published networks.
#include "oracle_network.hpp"

#include <utility>

namespace gradient_tests {
namespace {

constexpr size_t kStages = 5;
constexpr double kAlpha = 0.1;

/// Convolutions 3×3 at 28, 14 and 7 pixels; the last pool, 7 → 4, pads below and at the right.
struct ConvStage {
  int64_t size, in, out;
};
constexpr ConvStage kConv[] = {{28, 1, 32}, {14, 32, 64}, {7, 64, 128}};

struct DenseStage {
  int64_t in, out;
};
constexpr DenseStage kDense[] = {{2048, 128}, {128, 10}};

/// After stages 0 to 3: the rate, and the layer's place in the model, from 0.
struct DropoutStage {
  double rate;
  uint32_t layer;
};
constexpr DropoutStage kDropout[] = {{0.25, 3}, {0.25, 7}, {0.4, 11}, {0.3, 15}};
constexpr uint32_t kDropoutPurpose = 4;

}  // namespace

OracleNetwork::OracleNetwork(Parameters parameters, Batch batch)
    : parameters_(std::move(parameters)), batch_(std::move(batch)) {
  src_.push_back(batch_.pixels);
  for (size_t i = 0; i < kStages; ++i) src_.push_back(stage(i, src_[i], parameters_[2 * i], parameters_[2 * i + 1]));
}

oracle::Values OracleNetwork::stage(size_t i, const oracle::Values& src, const oracle::Values& weights,
                                    const oracle::Values& bias) const {
  const auto n = static_cast<int64_t>(batch_.labels.size());
  oracle::Values dst;
  if (i < 3) {
    const ConvStage& s = kConv[i];
    oracle::Window conv{n, s.size, s.size, s.in, 3, 3, 1, 1, 1, 1, 1, 1};
    dst = oracle::leaky_relu_forward(kAlpha, oracle::conv2d_forward(conv, s.out, src, weights, &bias));
    const int64_t odd = s.size % 2;
    oracle::Window pool{n, s.size, s.size, s.out, 2, 2, 2, 2, 0, 0, odd, odd};
    dst = oracle::max_pool2d_forward(pool, dst);
  } else {
    const DenseStage& s = kDense[i - 3];
    dst = oracle::dense_forward(n, s.in, s.out, src, weights, &bias);
    if (i == 4) return dst;
    dst = oracle::leaky_relu_forward(kAlpha, dst);
  }
  if (!batch_.dropout) return dst;
  oracle::Dropout dropout;
  dropout.seed = batch_.seed;
  dropout.stream = kDropoutPurpose << 16 | kDropout[i].layer;
  dropout.threshold = static_cast<uint32_t>(kDropout[i].rate * 0x1p32);
  dropout.scale = 1 / (1 - kDropout[i].rate);
  return oracle::dropout(dropout, batch_.step, dst);
}

double OracleNetwork::loss_of(const oracle::Values& logits) const {
  const auto n = static_cast<int64_t>(batch_.labels.size());
  return oracle::softmax_cross_entropy(n, 10, logits, batch_.labels, n).loss / static_cast<double>(n);
}

double OracleNetwork::loss() const {
  return loss_of(src_.back());
}

double OracleNetwork::loss_with(size_t parameter, const oracle::Values& values) const {
  const size_t first = parameter / 2;
  const bool is_weights = parameter % 2 == 0;
  oracle::Values x = stage(first, src_[first], is_weights ? values : parameters_[2 * first],
                           is_weights ? parameters_[2 * first + 1] : values);
  for (size_t i = first + 1; i < kStages; ++i) x = stage(i, x, parameters_[2 * i], parameters_[2 * i + 1]);
  return loss_of(x);
}

}  // namespace gradient_tests
