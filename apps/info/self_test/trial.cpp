// Running one operation, and comparing what came of it.
#include "info/self_test/trial.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "common/numbers.hpp"
#include "sateen/error.hpp"
#include "sateen/random.hpp"

namespace sateen::app {

namespace {

constexpr unsigned char kFill = 0xA5;

template <typename T>
Values values_of(DType dtype, const Shape& shape, const std::vector<T>& values) {
  Values r{dtype, shape, std::vector<unsigned char>(values.size() * sizeof(T))};
  std::memcpy(r.bytes.data(), values.data(), r.bytes.size());
  return r;
}

template <typename T>
std::vector<T> as(const Values& values) {
  std::vector<T> r(values.bytes.size() / sizeof(T));
  std::memcpy(r.data(), values.bytes.data(), r.size() * sizeof(T));
  return r;
}

/// A tensor in a buffer of its own, with room before and behind it.
class Placed {
 public:
  Placed(Device& device, const Values& values) : values_(values), room_(device.info().alignment) {
    std::vector<unsigned char> whole(room_ + values.bytes.size() + room_, kFill);
    std::copy(values.bytes.begin(), values.bytes.end(), whole.begin() + static_cast<std::ptrdiff_t>(room_));
    buffer_ = device.create_buffer(whole.data(), whole.size());
  }
  TensorId add_to(Graph& graph) const {
    return graph.tensor(values_.dtype, values_.shape, graph.external(buffer_.size()), room_);
  }
  const Buffer& buffer() const { return buffer_; }

  Values read() const {
    const auto whole = buffer_.read_as<unsigned char>();
    const auto begin = whole.begin() + static_cast<std::ptrdiff_t>(room_);
    const auto end = begin + static_cast<std::ptrdiff_t>(values_.bytes.size());
    const auto filled = [](unsigned char byte) { return byte == kFill; };
    if (!std::all_of(whole.begin(), begin, filled) || !std::all_of(end, whole.end(), filled)) {
      throw Error(ErrorCode::kDevice, "it writes beside its result");
    }
    return {values_.dtype, values_.shape, {begin, end}};
  }

 private:
  Values values_;
  size_t room_;
  Buffer buffer_;
};

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "infinity" : "-infinity";
  return general(value, 7);
}

void compare_floats(const Trial& trial, const Values& got_values, const Values& want_values, Difference& result) {
  const std::vector<float> got = as<float>(got_values);
  const std::vector<float> want = as<float>(want_values);
  double largest = 0;
  for (const float w : want) largest = std::isfinite(w) ? std::max(largest, std::abs(double{w})) : largest;
  for (size_t i = 0; i < want.size(); ++i) {
    const bool same =
        got[i] == want[i] || (std::isnan(want[i]) && std::isnan(got[i])) || (trial.spreads_nan && std::isnan(got[i]));
    if (same) continue;
    const double off = std::abs(double{got[i]} - double{want[i]}) / (largest > 0 ? largest : 1);
    if (std::isfinite(off)) result.largest = std::max(result.largest, off);
    if (result.wrong.empty() && !(off <= trial.tolerance)) {
      result.wrong = trial.name + ": element " + std::to_string(i) + " of " + std::to_string(want.size()) + " is " +
                     number(got[i]) + " instead of " + number(want[i]);
    }
  }
}

}  // namespace

Values Values::of(const Shape& shape, const std::vector<float>& values) {
  return values_of(DType::kF32, shape, values);
}
Values Values::of(const Shape& shape, const std::vector<int32_t>& values) {
  return values_of(DType::kI32, shape, values);
}
Values Values::of(const Shape& shape, const std::vector<uint8_t>& values) {
  return values_of(DType::kU8, shape, values);
}

Values Values::random(const Shape& shape, uint32_t seed, DType dtype) {
  RandomStream stream(seed, random_stream(RandomPurpose::kInitialWeights));
  if (dtype == DType::kU8) {
    std::vector<uint8_t> values(shape.elements());
    for (uint8_t& v : values) v = static_cast<uint8_t>(stream.below(256));
    return of(shape, values);
  }
  std::vector<float> values(shape.elements());
  for (float& v : values) v = 2.0F * stream.uniform() - 1.0F;
  return of(shape, values);
}

Values Values::untouched(const Shape& shape, DType dtype) {
  return {dtype, shape, std::vector<unsigned char>(shape.elements() * size_of(dtype), kFill)};
}

std::vector<Values> run_trial(Device& device, const Trial& trial) {
  Graph graph(device.info().alignment);
  std::vector<Placed> placed;
  std::vector<Binding> bindings;
  placed.reserve(trial.src.size() + trial.dst.size());
  std::vector<size_t> place_of_src(trial.src.size());
  std::vector<size_t> results;
  Trial::Ids src;
  Trial::Ids dst;
  for (size_t i = 0; i < trial.src.size(); ++i) {
    if (trial.src[i].there()) {
      place_of_src[i] = placed.size();
      placed.emplace_back(device, trial.src[i]);
    }
    src.push_back(trial.src[i].there() ? placed.back().add_to(graph) : TensorId{});
  }
  for (const Values& values : trial.dst) {
    if (values.there()) {
      results.push_back(placed.size());
      placed.emplace_back(device, values);
    }
    dst.push_back(values.there() ? placed.back().add_to(graph) : TensorId{});
  }
  for (const size_t i : trial.in_place) {
    dst.push_back(src[i]);
    results.push_back(place_of_src[i]);
  }
  trial.emit(graph, src, dst);
  Program program = device.compile(graph);
  bindings.reserve(placed.size());
  for (const Placed& p : placed) bindings.emplace_back(p.buffer());
  program.run(bindings);
  std::vector<Values> read;
  read.reserve(results.size());
  for (const size_t i : results) read.push_back(placed[i].read());
  return read;
}

Difference compare(const Trial& trial, const std::vector<Values>& got, const std::vector<Values>& want) {
  Difference result;
  for (size_t i = 0; i < want.size(); ++i) {
    if (want[i].dtype == DType::kF32) {
      compare_floats(trial, got[i], want[i], result);
    } else if (got[i].bytes != want[i].bytes && result.wrong.empty()) {
      result.wrong = trial.name + ": other numbers";
    }
  }
  return result;
}

}  // namespace sateen::app
