// Images with what the model says about them, right and wrong ones marked.
#include <algorithm>

#include "common/numbers.hpp"
#include "plots/pictures.hpp"
#include "plots/tiles.hpp"

namespace sateen::app {
namespace {

constexpr size_t kMost = 32;
constexpr size_t kNameLength = 14;

/// A check mark or a cross, as lines: no font has to have them.
std::string mark(bool right, double x, double y, double unit) {
  const auto stroke = [&](double x0, double y0, double x1, double y1) {
    return "set arrow from " + plot_number(x + unit * x0) + "," + plot_number(y + unit * y0) + " to " +
           plot_number(x + unit * x1) + "," + plot_number(y + unit * y1) + " nohead front lw 3 lc rgb '" +
           (right ? kBlue : kOrange) + "'\n";
  };
  return right ? stroke(-1, 0, -0.3, 0.8) + stroke(-0.3, 0.8, 1, -1)
               : stroke(-0.8, -0.8, 0.8, 0.8) + stroke(-0.8, 0.8, 0.8, -0.8);
}

std::string percent(float probability) {
  return fixed(100 * static_cast<double>(probability), 0) + " %";
}

/// Each with a frame, what it is, and below that what the model says.
Picture grid(const std::string& picture_name, const std::string& title, std::span<const Answer> answers,
             const Dataset& data) {
  std::vector<uint32_t> images;
  for (const Answer& answer : answers) images.push_back(answer.image);
  const auto words = [&](size_t i, const TilePlace& at) {
    const Answer& answer = answers[i];
    const bool right = answer.truth == answer.said;
    const auto name = [&](uint8_t index) -> const std::string& { return data.class_names()[index]; };
    const std::string color = std::string("'") + (right ? kBlue : kOrange) + "'";
    const std::string begin = plot_number(at.left + 0.6 * at.unit) + ",";
    return "set object rectangle from " + plot_number(at.left) + "," + plot_number(at.top) + " to " +
           plot_number(at.right) + "," + plot_number(at.bottom) + " front fs empty border rgb " + color + " lw 2\n" +
           label(name(answer.truth), begin + plot_number(at.line(0)),
                 std::string("left font ',11' tc rgb '") + kInk + "'", kNameLength + 4) +
           mark(right, at.left - 2 * at.unit, at.line(1), 1.35 * at.unit) +
           // A name that is cut leaves the number to be seen.
           "set label " + plot_text(name(answer.said), kNameLength) + ".' " + percent(answer.probability) + "' at " +
           begin + plot_number(at.line(1)) + " left font ',10' tc rgb " + color + "\n";
  };
  return tiles({picture_name, title, 2, "all are right"}, images, data, words);
}

}  // namespace

Picture predictions(const Answers& answers, const Dataset& data, const std::string& of) {
  const auto first = std::span(answers.all).subspan(0, std::min(answers.all.size(), kMost));
  const auto right = static_cast<size_t>(
      std::count_if(first.begin(), first.end(), [](const Answer& answer) { return answer.truth == answer.said; }));
  return grid("predictions",
              "The first of " + of + ": what it is, below it what the model says (" + std::to_string(right) + " of " +
                  std::to_string(first.size()) + " are right)",
              first, data);
}

Picture most_wrong(const Answers& answers, const Dataset& data, const std::string& of) {
  std::vector<Answer> wrong;
  std::copy_if(answers.all.begin(), answers.all.end(), std::back_inserter(wrong),
               [](const Answer& answer) { return answer.truth != answer.said; });
  const size_t all = wrong.size();
  std::stable_sort(wrong.begin(), wrong.end(),
                   [](const Answer& a, const Answer& b) { return a.probability > b.probability; });
  wrong.resize(std::min(all, kMost));
  const std::string title =
      all == 0 ? "No answer is wrong among " + of
               : "The surest of " + grouped(all) + (all == 1 ? " wrong answer" : " wrong answers") + " among " + of;
  return grid("most-wrong", title, wrong, data);
}

}  // namespace sateen::app
