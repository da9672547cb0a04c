// Measuring: start, repeats, times of operations, peak.
#include "bench/measure.hpp"

#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>

#include <sys/resource.h>

#include "bench/workload.hpp"
#include "common/numbers.hpp"
#include "common/program.hpp"

namespace sateen::app {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Caches, clocks and threads come to what they are in a long run.
void warm_up(Workload& work, const BenchSettings& settings) {
  constexpr double kMost = 0.5;
  const Clock::time_point start = Clock::now();
  do work.step();
  while (seconds_since(start) < std::min(settings.seconds, kMost));
}

/// Images a second of whole passes.
double repeat(Workload& work, double seconds) {
  uint64_t images = 0;
  const Clock::time_point start = Clock::now();
  do images += work.pass();
  while (seconds_since(start) < seconds);
  return static_cast<double>(images) / seconds_since(start);
}

std::vector<double> repeats(Workload& work, const BenchSettings& settings) {
  std::vector<double> runs;
  if (!settings.turns) {
    for (uint64_t i = 0; i < settings.repeats; ++i) runs.push_back(repeat(work, settings.seconds));
    return runs;
  }
  Program::print("ready\n");
  Program::flush();
  for (std::string line; std::getline(std::cin, line);) {
    runs.push_back(repeat(work, settings.seconds));
    Program::print(general(runs.back()) + "\n");
    Program::flush();
  }
  return runs;
}

uint64_t peak_rss() {
  rusage usage{};
  return getrusage(RUSAGE_SELF, &usage) == 0 ? static_cast<uint64_t>(usage.ru_maxrss) * 1024 : 0;
}

/// Times of steps that come after the first ones, in which a driver may compile.
TrainProfile measure_profile(const BenchSettings& settings, const Material& material, const Device& device) {
  constexpr double kMost = 1;
  const std::unique_ptr<Workload> work = make_workload(settings, material, device);
  warm_up(*work, settings);
  const TrainProfile before = work->profile();
  const Clock::time_point start = Clock::now();
  do work->pass();
  while (seconds_since(start) < std::min(settings.seconds, kMost));
  const double seconds = seconds_since(start);
  TrainProfile profile = work->profile();
  profile.seconds = seconds;
  profile.steps -= before.steps;
  for (size_t i = 0; i < profile.operations.size(); ++i) {
    profile.operations[i].runs -= before.operations[i].runs;
    profile.operations[i].nanoseconds -= before.operations[i].nanoseconds;
  }
  return profile;
}

}  // namespace

double BenchResult::median() const {
  return app::median(runs);
}

double BenchResult::achieved_flops() const {
  return median() * static_cast<double>(total_flops(flops));
}

std::string BenchResult::described(const std::string& key) const {
  const auto found =
      std::find_if(description.begin(), description.end(), [&](const auto& line) { return line.first == key; });
  return found == description.end() ? std::string() : found->second;
}

BenchResult measure(const BenchSettings& settings, const OpenDevice& open) {
  BenchResult result;
  result.settings = settings;
  const Clock::time_point start = Clock::now();
  OpenedDevice opened = open({});
  result.open_seconds = seconds_since(start);
  Program::note(opened.line);
  Device& device = opened.device;
  result.device = device.info();

  const Material material = make_material(settings, result.device);
  result.settings.images = material.data.size();
  result.parameters = material.model.parameter_count();
  result.flops = count_flops(material.model, settings.mode == Mode::kTrain);
  {
    const Clock::time_point begun = Clock::now();
    const std::unique_ptr<Workload> work = make_workload(settings, material, device);
    work->step();
    result.first_step_seconds = seconds_since(begun);
    warm_up(*work, settings);
    result.runs = repeats(*work, settings);
    result.buffer_bytes = device.buffer_bytes();
    result.fallback_ops = device.fallback_ops();
  }
  result.peak_rss_bytes = peak_rss();
  result.description = device.describe();
  if (settings.brief) return result;
  // Other work on the machine makes a peak smaller, so that the better of two counts.
  const std::optional<PeakRates> peak = device.peak();
  result.profile = measure_profile(settings, material, open({"profile=1"}).device);
  result.peak = device.peak();
  if (peak && result.peak) {
    result.peak->flops = std::max(result.peak->flops, peak->flops);
    result.peak->bytes_per_second = std::max(result.peak->bytes_per_second, peak->bytes_per_second);
  }
  return result;
}

}  // namespace sateen::app
