// sateen-info: says what this machine can train on, tests it, and looks into model files.
#include <initializer_list>
#include <string>
#include <vector>

#include "common/data_option.hpp"
#include "common/device.hpp"
#include "common/exit_code.hpp"
#include "common/options.hpp"
#include "common/program.hpp"
#include "info/data.hpp"
#include "info/file.hpp"
#include "info/list.hpp"
#include "info/self_test/command.hpp"
#include "plots/drawing.hpp"
#include "plots/pictures.hpp"
#include "sateen/error.hpp"
#include "sateen/inspect.hpp"

namespace sateen::app {
namespace {

int list_devices(const Options& options, const Program& program) {
  const Registry registry = make_registry(options, program);
  Program::print(options.given("json") ? devices_as_json(registry) : devices_as_text(registry));
  Program::flush();
  for (const BackendRemark& remark : registry.remarks()) program.warning(remark.backend + ": " + remark.text);
  return kDone;
}

int show_data(const Options& options, const Program& program) {
  const std::string folder = options.text("plots-dir");
  const std::string gnuplot = folder.empty() ? "" : gnuplot_or_refuse("--plots-dir");
  if (!folder.empty()) drawing_limit();  // a value that is none is told before the work
  const DataParts parts = load_parts(options.text("data"), program);
  Program::print(options.given("json") ? data_as_json(parts) : data_as_text(parts));
  Program::flush();
  if (!folder.empty()) Program::note(draw_pictures(gnuplot, {images(parts.train, "training images")}, folder));
  return kDone;
}

/// Every file is looked at, whatever is wrong with one before it.
int verify_files(const std::vector<std::string>& files, const LoadOptions& load, const Program& program) {
  int code = kDone;
  for (const std::string& file : files) {
    try {
      const FileSummary summary = inspect(file, load);
      Program::print(file_in_a_line(file, summary));
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kOutput) throw;
      program.error(error.what());
      if (code == kDone) code = exit_code(error.code());
    }
  }
  return code;
}

int show_file(const std::vector<std::string>& files, const LoadOptions& load, bool json) {
  if (files.size() > 1) {
    throw Error(ErrorCode::kUsage, "one file at a time; several are checked by: sateen-info verify FILE...");
  }
  const FileSummary summary = inspect(files.front(), load);
  Program::print(json ? file_as_json(files.front(), summary) : file_as_text(files.front(), summary));
  return kDone;
}

/// The options that fit none of what was asked for.
void refuse_others(const Options& options, std::initializer_list<const char*> names, const std::string& asked) {
  for (const char* name : names) {
    if (options.given(name)) throw Error(ErrorCode::kUsage, std::string("--") + name + " is not for " + asked);
  }
}

int run(const Program& program, int argc, const char* const* argv) {
  Options options(program.name(), "--list-devices|--self-test|data|[verify] FILE... [options]",
                  "Says what this machine can train on and tests whether it does so rightly,\n"
                  "shows a data set, and looks into model files and checkpoints.");
  options.add_group("What to show",
                    {{"list-devices", "", "every device of every backend, and the backends that can't be used"},
                     {"self-test", "", "whether a device computes rightly, how fast, and what it is"},
                     {"json", "", "as JSON"},
                     {"report", "FILE", "of --self-test: writes all that a bug report needs to a new file"},
                     {"allow-nonfinite", "", "of a file: weights may be NaN or infinite"},
                     data_option(),
                     {"plots-dir", "DIR",
                      "of data: draw the first images of each class into this folder, by gnuplot; made if missing"}});
  add_device_options(options);
  options.take_arguments();
  options.set_ending(
      "data says how many images of each class there are, and what is in them.\n"
      "A FILE is checked as it would be before it is used, and shown: layers, settings,\n"
      "history, checksums. verify says in a line for each whether it is whole; the exit\n"
      "code is 3 when one is not.",
      {"sateen-info --list-devices", "sateen-info --self-test --backend opencl --report report.txt",
       "sateen-info data --plots-dir pictures", "sateen-info run1/last.sateen", "sateen-info verify run1/*.sateen"});
  if (!options.parse(argc, argv) || options.print_config()) return kDone;
  std::vector<std::string> files = options.arguments();
  const bool data = !files.empty() && files.front() == "data";
  const bool verify = !files.empty() && files.front() == "verify";
  const bool list = options.given("list-devices");
  const bool test = options.given("self-test");
  if (int{list} + int{test} + int{!files.empty()} != 1) {
    throw Error(ErrorCode::kUsage, (list || test ? "one thing at a time; try: " : "nothing to show; try: ") +
                                       program.name() + " --list-devices, " + program.name() + " --self-test, " +
                                       program.name() + " data, or " + program.name() + " FILE");
  }
  if (!data) refuse_others(options, {"data", "plots-dir"}, "this, but for: sateen-info data");
  if (list) {
    refuse_others(options, {"report", "backend", "device", "device-option", "strict", "allow-nonfinite"},
                  "--list-devices, which shows all there is");
    return list_devices(options, program);
  }
  if (test) {
    refuse_others(options, {"allow-nonfinite"}, "--self-test, which reads no file");
    return self_test_command(options, program);
  }
  refuse_others(options, {"report", "backend", "device", "device-option", "strict", "backend-path"},
                data ? "data" : "files");
  if (data) {
    refuse_others(options, {"allow-nonfinite"}, "data");
    if (files.size() > 1) throw Error(ErrorCode::kUsage, "data takes no FILE; another data set is: --data DIR");
    return show_data(options, program);
  }
  if (verify) files.erase(files.begin());
  const LoadOptions load{options.given("allow-nonfinite")};
  if (!verify) return show_file(files, load, options.given("json"));
  refuse_others(options, {"json"}, "verify; the exit code tells");
  if (files.empty()) throw Error(ErrorCode::kUsage, "verify needs a file; try: sateen-info verify run1/last.sateen");
  return verify_files(files, load, program);
}

}  // namespace
}  // namespace sateen::app

int main(int argc, char** argv) {
  return sateen::app::run_program("sateen-info", sateen::app::run, argc, argv);
}
