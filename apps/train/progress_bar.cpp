// Putting the line together, and when to draw it.
#include "train/progress_bar.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "common/numbers.hpp"
#include "common/program.hpp"
#include "common/terminal.hpp"

namespace sateen::app {
namespace {

constexpr size_t kShortestBar = 8;
constexpr size_t kLongestBar = 30;

/// 7 → "0:07", 4000 → "1:06:40"
std::string clock_time(double seconds) {
  const auto all = static_cast<uint64_t>(std::llround(std::clamp(seconds, 0.0, 1e9)));
  const auto two = [](uint64_t n) { return (n < 10 ? "0" : "") + std::to_string(n); };
  const uint64_t hours = all / 3600;
  const uint64_t minutes = all / 60 % 60;
  return (hours > 0 ? std::to_string(hours) + ":" + two(minutes) : std::to_string(minutes)) + ":" + two(all % 60);
}

std::string joined(const std::vector<std::string>& parts) {
  std::string line;
  for (const std::string& part : parts) {
    if (!part.empty()) line += (line.empty() ? "" : "  ") + part;
  }
  return line;
}

std::string bar(const Progress& p, size_t length, bool color) {
  const size_t inside = length - 2;
  const auto filled = static_cast<size_t>(p.step * static_cast<int64_t>(inside) / std::max<int64_t>(p.steps, 1));
  const std::string done = std::string(filled, '=') + (filled < inside ? ">" : "");
  const std::string rest(inside - std::min(inside, done.size()), ' ');
  return "[" + (color ? "\x1b[32m" + done + "\x1b[0m" : done) + rest + "]";
}

}  // namespace

std::string bar_line(const Progress& p, int columns, bool color) {
  const size_t room = static_cast<size_t>(std::max(columns, 2)) - 1;
  const std::string epoch = std::to_string(p.epoch) + "/" + std::to_string(p.epochs);
  const std::string percent = std::to_string(100 * p.step / std::max<int64_t>(p.steps, 1)) + "%";
  const std::string all = std::to_string(p.steps);
  std::string steps = std::to_string(p.step);
  steps = std::string(all.size() - std::min(all.size(), steps.size()), ' ') + steps + "/" + all;
  // After its last step the epoch is evaluated.
  const std::string left = p.step == p.steps    ? "evaluating"
                           : p.seconds_left < 0 ? ""
                                                : "ETA " + clock_time(p.seconds_left);
  const bool any = p.so_far.images > 0;
  const std::string loss =
      any ? "loss " + (p.so_far.loss < 1e6 ? fixed(p.so_far.loss, 4) : general(p.so_far.loss, 4)) : "";
  const std::string accuracy = any ? "acc " + fixed(p.so_far.accuracy, 4) : "";
  const std::string images =
      p.images_per_second > 0 ? grouped(static_cast<uint64_t>(std::llround(p.images_per_second))) + " images/s" : "";
  const std::string per_step = p.milliseconds_per_step > 0 ? fixed(p.milliseconds_per_step, 1) + " ms/step" : "";
  const std::vector<std::string> behind_the_bar = {steps, left, loss, accuracy, images, per_step};
  for (size_t n = behind_the_bar.size(); n >= 2; --n) {
    const std::string words = joined({behind_the_bar.begin(), behind_the_bar.begin() + static_cast<ptrdiff_t>(n)});
    const std::string begin = "epoch " + epoch + " ";
    const size_t taken = begin.size() + 1 + words.size();
    if (taken + kShortestBar > room) continue;
    return begin + bar(p, std::min(room - taken, kLongestBar), color) + " " + words;
  }
  for (const std::vector<std::string>& parts :
       {std::vector<std::string>{epoch, percent, left, loss}, {epoch, percent, left}, {epoch, percent}}) {
    std::string line = joined(parts);
    if (line.size() <= room) return line;
  }
  return percent.substr(0, room);
}

ProgressBar::~ProgressBar() {
  Program::status({});
}

void ProgressBar::show(int64_t epoch, const Metrics& so_far, int64_t step, int64_t steps) {
  constexpr std::chrono::milliseconds kPause(100);
  const Clock::time_point now = Clock::now();
  const bool begins = epoch != epoch_;
  if (begins) {
    epoch_ = epoch;
    begun_ = now;
    first_step_ = step;
    first_images_ = so_far.images;
  } else if (step < steps && now - drawn_ < kPause) {
    return;
  }
  drawn_ = now;
  Progress progress{epoch, epochs_, step, steps, so_far, -1, 0, 0};
  const double seconds = std::chrono::duration<double>(now - begun_).count();
  if (step > first_step_ && seconds > 0) {
    const double per_step = seconds / static_cast<double>(step - first_step_);
    progress.seconds_left = per_step * static_cast<double>(steps - step);
    progress.milliseconds_per_step = per_step * 1e3;
    progress.images_per_second = static_cast<double>(so_far.images - first_images_) / seconds;
  }
  Program::status(bar_line(progress, stderr_columns(), color_));
}

}  // namespace sateen::app
