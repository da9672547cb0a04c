// What a Trainer holds, and how its passes go.
#include "train/trainer_state.hpp"

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
  return group ? share_of(batch, model, group->rank(), group->size()) : Share::whole(batch);
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

void Trainer::State::check_finite() {
  const int64_t row = train.first_nonfinite();
  if (row < 0) return;
  settle();
  throw Error(ErrorCode::kDiverged, "the loss is not finite at step " + std::to_string(row + 1) + " of epoch " +
                                        std::to_string(epochs_ended + 1) + kTryLower);
}

Metrics Trainer::State::evaluate(const CancelToken& cancel) {
  MetricSums sums = held_out ? evaluate_share(cancel) : MetricSums();
  if (group) {
    const EvaluationRecord all =
        add_up(*group, {sums.loss, sums.correct, sums.images, cancel.cancelled() ? 1U : 0U}, parallel_options);
    if (all.stop != 0) throw_cancelled();
    sums = {all.loss, all.correct, all.images};
  }
  return sums.metrics();
}

MetricSums Trainer::State::evaluate_share(const CancelToken& cancel) {
  held_out->begin(split.held_out, 0);
  DevicePass evaluation = evaluation_pass();
  ChunkSize chunk;
  for (;;) {
    if (!group && cancel.cancelled()) throw_cancelled();
    const Clock::time_point start = Clock::now();
    if (evaluation.submit(chunk.steps()) == 0) break;
    chunk.took(seconds_since(start));
  }
  held_out->collect(0);
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
  const std::vector<float> own = read(parameters);
  if (alike) return check_alike(*group, own, when, parallel_options);
  for (Buffer* buffer : {&parameters, &adam_m, &adam_v}) take_first(*group, *buffer, parallel_options);
  check_close(*group, own, read(parameters), when, parallel_options);
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
  throw Error(ErrorCode::kCancelled, "training was stopped");
}

}  // namespace sateen
