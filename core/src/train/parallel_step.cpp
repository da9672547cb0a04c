// A training step of one rank among several: its share's gradients, their exchange while the rest is computed, the update.
#include "train/parallel_step.hpp"

#include "sateen/error.hpp"

namespace sateen {

class ParallelStep::StepPass final : public Pass {
 public:
  StepPass(ParallelStep& step, EpochTables& tables, std::vector<Binding> bindings)
      : step_(step), tables_(tables), bindings_(std::move(bindings)) {}

  int64_t submit(int64_t n) override {
    const int64_t begin = tables_.rows_done();
    const int64_t end = std::min(tables_.rows(), begin + n);
    while (tables_.rows_done() < end && !step_.stops() && tables_.first_nonfinite() < 0) step_.run(tables_, bindings_);
    return tables_.rows_done() - begin;
  }

 private:
  ParallelStep& step_;
  EpochTables& tables_;
  std::vector<Binding> bindings_;
};

ParallelStep::ParallelStep(Device& device, const Sequential& model, const ParameterLayout& layout, const StepSpec& spec,
                           int64_t batch, std::shared_ptr<Communicator> group, const ParallelOptions& options)
    : device_(device), group_(std::move(group)), options_(options), slow_(group_->size(), options.slow_factor) {
  for (int rank = 0; rank < group_->size(); ++rank) shares_.push_back(share_of(batch, model, rank, group_->size()));
  const uint32_t alignment = device.info().alignment;
  GradientStep step = emit_gradient_step(model, layout, spec, alignment);
  buckets_ = plan_buckets(model, layout, step, options.bucket_bytes);
  gradient_program_ = device.compile(step.graph);
  Graph update = emit_update_step(layout, spec, alignment);
  update_program_ = device.compile(update);
  std::vector<Bucket::Way> ways;
  const bool sums = options_.reduction == Reduction::kSum && group_->sums();
  for (const BucketPlan& bucket : buckets_) ways.push_back({bucket.values(), options_.half && !bucket.exact, sums});
  exchange_ = Exchange::start(group_, options_, ways);
}

std::unique_ptr<Pass> ParallelStep::pass(EpochTables& tables, std::vector<Binding> bindings) {
  return std::make_unique<StepPass>(*this, tables, std::move(bindings));
}

void ParallelStep::begin_epoch() {
  stops_ = false;
  statistics_.clear();
  slow_.begin_epoch();
}

void ParallelStep::submit(size_t bucket, const std::vector<BucketRange>& ranges, std::span<const Binding> bindings) {
  std::vector<Event> ready;
  float* to = exchange_->own(bucket).data();
  for (const BucketRange& range : ranges) {
    const Binding& from = bindings[range.of_parameters ? TrainingStep::kParameters : TrainingStep::kGradients];
    ready.push_back(device_.read_async(to, *from.buffer, range.bytes, from.offset + range.offset));
    to += range.bytes / sizeof(float);
  }
  exchange_->submit(bucket, std::move(ready));
}

void ParallelStep::run(EpochTables& tables, std::span<const Binding> bindings) {
  const Binding& parameters = bindings[TrainingStep::kParameters];
  if (statistics_.empty()) {
    for (const BucketRange& range : buckets_.front().ranges) {
      if (!range.of_parameters) continue;
      std::vector<float> values(range.bytes / sizeof(float));
      parameters.buffer->read(values.data(), range.bytes, parameters.offset + range.offset);
      statistics_.insert(statistics_.end(), values.begin(), values.end());
    }
  }
  try {
    exchange(tables, bindings);
  } catch (const RankError&) {
    put_back_statistics(parameters);
    throw;
  }
}

void ParallelStep::put_back_statistics(const Binding& parameters) {
  device_.finish();  // of the forward pass that changes them
  const float* from = statistics_.data();
  Buffer buffer = *parameters.buffer;
  for (const BucketRange& range : buckets_.front().ranges) {
    if (!range.of_parameters) continue;
    buffer.write(from, range.bytes, parameters.offset + range.offset);
    from += range.bytes / sizeof(float);
  }
}

void ParallelStep::exchange(EpochTables& tables, std::span<const Binding> bindings) {
  const std::vector<Binding> gradient = {bindings[TrainingStep::kParameters],  bindings[TrainingStep::kGradients],
                                         bindings[TrainingStep::kImages],      bindings[TrainingStep::kLabels],
                                         bindings[TrainingStep::kPermutation], bindings[TrainingStep::kValid],
                                         bindings[TrainingStep::kCursor],      bindings[TrainingStep::kLog]};
  const std::vector<Binding> update = {bindings[TrainingStep::kParameters],   bindings[TrainingStep::kGradients],
                                       bindings[TrainingStep::kAdamM],        bindings[TrainingStep::kAdamV],
                                       bindings[TrainingStep::kLearningRate], bindings[TrainingStep::kCursor]};
  const int64_t row = tables.rows_done();
  const int64_t valid = tables.valid_in(row);
  std::vector<double> weights;
  for (const Share& share : shares_) {
    weights.push_back(static_cast<double>(share.valid_of(valid)) / static_cast<double>(valid));
  }
  exchange_->begin_step(std::move(weights), cancel_.cancelled());
  const bool stages = gradient_program_.has_stages();
  if (!stages) gradient_program_.run(gradient);
  for (size_t i = 0, submitted = 0; i < buckets_.size(); ++i) {
    if (stages && buckets_[i].ops != submitted) gradient_program_.run_until(gradient, buckets_[i].ops);
    submitted = buckets_[i].ops;
    submit(i, buckets_[i].ranges, bindings);
  }
  const uint64_t log_row = 2 * sizeof(float) * static_cast<uint64_t>(row);
  exchange_->submit_log(device_.read_async(exchange_->log().data(), tables.log(), 2 * sizeof(float), log_row));
  std::vector<float> statistics;
  for (size_t i = 0; i < buckets_.size(); ++i) {
    const float* from = exchange_->wait(i).data();
    for (const BucketRange& range : buckets_[i].ranges) {
      const Binding& to = bindings[range.of_parameters ? TrainingStep::kParameters : TrainingStep::kGradients];
      Buffer buffer = *to.buffer;
      if (range.of_parameters) statistics.insert(statistics.end(), from, from + range.bytes / sizeof(float));
      buffer.write(from, range.bytes, to.offset + range.offset);
      from += range.bytes / sizeof(float);
    }
  }
  // Before the update, so that a step which a rank doesn't end changes nothing.
  const std::vector<StepRecord>& records = exchange_->wait_records();
  statistics_ = std::move(statistics);
  update_program_.run(update);
  add_records(tables, records);
}

void ParallelStep::add_records(EpochTables& tables, const std::vector<StepRecord>& records) {
  double loss = 0, correct = 0;
  std::vector<double> seconds;
  for (const StepRecord& record : records) {
    loss += double{record.loss};
    correct += double{record.correct};
    seconds.push_back(double{record.seconds});
    stops_ = stops_ || record.stop != 0;
  }
  slow_.add(seconds);
  tables.add(loss, correct);
}

std::vector<OpProfile> ParallelStep::profile() const {
  std::vector<OpProfile> all = gradient_program_.profile();
  for (OpProfile& entry : update_program_.profile()) all.push_back(std::move(entry));
  return all;
}

}  // namespace sateen
