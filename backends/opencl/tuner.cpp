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
// Of an operation's tensors together. The host holds them three times over; larger ones are left as they are.
constexpr uint64_t kMostTried = uint64_t{256} << 20;

uint64_t tensor_bytes(const sdk::GraphView& graph, const sdk::Op& op) {
  std::set<uint32_t> tensors(op.src.begin(), op.src.end());
  tensors.insert(op.dst.begin(), op.dst.end());
  tensors.erase(SATEEN_NONE);
  uint64_t bytes = 0;
  for (const uint32_t t : tensors) bytes += graph.tensors()[t].bytes;
  return bytes;
}

/// What is taken unmeasured: the first that is not refused. There is the safe one at least.
const TriedVariant& first_of(const Decision& decision) {
  return *std::find_if(decision.tried.begin(), decision.tried.end(),
                       [](const TriedVariant& tried) { return !tried.refused; });
}

void take_fastest(Decision& decision) {
  const TriedVariant* taken = &first_of(decision);
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
    auto [names, safe] = variants_of(bench.graph, op, bench.workshop.tuning);
    if (names.empty()) continue;
    const std::string& prefer = bench.workshop.prefer;
    if (has(names, prefer)) {
      names.erase(std::remove_if(names.begin(), names.end(),
                                 [&](const auto& name) { return name != prefer && name != kGemmLibrary; }),
                  names.end());
      safe = prefer;
    }
    all.push_back(
        {i, op.name, op_key(bench.graph, op), std::move(safe), gemm_.allowed(bench.graph, op, std::move(names))});
  }
  return all;
}

std::vector<std::string> Tuner::choose(const sdk::GraphView& graph, cl_context context, const Workshop& workshop) {
  const Bench bench{graph, context, workshop};
  choices_["kernels"] = kernels_name(workshop.tuning);  // not asked for here, but sums are cut by it
  const std::vector<Question> all = questions(bench);
  std::vector<Question> open;
  std::set<std::string> asked;
  for (const Question& q : all) {
    if (choices_.count(q.key) == 0 && asked.insert(q.key).second && !answer_unmeasured(q, bench)) open.push_back(q);
  }
  if (options_.remembers && options_.seconds > 0 && !record_.keeps() && !all.empty() && !told_) {
    told_ = true;
    host_.log(SATEEN_LOG_INFO, "opencl: nothing is tuned without a cache folder to keep it in (SATEEN_CACHE_DIR)");
  }
  measure(open, bench);
  std::vector<std::string> variants(graph.ops().size());
  for (const Question& q : all) variants[q.op] = choices_.at(q.key);
  return variants;
}

/// False for what is to be measured.
bool Tuner::answer_unmeasured(const Question& q, const Bench& bench) try {
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
    if (known == nullptr && measures()) {
      const uint64_t bytes = tensor_bytes(bench.graph, bench.graph.ops()[q.op]);
      if (bytes <= kMostTried) return false;
      host_.log(SATEEN_LOG_INFO,
                sdk::text("opencl: ", q.name, " is not tuned: its tensors are of ", sdk::mebibytes(bytes),
                          " MiB, and those of up to ", sdk::mebibytes(kMostTried), " MiB are"));
    }
  }
  choices_[q.key] = first_usable(q, bench);
  return true;
} catch (const CannotTry& failure) {
  if (q.names.size() == 1) throw;  // the library was asked for
  leave(q, bench, sdk::text(" is left to our own kernels: ", failure.what()));
  return true;
}

void Tuner::leave(const Question& q, const Bench& bench, const std::string& why, const Decision& known) {
  host_.log(SATEEN_LOG_INFO, sdk::text("opencl: ", q.name, why));
  std::string& choice = choices_[q.key];
  choice = q.safe;
  if (q.names.front() == kGemmLibrary) return;
  for (const std::string& name : q.names) {
    const auto tried = std::find_if(known.tried.begin(), known.tried.end(),
                                    [&](const TriedVariant& other) { return other.name == name; });
    if (tried != known.tried.end() && tried->refused) continue;
    if (name != q.safe && !bench.can_have(q, name)) continue;
    choice = name;
    return;
  }
}

bool Tuner::Bench::can_have(const Question& q, const std::string& name) const try {
  const OneOpGraph alone(graph, graph.ops()[q.op], workshop.alignment);
  const Program program(alone.view(), workshop, {name});
  return program.arena_bytes() <= workshop.largest_allocation;
} catch (const sdk::Failure& failure) {
  if (failure.status() != SATEEN_UNSUPPORTED) throw;
  return false;
}

