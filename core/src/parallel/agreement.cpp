// What ranks tell each other outside of steps: that they train the same, and what came of it.
#include "parallel/agreement.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <sstream>
#include <string_view>
#include <variant>

#include "io/xxh3.hpp"
#include "parallel/gather.hpp"
#include "sateen/layers.hpp"

namespace sateen {

namespace {

constexpr size_t kMostWords = 400;
constexpr const char* kFaulty = "; its device or its memory may be faulty";

struct Words {
  std::ostringstream& to;
  void operator()(int64_t value) const { to << value; }
  void operator()(double value) const { to << value; }
  void operator()(const std::string& value) const { to << value; }
  void operator()(const std::vector<int64_t>& values) const {
    for (const int64_t value : values) to << value << 'x';
  }
};

std::ostringstream words() {
  std::ostringstream to;
  to.imbue(std::locale::classic());
  to.precision(17);
  return to;
}

std::string network_of(const Sequential& model) {
  std::ostringstream to = words();
  to << model.input_shape().to_string();
  for (size_t i = 0; i < model.layer_count(); ++i) {
    to << '\n' << model.layer(i).type();
    for (const auto& [name, value] : model.layer(i).attributes()) {
      to << ' ' << name << '=';
      std::visit(Words{to}, value);
    }
  }
  return to.str();
}

std::string text_of(std::string_view text) {
  return std::string(text);
}
std::string text_of(int64_t number) {
  return std::to_string(number);
}
/// As few digits as tell it from all others.
std::string text_of(double number) {
  std::array<char, 32> digits{};
  return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr};
}

template <typename... Values>
std::string listed(const Values&... values) {
  std::string all;
  ((all += (all.empty() ? "" : ", ") + text_of(values)), ...);
  return all;
}

Facts plan_of(const TrainOptions& options) {
  const TrainingPlan& plan = options.plan;
  const Adam& adam = options.adam;
  const LearningRateSchedule& schedule = plan.schedule;
  return {{"learning rate", listed(adam.learning_rate)},
          {"beta1, beta2, epsilon", listed(adam.beta1, adam.beta2, adam.epsilon)},
          {"monitor", text_of(name_of(plan.monitor))},
          {"schedule", listed(name_of(schedule.kind), schedule.epochs, schedule.step_epochs, schedule.factor)},
          {"reducing", listed(plan.reduce.patience, plan.reduce.factor, plan.reduce.min_delta)},
          {"least learning rate", listed(plan.minimum_rate)},
          {"early stop", listed(plan.early_stop.patience, plan.early_stop.min_delta)},
          {"preprocessing", listed(options.preprocessing.scale, options.preprocessing.shift)}};
}

std::span<const unsigned char> bytes_of(const std::string& text) {
  return {reinterpret_cast<const unsigned char*>(text.data()), text.size()};
}
template <typename T>
std::span<const unsigned char> values_of(std::span<const T> values) {
  return {reinterpret_cast<const unsigned char*>(values.data()), values.size_bytes()};
}

std::string lines_of(const Facts& facts) {
  std::string text;
  for (const auto& [name, value] : facts) {
    text += name;
    text += '\t' + value + '\n';
  }
  return text;
}

Facts facts_in(const std::string& text) {
  Facts facts;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const size_t tab = line.find('\t');
    facts.emplace_back(line.substr(0, tab), tab == std::string::npos ? "" : line.substr(tab + 1));
  }
  return facts;
}

/// What differs, in words; empty where nothing does.
std::string difference(const Facts& own, const Facts& first) {
  for (size_t i = 0; i < std::max(own.size(), first.size()); ++i) {
    if (i >= own.size() || i >= first.size() || own[i].first != first[i].first) {
      return "it is another version of the program than rank 0";
    }
    if (own[i] != first[i]) {
      return "its " + own[i].first + " is " + own[i].second + ", rank 0's is " + first[i].second +
             "; all ranks need the same";
    }
  }
  return {};
}

/// Each rank has some words or none; all throw the first.
void throw_first(Communicator& group, std::string own, ErrorCode code, const ParallelOptions& options) {
  int rank = 0;
  for (const std::string& said : gather_texts(group, std::move(own), kMostWords, options)) {
    if (!said.empty()) throw GroupError(code, group.name(rank) + ": " + said);
    ++rank;
  }
}

}  // namespace

std::string hex_checksum(std::span<const unsigned char> bytes) {
  std::ostringstream to = words();
  to.width(16);
  to.fill('0');
  to << std::hex << xxh3(bytes);
  return to.str();
}

std::string hex_checksum(std::span<const float> values) {
  return hex_checksum(values_of(values));
}

