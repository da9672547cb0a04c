// Loss and accuracy, epoch by epoch.
#include <algorithm>

#include "plots/pictures.hpp"

namespace sateen::app {
namespace {

constexpr size_t kMostPoints = 1000;  // as many as a picture can show

/// A step for ticks at whole numbers: 1, 2, 5, 10, …
int64_t tick_step(int64_t epochs) {
  constexpr int64_t kTicks = 10;
  for (int64_t step = 1;; step *= 10) {
    for (const int64_t factor : {1, 2, 5}) {
      if (epochs <= step * factor * kTicks) return step * factor;
    }
  }
}

std::string panel(const std::string& title, const std::string& axis, int train, int held_out, bool with_held_out,
                  const std::string& range) {
  // Lines and, where there are few, points of different shapes: colour is not all that tells them apart.
  const auto line = [](int column, const char* color, const char* type, const char* dash, const char* name) {
    return "$curves using 1:" + std::to_string(column) + " with linespoints lc rgb '" + color + "' lw 2 dt " + dash +
           " pt " + type + " ps point_size title '" + name + "'";
  };
  // Above the curves, so that they are never behind it.
  return "set label 99 '" + title + "' at graph 0, graph 1.09 left font ',13'\n" +
         "set key at graph 1, graph 1.09 right horizontal\nset ylabel '" + axis + "'\nset yrange " + range + "\nplot " +
         line(train, kBlue, "7", "1", "training") +
         (with_held_out ? ", " + line(held_out, kOrange, "9", "2", "held out") : "") + "\n";
}

}  // namespace

Picture curves(std::span<const EpochRecord> history, std::optional<int64_t> best) {
  constexpr int kWidth = 1200, kHeight = 480;
  constexpr size_t kFewPoints = 60;
  constexpr double kLeastShown = 1;
  Picture picture{"curves", "Loss and accuracy by epoch", kWidth, kHeight, "$curves << EOD\n", {}};
  const size_t stride = (history.size() + kMostPoints - 1) / kMostPoints;
  bool held_out = false;
  double lowest = 100, highest = 0;  // accuracy, in percent
  for (size_t i = 0; i < history.size(); i += stride) {
    // The last one always.
    const EpochRecord& record = history[i + stride >= history.size() ? history.size() - 1 : i];
    const bool has = record.held_out.images != 0;
    held_out = held_out || has;
    for (const double accuracy : {record.train.accuracy, has ? record.held_out.accuracy : record.train.accuracy}) {
      lowest = std::min(lowest, 100 * accuracy);
      highest = std::max(highest, 100 * accuracy);
    }
    picture.data += std::to_string(record.epoch) + " " + plot_number(record.train.loss) + " " +
                    (has ? plot_number(record.held_out.loss) : "NaN") + " " + plot_number(100 * record.train.accuracy) +
                    " " + (has ? plot_number(100 * record.held_out.accuracy) : "NaN") + "\n";
  }
  picture.data += "EOD\n";
  // Where all is nearly the same, gnuplot would choose an axis that goes beyond 100 %.
  const std::string percent = highest - lowest >= kLeastShown
                                  ? "[*:*<100]"
                                  : "[" + plot_number(std::max(0.0, lowest - kLeastShown)) + ":" +
                                        plot_number(std::min(100.0, highest + kLeastShown)) + "]";
  const int64_t first = history.front().epoch;
  const int64_t last = history.back().epoch;
  // One epoch alone stands in the middle.
  const std::string range =
      first == last ? "[" + std::to_string(first - 1) + ".5:" + std::to_string(last) + ".5" + "]"
                    : "[" + plot_number(static_cast<double>(first) - 0.02 * static_cast<double>(last - first)) + ":" +
                          plot_number(static_cast<double>(last) + 0.02 * static_cast<double>(last - first)) + "]";
  picture.commands =
      "set multiplot layout 1,2 margins 0.07,0.98,0.13,0.89 spacing 0.09,0\n"
      "set datafile missing 'NaN'\n"
      "point_size = " +
      std::string(history.size() <= kFewPoints ? "0.8" : "0") +
      "\n"
      "set grid lc rgb '#d8d8d8' lt 1 lw 0.6\nset format x '%.0f'\nset border 3 lc rgb '#606060'\nset tics nomirror\n"
      "set xlabel 'epoch'\nset xrange " +
      range + "\nset xtics " + std::to_string(tick_step(last - first + 1)) + "\n";
  if (best) {
    const std::string at = std::to_string(*best);
    picture.commands += "set arrow from " + at + ", graph 0 to " + at +
                        ", graph 1 nohead back lw 1.2 dt 3 lc rgb '#404040'\n" +
                        // To the side on which there is more room.
                        label("best: epoch " + at, at + ", graph 0.5",
                              std::string("rotate by 90 center offset ") +
                                  (*best - first > last - *best ? "-1.3" : "1.3") + ",0 front tc rgb '#404040'");
  }
  picture.commands += panel("Loss", "mean cross-entropy (nats)", 2, 3, held_out, "[0<*:*]") +
                      panel("Accuracy", "images that are right (%)", 4, 5, held_out, percent) + "unset multiplot\n";
  return picture;
}

}  // namespace sateen::app