bool Tuner::usable(const Question& q, const std::string& name, const Bench& bench) {
  if (name == q.safe) return true;
  if (name != kGemmLibrary) return bench.can_have(q, name);
  // A library changes without our knowing, so that it is checked in each process, which also makes it compile its kernels.
  if (!gemm_.checked(q.key)) return gemm_.judge(q.key, q.name, bench.trial(q).check(name).wrong);
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
  std::map<Outcome, size_t> count;
  for (size_t i = 0; i < open.size(); ++i) {
    if (!time_is_up())
      host_.log(SATEEN_LOG_INFO, sdk::text("opencl: tuning ", open[i].name, ": ", i + 1, " of ", open.size()));
    ++count[measure(open[i], bench)];
  }
  const double taken = Seconds(Clock::now() - start).count();
  spent_ += taken;
  const auto tenths = std::lround(taken * 10);
  std::string words = sdk::text("opencl: tuned ", count[Outcome::kMeasured], " of ", open.size(), " operations in ",
                                tenths / 10, ".", tenths % 10, " s");
  if (count[Outcome::kLeft] > 0) words += sdk::text("; ", count[Outcome::kLeft], " could not be tried this time");
  if (count[Outcome::kNoTime] > 0)
    words += "; there was no time for the others, which stay as they are until they are tuned anew";
  host_.log(SATEEN_LOG_INFO, words);
}

Tuner::Outcome Tuner::measure(const Question& q, const Bench& bench) {
  Attempt attempt;
  try {
    try_all(q, bench, attempt);
    const Decision& decision = attempt.decision;
    if (!attempt.lasting) {
      settle(q, decision.variant, bench);
      return decision.measured ? Outcome::kMeasured : Outcome::kLeft;
    }
    const Decision* before = record_.find(q.key);
    const bool replace = options_.again && (decision.measured || before == nullptr);
    // A copy: checking the library may log, and what a host does then is its own.
    const Decision holds = record_.keep(q.key, decision, replace);
    settle(q, has(q.names, holds.variant) ? holds.variant : decision.variant, bench);
    const bool known = options_.again ? decision.measured : holds.measured;
    return known ? Outcome::kMeasured : Outcome::kNoTime;
  } catch (const CannotTry& failure) {
    leave(q, bench, sdk::text(" is not tuned: ", failure.what()), attempt.decision);
    return Outcome::kLeft;
  }
}

void Tuner::refuse(const Question& q, TriedVariant& tried, const std::string& wrong) {
  tried.refused = true;
  if (tried.name == kGemmLibrary) return;  // GemmChoice tells
  host_.log(SATEEN_LOG_WARNING, sdk::text("opencl: ", q.name, ": its variant ", tried.name,
                                          " is not used, since it was wrong when it was checked: ", wrong));
}

void Tuner::check(const Question& q, const Bench& bench, Trial& trial, TriedVariant& tried, Attempt& attempt) {
  const bool library = tried.name == kGemmLibrary;
  if (library && gemm_.checked(q.key)) {
    tried.refused = !gemm_.right(q.key);
    return;
  }
  Finding found;
  try {
    tried.refused = !library && !bench.can_have(q, tried.name);
    if (tried.refused) return;
    found = trial.check(tried.name);
  } catch (const CannotTry&) {
    throw;
  } catch (const sdk::LateFailure&) {
    // This device is lost; the next that is opened is not to be lost by the same.
    tried.refused = true;
    attempt.decision.variant = first_of(attempt.decision).name;
    record_.keep(q.key, attempt.decision, options_.again);
    throw;
  } catch (const sdk::Failure& failure) {  // of building it
    if (failure.status() == SATEEN_NO_MEMORY) throw CannotTry(failure.status(), failure.what());
    found.wrong = failure.what();
  }
  if (library) gemm_.judge(q.key, q.name, found.wrong);
  if (found.wrong.empty()) return;
  refuse(q, tried, found.wrong);
  attempt.lasting = attempt.lasting && found.lasting;
}

/// False where time ran out.
bool Tuner::check_all(const Question& q, const Bench& bench, Trial& trial, Attempt& attempt) {
  trial.run_safe();
  for (TriedVariant& tried : attempt.decision.tried) {
    if (time_is_up()) return false;
    if (tried.name != q.safe) check(q, bench, trial, tried, attempt);
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

void Tuner::try_none(const Question& q, const Bench& bench, Decision& decision) {
  decision.variant = first_usable(q, bench);
  bool before = true;  // what comes before the first that is usable is not
  for (const std::string& name : q.names) {
    before = before && name != decision.variant;
    decision.tried.push_back({name, 0, before});
  }
}

void Tuner::try_all(const Question& q, const Bench& bench, Attempt& attempt) {
  Decision& decision = attempt.decision;
  if (time_is_up()) return try_none(q, bench, decision);
  for (const std::string& name : q.names) decision.tried.push_back({name});
  Trial trial = bench.trial(q);
  if (check_all(q, bench, trial, attempt) && time_all(trial, decision)) return take_fastest(decision);
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
