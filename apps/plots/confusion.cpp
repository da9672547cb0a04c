// The confusion matrix: what images are, and what the model says.
#include <algorithm>

#include "common/numbers.hpp"
#include "plots/pictures.hpp"

namespace sateen::app {

Picture confusion(const Evaluation& evaluation, std::span<const std::string> class_names, const std::string& of) {
  constexpr int kWidth = 1000, kHeight = 860;
  constexpr int64_t kWithNumbers = 20, kWithNames = 60;  // beyond, they would lie on each other
  constexpr size_t kNameLength = 16;
  constexpr double kDark = 0.5;
  const int64_t classes = evaluation.classes();
  Picture picture{"confusion", "Confusion matrix, " + of, kWidth, kHeight, "$confusion << EOD\n", {}};
  std::string labels;
  for (int64_t truth = 0; truth < classes; ++truth) {
    const auto support = static_cast<double>(evaluation.scores(truth).support);
    for (int64_t said = 0; said < classes; ++said) {
      const uint64_t count = evaluation.count(truth, said);
      const double share = support == 0 ? 0 : static_cast<double>(count) / support;
      const std::string at = std::to_string(said) + "," + std::to_string(truth);
      picture.data += std::to_string(said) + " " + std::to_string(truth) + " " + plot_number(100 * share) + "\n";
      if (classes > kWithNumbers) continue;
      labels += label(grouped(count), at,
                      std::string("center front font ',") + (classes <= 12 ? "13" : "8") + "' tc rgb '" +
                          (share > kDark ? "#ffffff"
                           : count == 0  ? "#a0a0a0"
                                         : kInk) +
                          "'");
    }
    if (classes > kWithNames) continue;
    const std::string& name = class_names[static_cast<size_t>(truth)];
    const std::string size = classes <= 20 ? "font ',12' " : "font ',7' ";
    labels += label(name, "graph 0, first " + std::to_string(truth), size + "right offset -1,0", kNameLength) +
              label(name, "first " + std::to_string(truth) + ", graph 0", size + "right rotate by 40 offset 0.6,-0.8",
                    kNameLength);
  }
  picture.data += "EOD\n";
  const std::string end = plot_number(static_cast<double>(classes) - 0.5);
  picture.commands = "set title " + plot_text(picture.title) + " font ',14'\n" + "set xrange [-0.5:" + end +
                     "]\nset yrange [" + end + ":-0.5]\n" +
                     "set lmargin at screen 0.17\nset rmargin at screen 0.86\nset bmargin at screen 0.19\nset tmargin "
                     "at screen 0.93\n" +
                     "unset xtics\nunset ytics\nunset key\nset border lc rgb '#808080'\n" +
                     "set xlabel 'what the model says' font ',13' offset 0,-5\n" +
                     "set label 'what the image is' at screen 0.025, graph 0.5 center rotate by 90 font ',13'\n" +
                     "set palette defined (0 '#ffffff', 10 '#deebf7', 35 '#9ecae1', 60 '#4292c6', 100 '#08306b')\n" +
                     "set cbrange [0:100]\nset cblabel 'share of the images of a class (%)' font ',12'\nset style fill "
                     "solid 1 noborder\n" +
                     labels + "plot $confusion using 1:2:(0.485):(0.485):3 with boxxyerror lc palette\n";
  return picture;
}

}  // namespace sateen::app
