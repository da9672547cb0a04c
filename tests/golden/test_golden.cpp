// Three training steps of five networks against tensors that PyTorch wrote in float64: see make_golden.py.
#define BOOST_TEST_DYN_LINK
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <zlib.h>

#include "fixture.hpp"
#include "sateen/model.hpp"
#include "step_runner.hpp"
#include "target.hpp"

namespace {

using golden::Fixture;
using step_tests::StepData;
using step_tests::StepRunner;
using step_tests::TrainingState;

constexpr int kSteps = 3;

// Bounds, some five times what the cpu backend reaches, so that another order of summation passes and little else does.
constexpr double kTensorBound = 1e-5;       // diff, m and v: of the golden tensor's largest |value|
constexpr double kLargestBound = 1e-5;      // a tensor's largest |value|: relative
constexpr double kMomentBound = 3e-6;       // its norm, relative; its sum and projection, of √n times the norm
constexpr double kParamsBound = 4e-7;       // absolute, where Adam's step is no noise
constexpr double kProbabilityBound = 5e-7;  // absolute
constexpr double kLossBound = 5e-7;         // relative

// m / √v of a gradient near zero is the ratio of two rounding errors, and moves a weight by up to the learning rate
// either way. Only weights whose gradient was larger than this in every step so far are compared one by one.
constexpr double kNoise = 1e-5;

sateen::Sequential narrow_network(const sateen::Shape& input, bool dropout) {
  const double rates[] = {0.25, 0.25, 0.4};
  const int64_t filters[] = {6, 8, 10};
  sateen::Sequential model(input);
  for (size_t i = 0; i < 3; ++i) {
    model.add(sateen::Conv2D(filters[i])).add(sateen::LeakyReLU(0.1)).add(sateen::MaxPool2D());
    if (dropout) model.add(sateen::Dropout(rates[i]));
  }
  model.add(sateen::Flatten()).add(sateen::Dense(16)).add(sateen::LeakyReLU(0.1));
  if (dropout) model.add(sateen::Dropout(0.3));
  model.add(sateen::Dense(10));
  return model;
}

sateen::Sequential norm_network(const sateen::Shape& input) {
  using namespace sateen;
  Sequential model(input);
  model.add(BatchNorm()).add(Conv2D(32)).add(LeakyReLU(0.1)).add(MaxPool2D()).add(BatchNorm());
  model.add(Conv2D(8)).add(LeakyReLU(0.1)).add(BatchNorm()).add(LeakyReLU(0.1)).add(Dropout(0.25));
  model.add(Flatten()).add(BatchNorm()).add(Dense(16)).add(LeakyReLU(0.1)).add(Dropout(0.3)).add(Dense(10));
  return model;
}

/// The largest of a kind of error, and where it was. A NaN counts as infinite.
class Worst {
 public:
  void add(const std::string& kind, double error) {
    if (std::isnan(error)) error = std::numeric_limits<double>::infinity();
    worst_[kind] = std::max(worst_[kind], error);
  }
  void report(const std::string& name) const {
    for (const auto& [kind, error] : worst_) BOOST_TEST_MESSAGE(name << ": largest error of " << kind << ' ' << error);
  }

 private:
  std::map<std::string, double> worst_;
};

struct Moments {
  double sum = 0, projection = 0, norm = 0, largest = 0;
};

Moments moments(std::span<const float> x) {
  Moments r;
  for (size_t i = 0; i < x.size(); ++i) {
    const double value = x[i];
    r.sum += value;
    r.projection += value * std::cos(static_cast<double>(i));
    r.norm += value * value;
    r.largest = std::max(r.largest, std::abs(value));
  }
  r.norm = std::sqrt(r.norm);
  return r;
}

/// One network's fixture, model and runner, and the comparisons.
class Case {
 public:
  /// slack: by how much gradients and their means may be further off than the bounds above.
  Case(std::string name, sateen::Sequential model, double slack)
      : name_(std::move(name)),
        fixture_(std::string(SATEEN_GOLDEN_DATA) + "/" + name_ + ".golden"),
        model_(std::move(model)),
        slack_(slack) {}

