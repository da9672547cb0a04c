// Trainer: owns what training needs on a device and drives its steps.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "graph/steps.hpp"
#include "sateen/error.hpp"
#include "sateen/random.hpp"
#include "sateen/train.hpp"
#include "train/epoch_tables.hpp"

namespace sateen {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Adds up the time between start() and stop().
class Stopwatch {
 public:
  void start() { running_since_ = Clock::now(); }
  void stop() {
    seconds_ = seconds();
    running_since_.reset();
  }
  double seconds() const { return seconds_ + (running_since_ ? seconds_since(*running_since_) : 0.0); }

 private:
  double seconds_ = 0;
  std::optional<Clock::time_point> running_since_;
};

/// How many steps to submit between two looks at the clock: about a quarter of a second's worth.
class ChunkSize {
 public:
  int64_t steps() const { return steps_; }
  void took(double seconds) {
    if (seconds < 0.12) steps_ = std::min<int64_t>(steps_ * 2, 256);
    if (seconds > 0.5) steps_ = std::max<int64_t>(steps_ / 2, 1);
  }

 private:
  int64_t steps_ = 4;
};

void require(bool condition, const std::string& otherwise) {
  if (!condition) throw Error(ErrorCode::kUsage, otherwise);
}

void check(const Sequential& model, const Dataset& data, const Split& split, const TrainOptions& options) {
  require(model.input_shape() == data.sample_shape(), "the model takes images of " + model.input_shape().to_string() +
                                                          ", the data set has " + data.sample_shape().to_string());
  const auto classes = static_cast<int64_t>(data.class_names().size());
  require(model.output_shape() == Shape{classes}, "the model gives " + model.output_shape().to_string() +
                                                      " values, the data set has " + std::to_string(classes) +
                                                      " classes");
  require(std::any_of(model.weights().begin(), model.weights().end(), [](float w) { return w != 0.0F; }),
          "all weights are zero, so that nothing can be learnt; call the model's initialise(seed) first");
  require(!split.train.empty(), "there are no images to train on");
  const auto outside = [&](int32_t i) { return i < 0 || static_cast<uint32_t>(i) >= data.size(); };
  require(std::none_of(split.train.begin(), split.train.end(), outside) &&
              std::none_of(split.held_out.begin(), split.held_out.end(), outside),
          "the split names images that the data set does not have");
  require(options.batch_size >= 1, "the batch size is at least 1");
  require(static_cast<uint64_t>(options.batch_size) <= split.train.size(),
          "a batch of " + std::to_string(options.batch_size) + " is larger than the training set of " +
              std::to_string(split.train.size()) + " images");
  const Adam& adam = options.adam;
  // As the device sees them: 1e-60 is 0 there.
  const auto positive = [](double v) { return std::isfinite(static_cast<float>(v)) && static_cast<float>(v) > 0; };
  const auto decays = [](double v) { return v >= 0 && static_cast<float>(v) < 1; };
  require(positive(adam.learning_rate), "the learning rate is a number above 0 that f32 can hold");
  require(decays(adam.beta1) && decays(adam.beta2), "Adam's betas are from 0 to below 1 in f32");
  require(positive(adam.epsilon), "Adam's epsilon is a number above 0 that f32 can hold");
}

StepSpec spec_for(const Dataset& data, const TrainOptions& options, int64_t rows) {
  return {options.batch_size, rows, data.size(), options.seed, options.adam, options.preprocessing};
}

/// Runs one pass of a step program over its tables, in chunks.
class Pass {
 public:
  Pass(Device& device, Program& program, EpochTables& tables, std::vector<Binding> bindings)
      : device_(device), program_(program), tables_(tables), bindings_(std::move(bindings)) {}

  /// Submits up to n steps as one chunk and leaves at most one earlier chunk in flight.
  int64_t submit(int64_t n) {
    const int64_t end = std::min(tables_.rows(), submitted_ + n);
    const int64_t count = end - submitted_;
    for (; submitted_ < end; ++submitted_) program_.run(bindings_);
    tables_.fetch_until(device_, end);
    tables_.collect(1);
    return count;
  }

 private:
  Device& device_;
  Program& program_;
  EpochTables& tables_;
  std::vector<Binding> bindings_;
  int64_t submitted_ = 0;
};

}  // namespace

