// Trainer: owns what training needs on a device and drives its steps.
#include <algorithm>
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
#include "train/pace.hpp"
#include "train/requirements.hpp"

namespace sateen {

namespace {

constexpr const char* kTryLower = "; try a lower learning rate";

StepSpec spec_for(const Dataset& data, const TrainOptions& options, int64_t rows) {
  return {options.batch_size,  rows, data.size(), options.seed, options.adam, options.preprocessing,
          options.augmentation};
}

/// Runs one pass of a step program over its tables, in chunks, from where they begin.
class Pass {
 public:
  Pass(Device& device, Program& program, EpochTables& tables, std::vector<Binding> bindings)
      : device_(device),
        program_(program),
        tables_(tables),
        bindings_(std::move(bindings)),
        submitted_(tables.rows_done()) {}

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
  int64_t submitted_;
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

  std::vector<float> read(const Buffer& buffer) const {
    return unpack_parameters(model, layout, buffer.read_as<float>());
  }

  void write(Buffer& buffer, std::span<const float> dense) const {
    const std::vector<float> flat = pack_parameters(model, layout, dense);
    buffer.write(flat.data(), layout.bytes);
  }

  void check_finite() {
    const int64_t row = train.first_nonfinite();
    if (row < 0) return;
    settle();
    throw Error(ErrorCode::kDiverged, "the loss is not finite at step " + std::to_string(row + 1) + " of epoch " +
                                          std::to_string(epochs_ended + 1) + kTryLower);
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
    // The next epoch goes on where this one was left.
    first_row = train.rows_done();
    first_sums = train.sums();
    pass.reset();
    if (unrecorded) {
      --epochs_ended;
      steps_ended -= static_cast<uint64_t>(train.rows());
      unrecorded = false;
    }
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
  int64_t first_row = 0;  // of the next epoch, which was restored or left half done
  MetricSums first_sums;
  bool unrecorded = false;   // the last epoch ended, fit has not evaluated it yet
  Stopwatch watch;           // of training steps
  double learning_rate = 0;  // of the epoch that has begun
  // Of the epochs ended, as far as fit measured them, and the best of them.
  std::vector<EpochRecord> history;
  std::optional<EpochRecord> best;
};

Trainer::Trainer(Device device, const Sequential& model, const Dataset& data, Split split, TrainOptions options) {
  check_training(model, data, split, options);
  state_ = std::make_unique<State>(std::move(device), model, data, std::move(split), options);
}

Trainer::~Trainer() = default;
Trainer::Trainer(Trainer&&) noexcept = default;
Trainer& Trainer::operator=(Trainer&&) noexcept = default;

int64_t Trainer::steps_per_epoch() const {
  return state_->train.rows();
}
void Trainer::set_learning_rate(double rate) {
  check_rate(rate, state_->options.plan);
  state_->options.adam.learning_rate = rate;
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
  Adam adam = s.options.adam;
  adam.learning_rate = s.learning_rate =
      learning_rate(s.options.plan, s.options.adam.learning_rate, s.epochs_ended, s.history);
  std::vector<float> rates(static_cast<size_t>(s.train.rows()));
  for (size_t row = 0; row < rates.size(); ++row) {
    rates[row] = static_cast<float>(adam.step_size(s.steps_ended + row + 1));
  }
  s.learning_rates.write(rates.data(), rates.size() * sizeof(float));
  s.train.begin(order, static_cast<uint32_t>(s.steps_ended) + static_cast<uint32_t>(s.first_row), s.first_row,
                s.first_sums);
  s.first_row = 0;
  s.first_sums = {};
  s.unrecorded = false;
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
  const std::vector<float> dense = s.read(s.parameters);
  std::copy(dense.begin(), dense.end(), copy.weights().begin());
  return copy;
}

TrainState Trainer::state() const {
  State& s = *state_;
  s.train.collect(0);
  s.check_finite();
  TrainState state;
  state.adam_m = s.read(s.adam_m);
  state.adam_v = s.read(s.adam_v);
  state.epoch = s.epochs_ended;
  state.step = s.pass ? s.train.rows_done() : s.first_row;
  const MetricSums& sums = s.pass ? s.train.sums() : s.first_sums;
  state.loss_sum = sums.loss;
  state.correct = sums.correct;
  state.images = sums.images;
  const auto finite = [](const std::vector<float>& values) {
    return std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); });
  };
  if (!finite(state.adam_m) || !finite(state.adam_v) || !finite(s.read(s.parameters))) {
    throw Error(ErrorCode::kDiverged, "weights or gradients are not finite " +
                                          (state.step == 0 ? "at the end of epoch " + std::to_string(state.epoch)
                                                           : "at step " + std::to_string(state.step) + " of epoch " +
                                                                 std::to_string(state.epoch + 1)) +
                                          kTryLower);
  }
  return state;
}

void Trainer::restore(const TrainState& state, std::vector<EpochRecord> history) {
  State& s = *state_;
  require(s.epochs_ended == 0 && s.pass == nullptr, "a state is restored before the first epoch");
  check_state(state, s.model, s.train.rows(), s.train.images_in(state.step));
  require(history.size() <= static_cast<uint64_t>(state.epoch), "the history has more epochs than have ended");
  s.write(s.adam_m, state.adam_m);
  s.write(s.adam_v, state.adam_v);
  s.epochs_ended = state.epoch;
  s.steps_ended = static_cast<uint64_t>(state.epoch * s.train.rows());
  s.first_row = state.step;
  s.first_sums = {state.loss_sum, state.correct, state.images};
  s.history = std::move(history);
  s.best = best_epoch(s.options.plan.monitor, s.history);
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
  const size_t before = s.history.size();
  ChunkSize chunk;
  for (int64_t i = 0; i < epochs && !stops_early(s.options.plan, s.history); ++i) {
    const Clock::time_point epoch_start = Clock::now();
    begin_epoch();
    const uint64_t images_before = s.train.sums().images;
    for (;;) {
      if (cancel.cancelled()) s.throw_cancelled();
      const Clock::time_point start = Clock::now();
      if (run_steps(chunk.steps()) == 0) {
        s.train.collect(0);
        s.check_finite();
        if (callbacks.on_progress) callbacks.on_progress(so_far(), s.train.rows_done(), s.train.rows());
        break;
      }
      chunk.took(seconds_since(start));
      if (callbacks.on_progress) callbacks.on_progress(so_far(), s.train.rows_done(), s.train.rows());
    }
    EpochRecord record;
    record.train = end_epoch();
    s.unrecorded = true;
    const double training_seconds = seconds_since(epoch_start);
    record.held_out = s.evaluate(cancel);
    record.epoch = s.epochs_ended;
    record.learning_rate = s.learning_rate;
    record.seconds = seconds_since(epoch_start);
    record.images_per_second =
        static_cast<double>(record.train.images - images_before) / std::max(training_seconds, 1e-9);
    const double loss = s.held_out ? record.held_out.loss : record.train.loss;
    if (!std::isfinite(loss)) {
      throw Error(ErrorCode::kDiverged,
                  "the held-out loss is not finite after epoch " + std::to_string(record.epoch) + kTryLower);
    }
    record.best = is_best(s.options.plan.monitor, record, s.best);
    if (record.best) s.best = record;
    s.unrecorded = false;
    s.history.push_back(record);
    if (callbacks.on_epoch) callbacks.on_epoch(record);
  }
  return {s.history.begin() + static_cast<std::ptrdiff_t>(before), s.history.end()};
}

}  // namespace sateen
