// Deciding among variants.
#include "tuner.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "op_key.hpp"
#include "variant.hpp"

namespace sateen::opencl {

namespace {

using Seconds = std::chrono::duration<double>;

// The variants take part in rounds, one after the other, so that other load hits all alike; of each the best round counts,
// since other load can only make it slower.
constexpr int kRounds = 5;  // at least
constexpr int kMostRounds = 40;
constexpr double kEnough = 0.2;        // seconds, after which there are no more than kRounds
constexpr int kHopeless = 3;           // rounds, after which one takes no more part that needs twice the time
constexpr int kFewestRounds = 2;       // for a decision where time runs out
constexpr uint64_t kTurn = 1'000'000;  // nanoseconds that a variant runs in a round, where one run is shorter
constexpr uint64_t kMostRuns = 64;
constexpr double kClearly = 0.97;  // of the time of what is taken unmeasured

/// What is taken unmeasured: the first that is not refused.
const TriedVariant* first_of(const Decision& decision) {
  const auto at = std::find_if(decision.tried.begin(), decision.tried.end(),
                               [](const TriedVariant& tried) { return !tried.refused; });
  return at != decision.tried.end() ? &*at : nullptr;
}

void take_fastest(Decision& decision) {
  const TriedVariant* taken = first_of(decision);
  const TriedVariant* fastest = taken;
  for (const TriedVariant& tried : decision.tried) {
    if (!tried.refused && tried.nanoseconds < fastest->nanoseconds) fastest = &tried;
  }
  const double clearly = kClearly * static_cast<double>(taken->nanoseconds);
  if (static_cast<double>(fastest->nanoseconds) < clearly) taken = fastest;
  decision.variant = taken->name;
  decision.measured = true;
}

bool has(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

std::vector<Tuner::Question> Tuner::questions(const Bench& bench) const {
  std::vector<Question> all;
  for (size_t i = 0; i < bench.graph.ops().size(); ++i) {
    const sdk::Op& op = bench.graph.ops()[i];
    std::vector<std::string> names = variants_of(bench.graph, op, bench.workshop.tuning);
    if (names.empty()) continue;
    const std::string& prefer = bench.workshop.prefer;
    if (has(names, prefer)) {
      names.erase(std::remove_if(names.begin(), names.end(),
                                 [&](const auto& name) { return name != prefer && name != kGemmLibrary; }),
                  names.end());
    }
    std::string safe =
        *std::find_if(names.rbegin(), names.rend(), [](const auto& name) { return name != kGemmLibrary; });
    all.push_back(
        {i, op.name, op_key(bench.graph, op), std::move(safe), gemm_.allowed(bench.graph, op, std::move(names))});
  }
  return all;
}

std::vector<std::string> Tuner::choose(const sdk::GraphView& graph, cl_context context, const Workshop& workshop) {
  const Bench bench{graph, context, workshop};
  const std::vector<Question> all = questions(bench);
  std::vector<Question> open;
  std::set<std::string> asked;
  for (const Question& q : all) {
    if (choices_.count(q.key) == 0 && asked.insert(q.key).second && !answer_unmeasured(q, bench)) open.push_back(q);
  }
  measure(open, bench);
  std::vector<std::string> variants(graph.ops().size());
  for (const Question& q : all) variants[q.op] = choices_.at(q.key);
  return variants;
}

/// False for what is to be measured.
bool Tuner::answer_unmeasured(const Question& q, const Bench& bench) {
  const auto pinned = pinned_.find(q.key);
  if (pinned != pinned_.end()) {
    if (has(q.names, pinned->second)) {
      settle(q, pinned->second, bench);
      return true;
    }
    choices_[q.key] = first_usable(q, bench);
    host_.log(SATEEN_LOG_DEBUG,
              sdk::text("opencl: ", q.name, ": ", pinned->second,
                        ", which was asked for, is no variant of it here; it gets ", choices_[q.key]));
    return true;
  }
  if (q.names.size() > 1 && options_.remembers) {
    const Decision* known = options_.again && measures() ? nullptr : record_.find(q.key);
    if (known != nullptr && has(q.names, known->variant)) {
      settle(q, known->variant, bench);
      return true;
    }
    if (known == nullptr && measures()) return false;
  }
  choices_[q.key] = first_usable(q, bench);
  return true;
}

bool Tuner::Bench::can_have(const Question& q, const std::string& name) const try {
  const OneOpGraph alone(graph, graph.ops()[q.op], workshop.alignment);
  const Program program(alone.view(), workshop, {name});
  return true;
} catch (const sdk::Failure& failure) {
  if (failure.status() != SATEEN_UNSUPPORTED) throw;
  return false;
}

bool Tuner::usable(const Question& q, const std::string& name, const Bench& bench) {
  if (name == q.safe) return true;
  if (name != kGemmLibrary) return bench.can_have(q, name);
  // A library changes without our knowing, so that it is checked in each process, which also makes it compile its kernels.
  if (!gemm_.checked(q.key)) return gemm_.judge(q.key, q.name, bench.trial(q).check(name));
  return gemm_.right(q.key);
}

void Tuner::settle(const Question& q, const std::string& name, const Bench& bench) {
  choices_[q.key] = usable(q, name, bench) ? name : first_usable(q, bench);
}

std::string Tuner::first_usable(const Question& q, const Bench& bench) {
  for (const std::string& name : q.names) {
    if (usable(q, name, bench)) return name;
  }
  return q.safe;
}

bool Tuner::measures() const {
  return options_.remembers && options_.seconds > 0 && record_.keeps();
}

void Tuner::measure(const std::vector<Question>& open, const Bench& bench) {
  if (open.empty()) return;
  const Clock::time_point start = Clock::now();
  deadline_ = start + std::chrono::duration_cast<Clock::duration>(Seconds(options_.seconds - spent_));
  size_t measured = 0;
  for (size_t i = 0; i < open.size(); ++i) {
    if (!time_is_up())
      host_.log(SATEEN_LOG_INFO, sdk::text("opencl: tuning ", open[i].name, ": ", i + 1, " of ", open.size()));
    if (measure(open[i], bench)) ++measured;
  }
  const double taken = Seconds(Clock::now() - start).count();
  spent_ += taken;
  const size_t left = open.size() - measured;
  host_.log(SATEEN_LOG_INFO,
            sdk::text("opencl: tuned ", measured, " of ", open.size(), " operations in ", std::lround(taken), " s",
                      left == 0 ? "" : "; there was no time for the others, which stay as they are from now on"));
}

bool Tuner::measure(const Question& q, const Bench& bench) {
  try {
    const Decision decision = try_all(q, bench);
    const Decision* before = record_.find(q.key);
    const bool replace = options_.again && (decision.measured || before == nullptr);
    // A copy: checking the library may log, and what a host does then is its own.
    const Decision holds = record_.keep(q.key, decision, replace);
    settle(q, has(q.names, holds.variant) ? holds.variant : decision.variant, bench);
    return holds.measured;
  } catch (const sdk::LateFailure&) {
    throw;
  } catch (const sdk::Failure& failure) {
    if (failure.status() != SATEEN_NO_MEMORY) throw;
    host_.log(SATEEN_LOG_INFO, sdk::text("opencl: ", q.name, " is not tuned: ", failure.what()));
    choices_[q.key] = first_usable(q, bench);
    return false;
  }
}

void Tuner::refuse(const Question& q, TriedVariant& tried, const std::string& wrong) {
  tried.refused = true;
  if (tried.name == kGemmLibrary) return;  // GemmChoice tells
  host_.log(SATEEN_LOG_WARNING, sdk::text("opencl: ", q.name, ": its variant ", tried.name,
                                          " is not used, since it was wrong when it was checked: ", wrong));
}

/// False where time ran out.
bool Tuner::check_all(const Question& q, const Bench& bench, Trial& trial, Decision& decision) {
  for (TriedVariant& tried : decision.tried) {
    if (time_is_up()) return false;
    tried.refused = tried.name != q.safe && tried.name != kGemmLibrary && !bench.can_have(q, tried.name);
    if (tried.refused) continue;
    if (tried.name == kGemmLibrary && gemm_.checked(q.key)) {
      tried.refused = !gemm_.right(q.key);
      continue;
    }
    std::string wrong;
    try {
      wrong = trial.check(tried.name);
    } catch (const sdk::LateFailure&) {
      // This device is lost; the next that is opened is not to be lost by the same.
      tried.refused = true;
      if (const TriedVariant* first = first_of(decision)) {
        decision.variant = first->name;
        record_.keep(q.key, decision, options_.again);
      }
      throw;
    }
    if (tried.name == kGemmLibrary) gemm_.judge(q.key, q.name, wrong);
    if (!wrong.empty()) refuse(q, tried, wrong);
  }
  return true;
}

/// False where time ran out.
bool Tuner::time_all(Trial& trial, Decision& decision) const {
  std::map<std::string, int> runs;
  uint64_t best = UINT64_MAX;
  const Clock::time_point enough = Clock::now() + std::chrono::duration_cast<Clock::duration>(Seconds(kEnough));
  for (int round = 0; round < kMostRounds && (round < kRounds || Clock::now() < enough); ++round) {
    for (TriedVariant& tried : decision.tried) {
      if (tried.refused || (round >= kHopeless && tried.nanoseconds / 2 > best)) continue;
      if (time_is_up() && round < kFewestRounds) return false;
      const bool first = round == 0;
      if (first) {
        const uint64_t once = trial.time(tried.name, 1);
        runs[tried.name] = static_cast<int>(std::clamp<uint64_t>(kTurn / once, 1, kMostRuns));
      }
      const uint64_t taken = trial.time(tried.name, runs[tried.name]);
      tried.nanoseconds = first ? taken : std::min(tried.nanoseconds, taken);
      best = std::min(best, tried.nanoseconds);
    }
    if (time_is_up() && round + 1 >= kFewestRounds) break;
  }
  return true;
}

Decision Tuner::try_none(const Question& q, const Bench& bench) {
  Decision decision{first_usable(q, bench), false, {}};
  bool before = true;  // what comes before the first that is usable is not
  for (const std::string& name : q.names) {
    before = before && name != decision.variant;
    decision.tried.push_back({name, 0, before});
  }
  return decision;
}

Decision Tuner::try_all(const Question& q, const Bench& bench) {
  if (time_is_up()) return try_none(q, bench);
  Decision decision;
  for (const std::string& name : q.names) decision.tried.push_back({name});
  Trial trial = bench.trial(q);
  const bool all_checked = check_all(q, bench, trial, decision);
  if (first_of(decision) == nullptr) {
    throw sdk::Failure(SATEEN_DEVICE_ERROR, q.name + ": none of its variants can be used");
  }
  if (all_checked && time_all(trial, decision)) {
    take_fastest(decision);
    return decision;
  }
  // What was not checked yet is not taken unchecked for lack of time.
  for (TriedVariant& tried : decision.tried) {
    tried.nanoseconds = 0;
    if (!decision.variant.empty() || tried.refused) continue;
    if (usable(q, tried.name, bench)) {
      decision.variant = tried.name;
    } else {
      tried.refused = true;
    }
  }
  return decision;
}

void Tuner::pin(const sdk::Choices& choices) {
  pinned_ = choices;
}

std::string Tuner::candidates() {
  std::string text;
  for (const auto& [key, variant] : choices_) {
    const Decision* known = options_.remembers ? record_.find(key) : nullptr;
    if (known == nullptr) continue;
    for (const TriedVariant& tried : known->tried) {
      text += sdk::text(key, " = ", tried.name, ": ");
      text += tried.refused ? "refused" : tried.nanoseconds == 0 ? "untimed" : std::to_string(tried.nanoseconds);
      text += '\n';
    }
  }
  return text;
}

}  // namespace sateen::opencl