struct Trainer::State {
  State(Device d, const Sequential& m, const Dataset& data, Split s, const TrainOptions& o)
      : device(std::move(d)),
        model(m),
        split(std::move(s)),
        options(o),
        layout(plan_parameters(model, device.info().alignment)),
        train(device, static_cast<int64_t>(split.train.size()), o.batch_size) {
    const std::vector<float> flat = pack_parameters(model, layout, model.weights());
    const std::vector<float> zeros(flat.size(), 0.0F);
    parameters = device.create_buffer(flat.data(), layout.bytes);
    gradients = device.create_buffer(zeros.data(), layout.bytes);
    adam_m = device.create_buffer(zeros.data(), layout.bytes);
    adam_v = device.create_buffer(zeros.data(), layout.bytes);
    images = device.create_buffer(data.images().data(), data.images().size());
    labels = device.create_buffer(data.labels().data(), data.labels().size());
    learning_rates = device.create_buffer(static_cast<uint64_t>(train.rows()) * sizeof(float));

    const uint32_t alignment = device.info().alignment;
    Graph training = emit_training_step(model, layout, spec_for(data, options, train.rows()), alignment);
    train_program = device.compile(training);
    if (!split.held_out.empty()) {
      held_out = std::make_unique<EpochTables>(device, static_cast<int64_t>(split.held_out.size()), o.batch_size);
      Graph evaluation = emit_evaluation_step(model, layout, spec_for(data, options, held_out->rows()), alignment);
      evaluate_program = device.compile(evaluation);
    }
  }

  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    try {
      device.finish();        // nothing may still write into the tables' logs
    } catch (const Error&) {  // the failure was reported to whoever waited, or nobody asks any more
    }
  }

  Pass training_pass() {
    return {device,
            train_program,
            train,
            {parameters, gradients, adam_m, adam_v, images, labels, train.permutation(), train.valid(), learning_rates,
             train.cursor(), train.log()}};
  }

  Pass evaluation_pass() {
    return {
        device,
        evaluate_program,
        *held_out,
        {parameters, images, labels, held_out->permutation(), held_out->valid(), held_out->cursor(), held_out->log()}};
  }

  void check_finite() {
    const int64_t row = train.first_nonfinite();
    if (row < 0) return;
    settle();
    throw Error(ErrorCode::kDiverged, "the loss is not finite at step " + std::to_string(row + 1) + " of epoch " +
                                          std::to_string(epochs_ended + 1) + "; try a lower learning rate");
  }

  Metrics evaluate(const CancelToken& cancel) {
    if (!held_out) return {};
    held_out->begin(split.held_out, 0);
    Pass evaluation = evaluation_pass();
    ChunkSize chunk;
    for (;;) {
      if (cancel.cancelled()) throw_cancelled();
      const Clock::time_point start = Clock::now();
      if (evaluation.submit(chunk.steps()) == 0) break;
      chunk.took(seconds_since(start));
    }
    held_out->collect(0);
    return held_out->metrics();
  }

  /// Ends the steps in flight, and the time that counts as training.
  void settle() {
    device.finish();
    watch.stop();
  }

  [[noreturn]] void throw_cancelled() {
    train.collect(0);
    settle();
    check_finite();  // a training that diverged says so rather than that it was stopped
    throw Error(ErrorCode::kCancelled, "training was stopped");
  }

  Device device;
  Sequential model;
  Split split;
  TrainOptions options;
  ParameterLayout layout;
  EpochTables train;
  std::unique_ptr<EpochTables> held_out;
  Buffer parameters, gradients, adam_m, adam_v, images, labels, learning_rates;
  Program train_program, evaluate_program;
  std::unique_ptr<Pass> pass;  // of the epoch that has begun
  int64_t epochs_ended = 0;
  uint64_t steps_ended = 0;
  Stopwatch watch;  // of training steps
  double best_loss = std::numeric_limits<double>::infinity();
};

Trainer::Trainer(Device device, const Sequential& model, const Dataset& data, Split split, TrainOptions options) {
  check(model, data, split, options);
  state_ = std::make_unique<State>(std::move(device), model, data, std::move(split), options);
}

Trainer::~Trainer() = default;
Trainer::Trainer(Trainer&&) noexcept = default;
Trainer& Trainer::operator=(Trainer&&) noexcept = default;

int64_t Trainer::steps_per_epoch() const {
  return state_->train.rows();
}
int64_t Trainer::epoch() const {
  return state_->epochs_ended;
}

