// The weights of the first layer.
#include <algorithm>
#include <cmath>

#include "common/numbers.hpp"
#include "plots/pictures.hpp"

namespace sateen::app {

std::optional<Picture> filters(const Sequential& model) {
  constexpr size_t kMost = 64, kColumns = 8;
  constexpr int kTile = 110, kTitle = 50, kBar = 110;
  constexpr size_t kRank = 4;
  if (model.layer_count() == 0 || model.layer(0).type() != "conv2d") return std::nullopt;
  const Parameter& parameter = model.parameters().front();
  const Shape& shape = parameter.spec.shape;  // [ky][kx][in][out]
  if (shape.rank() != kRank) return std::nullopt;
  const auto height = static_cast<size_t>(shape[0]), width = static_cast<size_t>(shape[1]);
  if (std::max(height, width) > kTile) return std::nullopt;  // more weights than the picture has pixels for
  const size_t channels = static_cast<size_t>(shape[2]), count = static_cast<size_t>(shape[3]);
  const size_t all = channels * count;
  const size_t shown = std::min(all, kMost);
  const size_t rows = (shown + kColumns - 1) / kColumns;
  const auto weights = model.weights().subspan(parameter.offset, shape.elements());

  Picture picture{"filters",
                  "Filters of the first layer (" + model.layer_name(0) + ", " + std::to_string(height) + "×" +
                      std::to_string(width) + ")" +
                      (shown < all ? ", the first " + std::to_string(shown) + " of " + grouped(all) : ""),
                  static_cast<int>(kColumns) * kTile + kBar,
                  static_cast<int>(rows) * kTile + kTitle,
                  "$filters << EOD\n",
                  {}};
  const auto side = static_cast<double>(std::max(height, width));
  const double pitch = side * 1.3;
  float most = 0;
  std::string labels;
  for (size_t i = 0; i < shown; ++i) {
    const size_t row = i / kColumns;
    const double left = pitch * static_cast<double>(i % kColumns) + 0.15 * side;
    const double top = pitch * static_cast<double>(row) + 0.24 * side;
    labels += label(std::to_string(i + 1), plot_number(left) + "," + plot_number(top - 0.1 * side),
                    "left font ',9' tc rgb '#606060'");
    labels += "set object rectangle from " + plot_number(left) + "," + plot_number(top) + " to " +
              plot_number(left + static_cast<double>(width)) + "," + plot_number(top + static_cast<double>(height)) +
              " front fs empty border rgb '#909090' lw 1\n";
    for (size_t y = 0; y < height; ++y) {
      for (size_t x = 0; x < width; ++x) {
        const float weight = weights[((y * width + x) * channels + i % channels) * count + i / channels];
        if (std::isfinite(weight)) most = std::max(most, std::abs(weight));
        picture.data += plot_number(left + static_cast<double>(x) + 0.5) + " " +
                        plot_number(top + static_cast<double>(y) + 0.5) + " " +
                        plot_number(static_cast<double>(weight)) + "\n";
      }
    }
  }
  picture.data += "EOD\n";
  const std::string end = plot_number(most > 0 ? static_cast<double>(most) : 1);
  picture.commands =
      "set title " + plot_text(picture.title) + " font ',14'\nset lmargin at screen 0.01\nset rmargin at screen " +
      plot_number(1 - static_cast<double>(kBar) / picture.width) +
      "\nset bmargin at screen 0.01\nset tmargin at screen " +
      plot_number(1 - static_cast<double>(kTitle) / picture.height) +
      "\nunset border\nunset xtics\nunset ytics\nunset key\nset style fill solid 1 noborder\n"
      "set palette defined (-1 '#b35806', -0.5 '#fdb863', 0 '#f7f7f7', 0.5 '#92c5de', 1 '#0571b0')\n"
      "set cbrange [-" +
      end + ":" + end + "]\nset cblabel 'weight'\nset xrange [0:" + plot_number(pitch * static_cast<double>(kColumns)) +
      "]\nset yrange [" + plot_number(pitch * static_cast<double>(rows)) + ":0]\n" + labels +
      "plot $filters using 1:2:(0.5):(0.5):3 with boxxyerror lc palette\n";
  return picture;
}

std::vector<Picture> pictures_of(const Sequential& model, const Answers& answers, const Dataset& data,
                                 const std::string& of) {
  std::vector<Picture> pictures = {confusion(answers.evaluation, data.class_names(), of),
                                   predictions(answers, data, of), most_wrong(answers, data, of)};
  if (std::optional<Picture> picture = filters(model)) pictures.push_back(std::move(*picture));
  return pictures;
}

}  // namespace sateen::app
