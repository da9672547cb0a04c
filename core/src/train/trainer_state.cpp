// What a Trainer holds, and how its passes go.
#include "train/trainer_state.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "parallel/agreement.hpp"
#include "parallel/choices.hpp"
#include "sateen/error.hpp"
#include "train/requirements.hpp"

namespace sateen {

namespace {

StepSpec spec_for(const Dataset& data, const TrainOptions& options, const Share& share, int64_t rows) {
  return {share.rows,           rows,
          data.size(),          options.seed,
          options.adam,         options.preprocessing,
          options.augmentation, static_cast<uint64_t>(share.first)};
}

Share share_in(const std::shared_ptr<Communicator>& group, int64_t batch, const Sequential& model) {
  if (!group) return Share::whole(batch);
  try {
    return share_of(batch, model, group->rank(), group->size());
  } catch (const Error& error) {  // of all ranks: they have agreed on batch and network
    throw GroupError(error.code(), error.what());
  }
}

/// Of parameters: one layout for all ranks.
uint32_t alignment_in(const std::shared_ptr<Communicator>& group, const Device& device,
                      const ParallelOptions& options) {
  const uint32_t own = device.info().alignment;
  return group ? widest_alignment(*group, own, options) : own;
}

/// Rank 0's bytes in all ranks' buffers.
void take_first(Communicator& group, Buffer& buffer, const ParallelOptions& options) {
  std::vector<unsigned char> bytes = buffer.read_as<unsigned char>();
  broadcast(group, bytes, options);
  if (group.rank() != 0) buffer.write(bytes);
}

}  // namespace

Trainer::State::State(Device d, const Sequential& m, const Dataset& data, Split s, const TrainOptions& o,
                      std::shared_ptr<Communicator> g, ParallelOptions p)
    : device(std::move(d)),
      model(m),
      split(std::move(s)),
      options(o),
      group(std::move(g)),
      parallel_options(std::move(p)),
      share(share_in(group, o.batch_size, model)),
      layout(plan_parameters(model, alignment_in(group, device, parallel_options))),
      train(device, static_cast<int64_t>(split.train.size()), share) {
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
  const StepSpec spec = spec_for(data, options, share, train.rows());
  if (group && group->rank() != 0) take_choices(*group, device, parallel_options);
  if (group) {
    parallel = std::make_unique<ParallelStep>(device, model, layout, spec, o.batch_size, group, parallel_options);
  } else {
    Graph training = emit_training_step(model, layout, spec, alignment);
    train_program = device.compile(training);
  }
  if (!split.held_out.empty()) {
    held_out = std::make_unique<EpochTables>(device, static_cast<int64_t>(split.held_out.size()), share);
    Graph evaluation = emit_evaluation_step(model, layout, spec_for(data, options, share, held_out->rows()), alignment);
    evaluate_program = device.compile(evaluation);
  }
  if (group && group->rank() == 0) tell_choices(*group, device, parallel_options);
}

Trainer::State::~State() {
  try {
    device.finish();        // nothing may still write into the tables' logs
  } catch (const Error&) {  // the failure was reported to whoever waited, or nobody asks any more
  }
}

std::unique_ptr<Pass> Trainer::State::training_pass() {
  std::vector<Binding> bindings = {parameters, gradients,           adam_m,        adam_v,         images,
                                   labels,     train.permutation(), train.valid(), learning_rates, train.cursor(),
                                   train.log()};
  if (parallel) return parallel->pass(train, std::move(bindings));
  return std::make_unique<DevicePass>(device, train_program, train, std::move(bindings));
}

DevicePass Trainer::State::evaluation_pass() {
  return {
      device,
      evaluate_program,
      *held_out,
      {parameters, images, labels, held_out->permutation(), held_out->valid(), held_out->cursor(), held_out->log()}};
}

void Trainer::State::fail(ErrorCode code, const std::string& what) const {
  if (group) throw GroupError(code, what);
  throw Error(code, what);
}

std::string Trainer::State::words_of_divergence(std::initializer_list<std::span<const float>> all, int64_t step) const {
  const bool finite = std::ranges::all_of(all, [](std::span<const float> values) {
    return std::ranges::all_of(values, [](float value) { return std::isfinite(value); });
  });
  if (finite) return {};
  return "weights or gradients are not finite " +
         (step == 0 ? "at the end of epoch " + std::to_string(epochs_ended)
                    : "at step " + std::to_string(step) + " of epoch " + std::to_string(epochs_ended + 1)) +
         kTryLower;
}

void Trainer::State::check_finite() {
  const int64_t row = train.first_nonfinite();
  if (row < 0) return;
  settle();
  fail(ErrorCode::kDiverged, "the loss is not finite at step " + std::to_string(row + 1) + " of epoch " +
                                 std::to_string(epochs_ended + 1) + kTryLower);
}

Metrics Trainer::State::evaluate(const CancelToken& cancel) {
  MetricSums sums = held_out ? evaluate_share(cancel) : MetricSums();
  if (group) {
    const EvaluationRecord own{sums.loss, sums.correct, sums.images, cancel.cancelled() ? 1U : 0U};
    const EvaluationRecord all = add_up(*group, own, parallel_options, evaluation_seconds);
    if (all.stop != 0) throw_cancelled();
    sums = {all.loss, all.correct, all.images};
  }
  return sums.metrics();
}

MetricSums Trainer::State::evaluate_share(const CancelToken& cancel) {
  // By training, as long as none has been measured.
  if (evaluation_seconds == 0) {
    evaluation_seconds = watch.seconds() / static_cast<double>(train.rows()) * static_cast<double>(held_out->rows());
  }
  held_out->begin(split.held_out, 0);
  DevicePass evaluation = evaluation_pass();
  ChunkSize chunk;
  const Clock::time_point begin = Clock::now();
  for (;;) {
    if (cancel.cancelled()) {
      if (!group) throw_cancelled();
      break;  // all ranks leave once they have told each other
    }
    const Clock::time_point start = Clock::now();
    if (evaluation.submit(chunk.steps()) == 0) break;
    chunk.took(seconds_since(start));
  }
  held_out->collect(0);
  if (held_out->rows_done() == held_out->rows()) evaluation_seconds = seconds_since(begin);
  return held_out->sums();
}

void Trainer::State::join() {
  joined = true;
  Facts facts = {{"epoch", std::to_string(epochs_ended)}, {"step", std::to_string(first_row)}};
  agree(*group, facts, parallel_options);
  alike = all_equal(*group, kind_of(device), parallel_options);
  for (Buffer* buffer : {&parameters, &adam_m, &adam_v}) take_first(*group, *buffer, parallel_options);
  check_alike(*group, read(parameters), "at the start", parallel_options);
}

void Trainer::State::compare() {
  const std::string when = "after epoch " + std::to_string(epochs_ended);
  const auto read_all = [&] {
    std::vector<float> all = read(parameters);
    for (const Buffer* buffer : {&adam_m, &adam_v}) {
      const std::vector<float> values = read(*buffer);
      all.insert(all.end(), values.begin(), values.end());
    }
    return all;
  };
  const std::vector<float> own = read_all();
  std::vector<float> first;
  if (alike) {
    check_alike(*group, own, when, parallel_options);
  } else {
    for (Buffer* buffer : {&parameters, &adam_m, &adam_v}) take_first(*group, *buffer, parallel_options);
    first = read_all();
  }
  // The same on all ranks by now, and rank 0 finds it too when it saves.
  const std::string words = words_of_divergence({alike ? own : first}, 0);
  if (!words.empty()) fail(ErrorCode::kDiverged, words);
  if (alike) return;
  const size_t weights = own.size() / 3;
  check_close(*group, std::span(own).first(weights), std::span(first).first(weights), when, parallel_options);
}

void Trainer::State::leave() {
  train.collect(0);
  settle();
  check_finite();  // a training that diverged says so rather than that it was stopped
  if (!pass && !unrecorded) return;
  first_row = train.rows_done();
  first_sums = train.sums();
  pass.reset();
  if (unrecorded) {
    --epochs_ended;
    steps_ended -= static_cast<uint64_t>(train.rows());
    unrecorded = false;
  }
}

void Trainer::State::throw_cancelled() {
  leave();
  fail(ErrorCode::kCancelled, "training was stopped");
}

}  // namespace sateen
