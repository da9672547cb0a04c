// sateen-predict: says what is on pictures.
#include <algorithm>
#include <cmath>
#include <optional>

#include "common/device.hpp"
#include "common/exit_code.hpp"
#include "common/options.hpp"
#include "common/program.hpp"
#include "predict/format.hpp"
#include "sateen/error.hpp"
#include "sateen/image.hpp"
#include "sateen/model_file.hpp"
#include "sateen/predict.hpp"

namespace sateen::app {
namespace {

void describe(Options& options) {
  options.add_group(
      "Model and pictures",
      {{"model,m", "FILE", "a model from sateen-train"},
       {"invert", "yes|no", "turn dark on light into light on dark, which is what Fashion-MNIST has", "no"},
       {"allow-nonfinite", "", "take a model whose weights are not all finite"}});
  options.add_group("Results", {{"format", "text|json", "a line a picture, or a JSON array", "text"}});
  add_device_options(options);
  options.take_arguments();
  options.set_ending(
      "PNG, JPEG, BMP and PNM of any size; colour becomes grey and the size that of\n"
      "the model's input. Results alone go to stdout, in the order of the pictures. A\n"
      "picture that can't be read is named on stderr and left out, the rest are done,\n"
      "and the exit code is 3. After -- every word is a picture.",
      {"sateen-predict -m run1/best.sateen coat.png shoe.jpg",
       "sateen-predict -m run1/best.sateen --invert yes --format json photos/*.jpg"});
}

// Pictures as the model wants them.
class Reader {
 public:
  Reader(const Shape& input, const std::string& model, bool invert) : invert_(invert) {
    constexpr int64_t kMaxSide = 8192;  // of a picture
    if (input.rank() != 3 || input[2] != 1 || input[0] > kMaxSide || input[1] > kMaxSide) {
      throw Error(ErrorCode::kBadInput, model + ": takes " + input.to_string() +
                                            " values, not a grey picture; give a model for grey pictures");
    }
    height_ = static_cast<int>(input[0]);
    width_ = static_cast<int>(input[1]);
  }

  std::vector<uint8_t> read(const std::string& file) const {
    GrayImage image = resize(load_image(file), width_, height_);
    if (invert_) image = invert(std::move(image));
    return std::move(image.pixels);
  }

 private:
  bool invert_;
  int width_ = 0, height_ = 0;
};

// One array over all pictures, written as they are done.
class Results {
 public:
  explicit Results(bool json) : json_(json) {
    if (json_) Program::print("[");
  }
  void add(const std::string& file, const std::vector<Prediction>& predictions) {
    if (json_) {
      Program::print(first_ ? "\n" : ",\n");
      Program::print(as_json(file, predictions));
    } else {
      Program::print(as_text(file, predictions) + "\n");
    }
    Program::flush();
    first_ = false;
  }
  void end() const {
    if (json_) Program::print("\n]\n");
  }

 private:
  bool json_, first_ = true;
};

int run(const Program& program, int argc, const char* const* argv) {
  Options options(program.name(), "[options] -m FILE IMAGE...", "Says what is on pictures, with probabilities.");
  describe(options);
  if (!options.parse(argc, argv)) return kDone;
  const bool json = options.choice("format", {"text", "json"}) == "json";
  const bool inverted = options.choice("invert", {"no", "yes"}) == "yes";
  if (options.print_config()) return kDone;
  const std::string model_path = options.text("model");
  if (model_path.empty()) throw Error(ErrorCode::kUsage, "no model; give one, as in: -m run1/best.sateen");
  if (options.arguments().empty()) throw Error(ErrorCode::kUsage, "no picture; name at least one after the options");

  const ModelFile file = load_model(model_path, {options.given("allow-nonfinite")});
  const Reader reader(file.model.input_shape(), model_path, inverted);
  // A picture takes less time than a measurement.
  const OpenedDevice opened = open_device(options, program, {.measure = DeviceRequest::Measure::kNever});
  Program::note(opened.line);
  Predictor predictor(opened.device, file.model, file.preprocessing);

  int code = kDone;
  Results results(json);
  for (const std::string& name : options.arguments()) {
    std::vector<uint8_t> pixels;
    try {
      pixels = reader.read(name);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kBadInput) throw;
      program.error(error.what());
      code = kBadInput;
      continue;
    }
    const std::vector<float> probabilities = predictor.predict(pixels);
    if (!std::all_of(probabilities.begin(), probabilities.end(), [](float p) { return std::isfinite(p); })) {
      throw Error(ErrorCode::kBadInput,
                  model_path + ": gives no finite probabilities for " + name + "; train it again");
    }
    results.add(name, ranked(probabilities, file.class_names));
  }
  results.end();
  return code;
}

}  // namespace
}  // namespace sateen::app

int main(int argc, char** argv) {
  return sateen::app::run_program("sateen-predict", sateen::app::run, argc, argv);
}
