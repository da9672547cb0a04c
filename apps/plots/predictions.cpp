// Images with what the model says about them, right and wrong ones marked.
#include <algorithm>

#include "common/numbers.hpp"
#include "plots/pictures.hpp"

namespace sateen::app {
namespace {

constexpr size_t kColumns = 8, kRows = 4;
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

/// x goes right and y down, in pixels of an image.
Picture grid(const std::string& picture_name, const std::string& title, std::span<const Answer> answers,
             const Dataset& data) {
  Picture picture{picture_name, title, 0, 0, {}, {}};
  constexpr int kTileWidth = 150, kTileHeight = 176, kTitle = 56;
  const Shape& shape = data.sample_shape();
  const auto height = static_cast<size_t>(shape[0]);
  const auto width = static_cast<size_t>(shape[1]);
  const auto channels = static_cast<size_t>(shape[2]);
  const double unit = static_cast<double>(std::max(width, height)) / 28;  // what it is drawn for
  const double pitch_x = 38 * unit, pitch_y = pitch_x * kTileHeight / kTileWidth;
  const size_t rows = std::max<size_t>((answers.size() + kColumns - 1) / kColumns, 1);
  picture.width = static_cast<int>(kColumns) * kTileWidth;
  picture.height = static_cast<int>(rows) * kTileHeight + kTitle;
  std::string block_name = picture.name;
  std::replace(block_name.begin(), block_name.end(), '-', '_');
  std::string labels, plots;
  for (size_t i = 0; i < answers.size(); ++i) {
    const Answer& answer = answers[i];
    const bool right = answer.truth == answer.said;
    const size_t row = i / kColumns;
    const double left = pitch_x * static_cast<double>(i % kColumns) + (pitch_x - static_cast<double>(width)) / 2;
    const double top = pitch_y * static_cast<double>(row) + unit;
    const double bottom = top + static_cast<double>(height);
    const std::string block = "$" + block_name + std::to_string(i);
    picture.data += block + " << EOD\n";
    const auto pixels = data.image(answer.image);
    for (size_t y = 0; y < height; ++y) {
      for (size_t x = 0; x < width; ++x) {
        // Dark on light, as on paper.
        picture.data += std::to_string(255 - pixels[(y * width + x) * channels]) + (x + 1 < width ? " " : "\n");
      }
    }
    picture.data += "EOD\n";
    plots += (i == 0 ? "plot " : ", \\\n  ") + block + " matrix using ($1+" + plot_number(left + 0.5) + "):($2+" +
             plot_number(top + 0.5) + "):3 with image";
    const std::string color = std::string("'") + (right ? kBlue : kOrange) + "'";
    labels += "set object rectangle from " + plot_number(left) + "," + plot_number(top) + " to " +
              plot_number(left + static_cast<double>(width)) + "," + plot_number(bottom) +
              " front fs empty border rgb " + color + " lw 2\n";
    const auto name = [&](uint8_t index) -> const std::string& { return data.class_names()[index]; };
    labels += label(name(answer.truth), plot_number(left + 0.6 * unit) + "," + plot_number(bottom + 3.4 * unit),
                    std::string("left font ',11' tc rgb '") + kInk + "'", kNameLength + 4);
    labels += mark(right, left - 2 * unit, bottom + 7.8 * unit, 1.35 * unit);
    // A name that is cut leaves the number to be seen.
    labels += "set label " + plot_text(name(answer.said), kNameLength) + ".' " + percent(answer.probability) + "' at " +
              plot_number(left + 0.6 * unit) + "," + plot_number(bottom + 7.8 * unit) + " left font ',10' tc rgb " +
              color + "\n";
  }
  if (answers.empty()) labels += label("all are right", "graph 0.5, graph 0.5", "center font ',16'");
  picture.commands =
      "set title " + plot_text(picture.title) + " font ',14'\n" +
      "set lmargin at screen 0\nset rmargin at screen 1\nset bmargin at screen 0\nset tmargin at screen " +
      plot_number(1 - static_cast<double>(kTitle) / picture.height) + "\n" +
      "unset border\nunset xtics\nunset ytics\nunset key\nunset colorbox\nset palette gray\nset cbrange [0:255]\n" +
      "set xrange [0:" + plot_number(pitch_x * static_cast<double>(kColumns)) + "]\nset yrange [" +
      plot_number(pitch_y * static_cast<double>(rows)) + ":0]\n" + labels + (answers.empty() ? "plot NaN" : plots) +
      "\n";
  return picture;
}

}  // namespace

Picture predictions(const Answers& answers, const Dataset& data, const std::string& of) {
  const auto first = std::span(answers.all).subspan(0, std::min(answers.all.size(), kColumns * kRows));
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
  wrong.resize(std::min(all, kColumns * kRows));
  const std::string title =
      all == 0 ? "No answer is wrong among " + of
               : "The surest of " + grouped(all) + (all == 1 ? " wrong answer" : " wrong answers") + " among " + of;
  return grid("most-wrong", title, wrong, data);
}

}  // namespace sateen::app