Facts facts_of(const Sequential& model, const Dataset& data, const Split& split, const TrainOptions& options,
               const ParallelOptions& parallel) {
  std::ostringstream hash = words();
  hash << std::hex << data.hash();
  const Augmentation& changes = options.augmentation;
  const bool sums = parallel.reduction == Reduction::kSum;
  const auto part = [](const std::vector<int32_t>& images) {
    return std::to_string(images.size()) + " images (" + hex_checksum(values_of(std::span(images))) + ")";
  };
  Facts facts = parallel.alike;
  Facts own = {
      {"data set", hash.str()},
      {"network",
       std::to_string(model.parameter_count()) + " parameters (" + hex_checksum(bytes_of(network_of(model))) + ")"},
      {"batch size", std::to_string(options.batch_size)},
      {"seed", std::to_string(options.seed)},
      {"training part", part(split.train)},
      {"held-out part", part(split.held_out)},
      {"augmentation", std::string(changes.mirror ? "mirror, " : "") + "shift " + std::to_string(changes.shift_pixels)},
      {"sum of gradients", sums ? "allreduce" : "ordered"},
      {"gradients on the wire", parallel.half ? "half" : "float"},
      {"bucket size", std::to_string(parallel.bucket_bytes) + " bytes"}};
  const Facts plan = plan_of(options);
  own.insert(own.begin() + 4, plan.begin(), plan.end());
  facts.insert(facts.end(), own.begin(), own.end());
  return facts;
}

void agree(Communicator& group, const Facts& facts, const ParallelOptions& options) {
  const std::string own = lines_of(facts);
  std::vector<unsigned char> first(own.begin(), own.end());
  broadcast(group, first, options);
  throw_first(group, difference(facts, facts_in({first.begin(), first.end()})), ErrorCode::kUsage, options);
}

uint32_t widest_alignment(Communicator& group, uint32_t own, const ParallelOptions& options) {
  const std::vector<unsigned char> all = gather(group, values_of(std::span<const uint32_t>(&own, 1)), options);
  uint32_t widest = own;
  for (size_t at = 0; at < all.size(); at += sizeof widest) {
    uint32_t one = 0;
    std::memcpy(&one, all.data() + at, sizeof one);
    widest = std::max(widest, one);
  }
  return widest;
}

void check_alike(Communicator& group, std::span<const float> weights, const std::string& when,
                 const ParallelOptions& options) {
  const std::string own = hex_checksum(weights);
  std::vector<unsigned char> first(own.begin(), own.end());
  broadcast(group, first, options);
  const bool same = std::equal(first.begin(), first.end(), own.begin(), own.end());
  throw_first(group, same ? "" : "its weights are not rank 0's " + when + kFaulty, ErrorCode::kRuntime, options);
}

bool all_equal(Communicator& group, const std::string& text, const ParallelOptions& options) {
  const std::vector<unsigned char> all = gather(group, bytes_of(hex_checksum(bytes_of(text))), options);
  const auto step = static_cast<std::ptrdiff_t>(all.size() / static_cast<size_t>(group.size()));
  for (auto at = all.begin(); at != all.end(); at += step) {
    if (!std::equal(all.begin(), all.begin() + step, at)) return false;
  }
  return true;
}

void check_close(Communicator& group, std::span<const float> own, std::span<const float> first, const std::string& when,
                 const ParallelOptions& options) {
  constexpr double kShare = 1e-3;
  double largest = 0, off = 0;
  for (size_t i = 0; i < first.size(); ++i) {
    largest = std::max(largest, std::abs(double{first[i]}));
    const double apart = std::abs(double{own[i]} - double{first[i]});
    if (!std::isnan(off) && !(apart <= off)) off = apart;
  }
  throw_first(group, off <= kShare * largest ? "" : "its weights are far from rank 0's " + when + kFaulty,
              ErrorCode::kRuntime, options);
}

EvaluationRecord add_up(Communicator& group, const EvaluationRecord& own, const ParallelOptions& options,
                        double seconds) {
  std::vector<unsigned char> bytes(sizeof own);
  std::memcpy(bytes.data(), &own, sizeof own);
  const std::vector<unsigned char> all = gather(group, bytes, options, seconds);
  EvaluationRecord sum;
  for (size_t at = 0; at < all.size(); at += sizeof own) {
    EvaluationRecord record;
    std::memcpy(&record, all.data() + at, sizeof record);
    sum.loss += record.loss;
    sum.correct += record.correct;
    sum.images += record.images;
    sum.stop |= record.stop;
  }
  return sum;
}

}  // namespace sateen
