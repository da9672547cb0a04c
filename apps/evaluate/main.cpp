// sateen-evaluate: how good a model is on labelled images.
#include <algorithm>
#include <cstdlib>
#include <numeric>

#include "common/data_option.hpp"
#include "common/device.hpp"
#include "common/exit_code.hpp"
#include "common/numbers.hpp"
#include "common/options.hpp"
#include "common/program.hpp"
#include "evaluate/report.hpp"
#include "plots/answers.hpp"
#include "plots/drawing.hpp"
#include "plots/pictures.hpp"
#include "sateen/data.hpp"
#include "sateen/error.hpp"
#include "sateen/model_file.hpp"
#include "sateen/predict.hpp"

namespace sateen::app {
namespace {

constexpr uint64_t kMaxBatch = 1'000'000;
constexpr uint64_t kMaxDigits = 9;

void describe(Options& options) {
  options.add_group(
      "Model and images",
      {{"model,m", "FILE", "a model from sateen-train"},
       data_option(),
       {"part", "test|train", "Fashion-MNIST's 10,000 or 60,000 images", "test"},
       {"mirror", "", "mean of each image and its mirror image; for models trained with --augment mirror"},
       {"batch-size", "N", "images that go to the device at once", "256"}});
  options.add_group("Results", {{"json", "", "one JSON object instead of tables"},
                                {"plots-dir", "DIR",
                                 "draw pictures into this folder, by gnuplot: confusion matrix, predictions, most "
                                 "wrong ones, filters of the first layer; made if missing"},
                                {"digits", "N", "digits after the point in the table of classes", "2"}});
  add_device_options(options);
  options.add_variable("SATEEN_PLOTS_SECONDS", "The most seconds that drawing may take: 60 without it.");
  options.set_ending(
      "The table of classes is laid out as scikit-learn's classification_report; a\n"
      "quotient of nothing by nothing is 0. Results alone go to stdout.",
      {"sateen-evaluate -m run1/best.sateen", "sateen-evaluate -m run1/best.sateen --part train --json > scores.json",
       "sateen-evaluate -m run1/best.sateen --plots-dir pictures"});
}

/// The model's classes are those of the data, and its input is an image.
void check_fits(const ModelFile& file, const std::string& path, const Dataset& data) {
  if (file.model.input_shape() != data.sample_shape()) {
    throw Error(ErrorCode::kBadInput, path + ": takes " + file.model.input_shape().to_string() +
                                          " values, and the images have " + data.sample_shape().to_string());
  }
  const auto classes = static_cast<int64_t>(file.model.output_shape().elements());
  if (classes != static_cast<int64_t>(data.class_names().size())) {
    throw Error(ErrorCode::kBadInput, path + ": knows " + std::to_string(classes) + " classes, and the images have " +
                                          std::to_string(data.class_names().size()));
  }
}

int run(const Program& program, int argc, const char* const* argv) {
  Options options(program.name(), "[options] -m FILE", "Says how good a model is on labelled images.");
  describe(options);
  if (!options.parse(argc, argv)) return kDone;
  const bool json = options.given("json");
  const std::string part = options.choice("part", {"test", "train"});
  const auto digits = static_cast<int>(options.whole_number("digits", 0, kMaxDigits));
  const auto batch_size = static_cast<int64_t>(options.whole_number("batch-size", 1, kMaxBatch));
  if (options.print_config()) return kDone;
  const std::string model_path = options.text("model");
  if (model_path.empty()) throw Error(ErrorCode::kUsage, "no model; give one, as in: -m run1/best.sateen");

  const std::string pictures = options.text("plots-dir");
  const std::string gnuplot = pictures.empty() ? "" : gnuplot_or_refuse("--plots-dir");
  if (!pictures.empty()) drawing_limit();  // a value that is none is told before the work

  const ModelFile file = load_model(model_path);
  const std::string folder = options.text("data");
  const Dataset data = load_fashion_mnist(folder, part == "test" ? FashionMnistPart::kTest : FashionMnistPart::kTrain,
                                          program.log_sink());
  check_fits(file, model_path, data);
  // It takes less time than a measurement.
  const OpenedDevice opened = open_device(options, program, {.measure = DeviceRequest::Measure::kNever});
  Program::note(opened.line);
  const auto batch = static_cast<uint32_t>(std::min(batch_size, static_cast<int64_t>(data.size())));
  Predictor predictor(opened.device, file.model, file.preprocessing, batch, options.given("mirror"));
  std::vector<uint32_t> images(data.size());
  std::iota(images.begin(), images.end(), 0U);
  const Answers answers = *ask(predictor, data, images, batch, model_path, [] { return false; });
  const EvaluationReport report{
      model_path, folder, part, opened.device.info(), data.class_names(), options.given("mirror"), answers.evaluation};
  Program::print(json ? as_json(report) : as_text(report, digits));
  Program::flush();
  if (!pictures.empty()) {
    const std::string of =
        grouped(data.size()) + " " + part + " images" + (options.given("mirror") ? ", mirrored too" : "");
    Program::note(draw_pictures(gnuplot, pictures_of(file.model, answers, data, of), pictures));
  }
  return kDone;
}

}  // namespace
}  // namespace sateen::app

int main(int argc, char** argv) {
  return sateen::app::run_program("sateen-evaluate", sateen::app::run, argc, argv);
}