void Trainer::begin_epoch() {
  State& s = *state_;
  s.watch.stop();  // of an epoch that was left
  if (s.steps_ended + static_cast<uint64_t>(s.train.rows()) > std::numeric_limits<int32_t>::max()) {
    throw Error(ErrorCode::kUsage, "a training has at most 2147483647 steps");
  }
  s.watch.start();
  const RandomStream random(s.options.seed, random_stream(RandomPurpose::kPermutation),
                            static_cast<uint32_t>(s.epochs_ended));
  std::vector<int32_t> order = random_permutation(static_cast<uint32_t>(s.split.train.size()), random);
  for (int32_t& i : order) i = s.split.train[static_cast<size_t>(i)];
  std::vector<float> rates(static_cast<size_t>(s.train.rows()));
  for (size_t row = 0; row < rates.size(); ++row) {
    rates[row] = static_cast<float>(s.options.adam.step_size(s.steps_ended + row + 1));
  }
  s.learning_rates.write(rates.data(), rates.size() * sizeof(float));
  s.train.begin(order, static_cast<uint32_t>(s.steps_ended));
  s.pass = std::make_unique<Pass>(s.training_pass());
}

int64_t Trainer::run_steps(int64_t n) {
  State& s = *state_;
  require(s.pass != nullptr, "run_steps comes after begin_epoch");
  require(n >= 1, "run_steps takes at least one step");
  const int64_t count = s.pass->submit(n);
  s.check_finite();
  return count;
}

Metrics Trainer::so_far(int64_t* steps) const {
  if (steps != nullptr) *steps = state_->train.rows_done();
  return state_->train.metrics();
}

Metrics Trainer::end_epoch() {
  State& s = *state_;
  require(s.pass != nullptr, "end_epoch comes after begin_epoch");
  s.train.collect(0);
  s.check_finite();
  require(s.train.rows_done() == s.train.rows(), "end_epoch comes after the last step of the epoch");
  s.watch.stop();
  s.pass.reset();
  s.steps_ended += static_cast<uint64_t>(s.train.rows());
  ++s.epochs_ended;
  return s.train.metrics();
}

Metrics Trainer::evaluate() {
  return state_->evaluate({});
}

Sequential Trainer::model() const {
  State& s = *state_;
  Sequential copy = s.model;
  const std::vector<float> dense = unpack_parameters(copy, s.layout, s.parameters.read_as<float>());
  std::copy(dense.begin(), dense.end(), copy.weights().begin());
  return copy;
}

TrainProfile Trainer::profile() const {
  const State& s = *state_;
  TrainProfile profile;
  profile.operations = s.train_program.profile();
  profile.steps = profile.operations.empty() ? 0 : profile.operations.front().runs;
  profile.seconds = s.watch.seconds();
  return profile;
}

std::vector<EpochRecord> Trainer::fit(int64_t epochs, const FitCallbacks& callbacks, const CancelToken& cancel) {
  require(epochs >= 0, "the number of epochs is not negative");
  State& s = *state_;
  std::vector<EpochRecord> history;
  ChunkSize chunk;
  for (int64_t i = 0; i < epochs; ++i) {
    const Clock::time_point epoch_start = Clock::now();
    begin_epoch();
    for (;;) {
      if (cancel.cancelled()) s.throw_cancelled();
      const Clock::time_point start = Clock::now();
      if (run_steps(chunk.steps()) == 0) break;
      chunk.took(seconds_since(start));
      if (callbacks.on_progress) callbacks.on_progress(so_far(), s.train.rows_done(), s.train.rows());
    }
    EpochRecord record;
    record.train = end_epoch();
    const double training_seconds = seconds_since(epoch_start);
    record.held_out = s.evaluate(cancel);
    record.epoch = s.epochs_ended;
    record.learning_rate = s.options.adam.learning_rate;
    record.seconds = seconds_since(epoch_start);
    record.images_per_second = static_cast<double>(record.train.images) / std::max(training_seconds, 1e-9);
    const double loss = s.held_out ? record.held_out.loss : record.train.loss;
    if (!std::isfinite(loss)) {
      throw Error(ErrorCode::kDiverged, "the held-out loss is not finite after epoch " + std::to_string(record.epoch) +
                                            "; try a lower learning rate");
    }
    record.best = loss < s.best_loss;
    if (record.best) s.best_loss = loss;
    history.push_back(record);
    if (callbacks.on_epoch) callbacks.on_epoch(record);
  }
  return history;
}

}  // namespace sateen