  void check_initial_weights() {
    model_.initialise(seed());
    const auto& crc = fixture_.get<int32_t>("crc");
    BOOST_REQUIRE_EQUAL(model_.parameters().size(), crc.size());
    for (size_t p = 0; p < crc.size(); ++p) {
      const std::span<const float> got = parameter(model_.weights(), p);
      const std::vector<float>& want = fixture_.get<float>("initial/" + std::to_string(p));
      const std::vector<float> sample = sampled(got, p);
      BOOST_REQUIRE_EQUAL(sample.size(), want.size());
      BOOST_TEST(std::memcmp(sample.data(), want.data(), want.size() * sizeof(float)) == 0, where("initial", p)
                                                                                                << " differs");
      const auto* bytes = reinterpret_cast<const Bytef*>(got.data());
      BOOST_TEST(static_cast<int32_t>(crc32(0, bytes, static_cast<uInt>(got.size_bytes()))) == crc[p],
                 where("initial", p) << " differs outside the sample");
    }
  }

  void check_training() {
    StepRunner runner(conformance::target().device(), model_, data());
    check_probabilities(runner.predict(), "probabilities/0");
    small_.assign(model_.parameters().size(), {});
    for (int s = 1; s <= kSteps; ++s) {
      runner.step();
      check_log(runner.log(static_cast<size_t>(s - 1)), s);
      check_state(runner.state(), s);
    }
    BOOST_TEST(runner.cursor()[0] == kSteps);
    BOOST_TEST(runner.cursor()[1] == fixture_.get<int32_t>("first_step")[0] + kSteps);
    check_probabilities(runner.predict(), "probabilities/3");
    worst_.report(name_);
    BOOST_TEST_MESSAGE(name_ << ": compared " << compared_ << " weights, left out " << left_out_);
    BOOST_TEST(compared_ > 4 * left_out_, "too few weights compared");
  }

 private:
  uint64_t seed() const {
    const auto& words = fixture_.get<int32_t>("seed");
    return uint64_t{static_cast<uint32_t>(words.at(1))} << 32 | static_cast<uint32_t>(words.at(0));
  }

  StepData data() const {
    StepData r;
    r.seed = seed();
    r.batch = fixture_.get<int32_t>("batch")[0];
    r.first_step = fixture_.get<int32_t>("first_step")[0];
    r.images = fixture_.get<uint8_t>("images");
    r.labels = fixture_.get<uint8_t>("labels");
    r.permutation = fixture_.get<int32_t>("permutation");
    r.valid = fixture_.get<int32_t>("valid");
    return r;
  }

  std::string where(const std::string& what, size_t p) const {
    return name_ + ": " + what + " of " + model_.parameters()[p].name;
  }

  std::span<const float> parameter(std::span<const float> all, size_t p) const {
    const sateen::Parameter& parameter = model_.parameters()[p];
    return all.subspan(parameter.offset, parameter.spec.shape.elements());
  }

  /// Every stride-th element: those that the fixture has.
  std::vector<float> sampled(std::span<const float> x, size_t p) const {
    std::vector<float> r;
    for (size_t i = 0; i < x.size(); i += static_cast<size_t>(fixture_.get<int32_t>("stride")[p])) r.push_back(x[i]);
    return r;
  }

  /// error ≤ bound, remembered as the worst of its kind. A NaN fails.
  void check(const std::string& kind, double error, double bound, const std::string& what) {
    worst_.add(kind, error);
    BOOST_TEST(error <= bound, what << ": " << kind << " is off by " << error << ", allowed " << bound);
  }

  void check_probabilities(const std::vector<float>& got, const std::string& name) {
    const auto& want = fixture_.get<float>(name);
    BOOST_REQUIRE_EQUAL(got.size(), want.size());
    for (size_t i = 0; i < got.size(); ++i)
      check("probability", std::abs(double{got[i]} - double{want[i]}), kProbabilityBound, name_ + ": " + name);
  }

  void check_log(const std::array<float, 2>& got, int step) {
    const auto& log = fixture_.get<double>("log");
    const double* want = &log.at(2 * static_cast<size_t>(step - 1));
    const std::string what = name_ + ": step " + std::to_string(step);
    check("loss", std::abs(got[0] - want[0]) / want[0], kLossBound, what);
    BOOST_TEST(got[1] == want[1], what << " counts the right answers wrongly");
  }

  void check_state(const TrainingState& state, int step) {
    for (size_t p = 0; p < model_.parameters().size(); ++p) {
      if (!model_.parameters()[p].spec.trainable) {
        check_untrained(state, p, step);
        continue;
      }
      check_tensor("diff", state.diff, p, step);
      check_tensor("m", state.m, p, step);
      check_tensor("v", state.v, p, step);
      check_params(state.params, p, step);
    }
  }

