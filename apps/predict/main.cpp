// sateen-predict: says what is on pictures.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "common/device.hpp"
#include "common/exit_code.hpp"
#include "common/options.hpp"
#include "common/program.hpp"
#include "common/text.hpp"
#include "predict/batches.hpp"
#include "predict/inputs.hpp"
#include "predict/reader.hpp"
#include "predict/results.hpp"
#include "predict/saved_pictures.hpp"
#include "sateen/error.hpp"
#include "sateen/model_file.hpp"

namespace sateen::app {
namespace {

constexpr size_t kBatch = 32;  // pictures; more gain little, and make results wait

void describe(Options& options) {
  options.add_group("Model", {{"model,m", "FILE", "a model from sateen-train"},
                              {"allow-nonfinite", "", "take a model whose weights are not all finite"}});
  options.add_group(
      "Pictures",
      {{"recursive,r", "", "pictures in the folders of a folder too; links to folders are not followed"},
       {"null,0", "", "names in the list on standard input end with a NUL byte, as find -print0 writes them"},
       {"invert", "auto|yes|no",
        "turn dark on light into light on dark, which is what Fashion-MNIST has; auto goes by the border", "auto"},
       {"mirror", "", "mean of each picture and its mirror image; for models trained with --augment mirror"},
       {"save-preprocessed", "DIR", "write what the network saw as PNG into a new or empty folder"}});
  options.add_group(
      "Results",
      {{"format", "text|csv|json|jsonl", "a line a picture, a table, a JSON array, or a JSON object a line", "text"},
       {"top,k", "N", "show the N most probable classes (default: 3 in text, 1 in CSV, all in JSON)"}});
  add_device_options(options);
  options.take_arguments();
  options.set_ending(
      "An argument is a picture, a folder, of which all pictures are taken, sorted by\n"
      "name, or -, a list of either on standard input, a name a line. Pictures are PNG,\n"
      "JPEG, BMP and PNM. One of the size of the model's input stays as it is; of any\n"
      "other the garment is cut out, put on black, and fitted in. What was done is said\n"
      "on stderr, with a warning where it may be wrong. Results alone go to stdout, in\n"
      "the order of the pictures. A picture that can't be read is named on stderr and\n"
      "left out, the rest are done, and the exit code is 3, or 4 if memory was short.\n"
      "After -- no word is an option. A file named - is given as ./-.",
      {"sateen-predict -m run1/best.sateen coat.png shoe.jpg",
       "sateen-predict -m run1/best.sateen --recursive --format csv photos >photos.csv",
       "find photos -name '*.jpg' -print0 | sateen-predict -m run1/best.sateen -0 -"});
}

Inversion inversion_of(const Options& options) {
  const std::string given = options.choice("invert", {"auto", "yes", "no"});
  if (given == "auto") return Inversion::kAuto;
  return given == "yes" ? Inversion::kYes : Inversion::kNo;
}

std::optional<size_t> classes_of(const Options& options) {
  constexpr uint64_t kMostClasses = 1'000'000;
  if (!options.given("top")) return std::nullopt;
  return options.whole_number("top", 1, kMostClasses);
}

// What became of a picture, in one line: nothing where it stayed as it was.
void tell(const Program& program, const Picture& picture) {
  const PreparedPhoto& prepared = picture.prepared;
  const std::string steps = joined(prepared.steps, ", ");
  if (!prepared.doubts.empty()) {
    program.warning(picture.file + ": unsure: " + joined(prepared.doubts, "; ") +
                    (steps.empty() ? "" : " (" + steps + ")"));
  } else if (!steps.empty()) {
    Program::note(one_line(picture.file) + ": " + steps);
  }
}

/// From the files to the results. A picture that can't be read, for want of memory too, is named and left out; returns
/// the exit code that says so.
int each_picture(const Program& program, Inputs& inputs, const Reader& reader, std::optional<SavedPictures>& saved,
                 Batches& batches) {
  int code = kDone;
  bool finishing = false;
  const auto before_waiting = [&] {
    finishing = true;
    batches.finish();
    finishing = false;
  };
  while (true) {
    Picture picture;
    try {
      const std::optional<std::string> name = inputs.next(before_waiting);
      if (!name) break;
      picture = reader.read(*name);
    } catch (const Error& error) {
      if (finishing || (error.code() != ErrorCode::kBadInput && error.code() != ErrorCode::kNoMemory)) throw;
      program.error(error.what());
      code = std::max<int>(code, exit_code(error.code()));
      continue;
    }
    if (saved) picture.saved = saved->save(picture.file, picture.prepared.image);
    tell(program, picture);
    batches.add(std::move(picture));
  }
  batches.finish();
  return code;
}

int run(const Program& program, int argc, const char* const* argv) {
  Options options(program.name(), "[options] -m FILE PICTURE|FOLDER|-...",
                  "Says what is on pictures, with probabilities.");
  describe(options);
  if (!options.parse(argc, argv)) return kDone;
  const Results::Format format = Results::format_of(options.choice("format", {"text", "csv", "json", "jsonl"}));
  const Inversion inversion = inversion_of(options);
  const std::optional<size_t> classes = classes_of(options);
  if (options.print_config()) return kDone;
  const std::string model_path = options.text("model");
  if (model_path.empty()) throw Error(ErrorCode::kUsage, "no model; give one, as in: -m run1/best.sateen");
  if (options.arguments().empty()) throw Error(ErrorCode::kUsage, "no picture; name at least one after the options");
  Inputs inputs(options.arguments(), {options.given("recursive"), options.given("null") ? '\0' : '\n'});

  const ModelFile file = load_model(model_path, {options.given("allow-nonfinite")});
  const Reader reader(file.model.input_shape(), model_path, inversion);
  std::optional<SavedPictures> saved;
  if (options.given("save-preprocessed")) {
    saved.emplace(options.text("save-preprocessed"));
    inputs.leave_out(options.text("save-preprocessed"));
  }
  // A picture takes less time than a measurement.
  const OpenedDevice opened = open_device(options, program, {.measure = DeviceRequest::Measure::kNever});
  Program::note(opened.line);
  Results results(format, classes);
  Batches batches(opened.device, file, model_path, inputs.single() ? 1 : kBatch, options.given("mirror"), results);

  try {
    const int code = each_picture(program, inputs, reader, saved, batches);
    results.end();
    return code;
  } catch (...) {
    // Whatever stops the rest, what was read before it has its results.
    batches.finish();
    results.end();
    throw;
  }
}

}  // namespace
}  // namespace sateen::app

int main(int argc, char** argv) {
  return sateen::app::run_program("sateen-predict", sateen::app::run, argc, argv);
}
