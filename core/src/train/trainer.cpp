// Trainer: drives the steps of a training.
#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "parallel/agreement.hpp"
#include "sateen/error.hpp"
#include "sateen/random.hpp"
#include "sateen/train.hpp"
#include "train/requirements.hpp"
#include "train/trainer_state.hpp"

namespace sateen {

Trainer::Trainer(Device device, const Sequential& model, const Dataset& data, Split split, TrainOptions options)
    : Trainer(std::move(device), model, data, std::move(split), options, nullptr) {}

Trainer::Trainer(Device device, const Sequential& model, const Dataset& data, Split split, TrainOptions options,
                 std::shared_ptr<Communicator> group, ParallelOptions parallel) {
  check_training(model, data, split, options);
  if (group) {
    check_parallel(parallel);
    Facts facts = facts_of(model, data, split, options, parallel);
    agree(*group, facts, parallel);
  }
  state_ = std::make_unique<State>(std::move(device), model, data, std::move(split), options, std::move(group),
                                   std::move(parallel));
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
  if (s.group && !s.joined) s.join();
  if (s.parallel) s.parallel->begin_epoch();
  if (s.steps_ended + static_cast<uint64_t>(s.train.rows()) > std::numeric_limits<int32_t>::max()) {
    s.fail(ErrorCode::kUsage, "a training has at most 2147483647 steps");
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
  s.pass = s.training_pass();
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
  const std::string words = s.words_of_divergence({state.adam_m, state.adam_v, s.read(s.parameters)}, state.step);
  if (!words.empty()) throw Error(ErrorCode::kDiverged, words);
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
  profile.operations = s.parallel ? s.parallel->profile() : s.train_program.profile();
  profile.steps = profile.operations.empty() ? 0 : profile.operations.front().runs;
  profile.seconds = s.watch.seconds();
  return profile;
}

std::vector<EpochRecord> Trainer::fit(int64_t epochs, const FitCallbacks& callbacks, const CancelToken& cancel) {
  require(epochs >= 0, "the number of epochs is not negative");
  State& s = *state_;
  const auto before = static_cast<std::ptrdiff_t>(s.history.size());
  if (s.parallel) s.parallel->watch(cancel);
  try {
    fit_epochs(epochs, callbacks, cancel);
  } catch (const RankError&) {
    s.leave();
    throw;
  }
  return {s.history.begin() + before, s.history.end()};
}

void Trainer::fit_epochs(int64_t epochs, const FitCallbacks& callbacks, const CancelToken& cancel) {
  State& s = *state_;
  ChunkSize chunk;
  for (int64_t i = 0; i < epochs && !stops_early(s.options.plan, s.history); ++i) {
    const Clock::time_point epoch_start = Clock::now();
    begin_epoch();
    const uint64_t images_before = s.train.sums().images;
    for (;;) {
      if (s.stops(cancel)) s.throw_cancelled();
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
    if (s.group) {
      s.compare();
      const std::optional<std::string> slow = s.parallel->slow_rank();
      if (slow && callbacks.on_remark) callbacks.on_remark(*slow);
    }
    record.epoch = s.epochs_ended;
    record.learning_rate = s.learning_rate;
    record.seconds = seconds_since(epoch_start);
    record.images_per_second =
        static_cast<double>(record.train.images - images_before) / std::max(training_seconds, 1e-9);
    const double loss = s.held_out ? record.held_out.loss : record.train.loss;
    if (!std::isfinite(loss)) {
      s.fail(ErrorCode::kDiverged,
             "the held-out loss is not finite after epoch " + std::to_string(record.epoch) + kTryLower);
    }
    record.best = is_best(s.options.plan.monitor, record, s.best);
    if (record.best) s.best = record;
    s.unrecorded = false;
    s.history.push_back(record);
    if (callbacks.on_epoch) callbacks.on_epoch(record);
  }
}

}  // namespace sateen