  /// A running mean or variance: no gradient, and not touched by Adam.
  void check_untrained(const TrainingState& state, size_t p, int step) {
    const std::string name = std::to_string(step) + "/params/" + std::to_string(p);
    for (const std::vector<float>* all : {&state.diff, &state.m, &state.v}) {
      for (const float x : parameter(*all, p)) BOOST_TEST(x == 0.0F, where("the gradient", p) << " is not zero");
    }
    const auto& want = fixture_.get<float>(name);
    const std::vector<float> got = sampled(parameter(state.params, p), p);
    BOOST_REQUIRE_EQUAL(got.size(), want.size());
    for (size_t i = 0; i < got.size(); ++i) {
      check("running", std::abs(double{got[i]} - double{want[i]}), kParamsBound, where(name, p));
    }
  }

  void check_moments(const std::string& kind, std::span<const float> x, const std::string& name, size_t p) {
    const Moments got = moments(x);
    const auto& want = fixture_.get<double>(name + "/moments");
    const double scale = std::sqrt(static_cast<double>(x.size())) * want[2];
    check(kind + " sum", std::abs(got.sum - want[0]) / scale, slack_ * kMomentBound, where(name, p));
    check(kind + " projection", std::abs(got.projection - want[1]) / scale, slack_ * kMomentBound, where(name, p));
    check(kind + " norm", std::abs(got.norm - want[2]) / want[2], slack_ * kMomentBound, where(name, p));
    check(kind + " maximum", std::abs(got.largest - want[3]) / want[3], slack_ * kLargestBound, where(name, p));
  }

  void check_tensor(const std::string& kind, std::span<const float> all, size_t p, int step) {
    const std::string name = std::to_string(step) + "/" + kind + "/" + std::to_string(p);
    const double scale = fixture_.get<double>(name + "/moments")[3];
    const auto& want = fixture_.get<float>(name);
    const std::vector<float> got = sampled(parameter(all, p), p);
    BOOST_REQUIRE_EQUAL(got.size(), want.size());
    double error = 0;
    for (size_t i = 0; i < got.size(); ++i) {
      const double e = std::abs(double{got[i]} - double{want[i]});
      if (!(e <= error)) error = e;
      if (std::isnan(e)) break;
    }
    check(kind, error / scale, slack_ * kTensorBound, where(name, p));
    check_moments(kind, parameter(all, p), name, p);
  }

  void check_params(std::span<const float> all, size_t p, int step) {
    const std::string number = "/" + std::to_string(p), s = std::to_string(step);
    const auto& diff = fixture_.get<float>(s + "/diff" + number);
    const auto& want = fixture_.get<float>(s + "/params" + number);
    const std::vector<float> got = sampled(parameter(all, p), p);
    BOOST_REQUIRE_EQUAL(got.size(), want.size());
    small_[p].resize(want.size(), false);
    for (size_t i = 0; i < got.size(); ++i) {
      if (!(std::abs(double{diff[i]}) > kNoise)) small_[p][i] = true;
      ++(small_[p][i] ? left_out_ : compared_);
      if (!small_[p][i])
        check("params", std::abs(double{got[i]} - double{want[i]}), kParamsBound, where(s + "/params", p));
    }
    check_moments("params", parameter(all, p), s + "/params" + number, p);
  }

  std::string name_;
  Fixture fixture_;
  sateen::Sequential model_;
  double slack_;
  Worst worst_;
  std::vector<std::vector<bool>> small_;  // per parameter and sampled element: its gradient has been near zero
  size_t compared_ = 0, left_out_ = 0;
};

void run(const std::string& name, sateen::Sequential model, double slack = 1) {
  Case test(name, std::move(model), slack);
  test.check_initial_weights();
  test.check_training();
}

}  // namespace

BOOST_AUTO_TEST_CASE(narrow_plain) {
  run("narrow_plain", narrow_network({13, 11, 1}, false));
}
BOOST_AUTO_TEST_CASE(narrow_dropout) {
  run("narrow_dropout", narrow_network({12, 14, 2}, true));
}
// Behind a bias batch normalisation takes most of a gradient out again, and what is left has the rounding of the whole.
BOOST_AUTO_TEST_CASE(narrow_norm) {
  run("narrow_norm", norm_network({9, 8, 2}), 30);
}
BOOST_AUTO_TEST_CASE(full_plain) {
  run("full_plain", sateen::fashion_mnist_network(false));
}
BOOST_AUTO_TEST_CASE(full_dropout) {
  run("full_dropout", sateen::fashion_mnist_network(true));
}
