// sateen-conformance-same-bytes: opens a backend once for each --vary option and wants the same bytes from all.
//   sateen-conformance-same-bytes [Boost.Test options] -- --backend NAME --vary key=value --vary key=value …
#include <algorithm>
#include <cstring>
#include <iostream>

#include <boost/program_options.hpp>
#include <boost/test/unit_test.hpp>

#include "runner.hpp"
#include "suite.hpp"
#include "target.hpp"
#include "training_step.hpp"

namespace conformance {
namespace {

namespace ut = boost::unit_test;

struct SameOptions {
  TargetOptions target;
  std::vector<std::string> vary;  ///< options to compare with one another
};

/// Splits the command line at "--": argc is cut there, and what follows is read. Throws std::exception on a bad option.
SameOptions take_options(int& argc, char** argv) {
  int split = 1;
  while (split < argc && std::strcmp(argv[split], "--") != 0) ++split;
  const std::vector<std::string> words(argv + std::min(split + 1, argc), argv + argc);
  argc = split;

  namespace po = boost::program_options;
  SameOptions r;
  std::vector<std::string> paths;
  std::string file;
  po::options_description description;
  auto add = description.add_options();
  add("backend", po::value(&r.target.backend));
  add("device", po::value(&r.target.device_id));
  add("option", po::value(&r.target.options)->composing());
  add("vary", po::value(&r.vary)->composing());
  add("backend-path", po::value(&paths)->composing());
  add("needs-file", po::value(&file));
  add("expect-driver", po::value(&r.target.expect_driver));
  po::variables_map map;
  po::store(po::command_line_parser(words)
                .options(description)
                .style(po::command_line_style::default_style & ~po::command_line_style::allow_guessing)
                .run(),
            map);
  po::notify(map);
  r.target.backend_paths.assign(paths.begin(), paths.end());
  r.target.needs_file = file;
  return r;
}

/// The options again, as they are typed.
std::string command_line(const SameOptions& options) {
  std::string r = "--backend " + options.target.backend;
  if (!options.target.device_id.empty()) r += " --device " + options.target.device_id;
  for (const std::string& o : options.target.options) r += " --option " + o;
  for (const std::string& o : options.vary) r += " --vary " + o;
  for (const std::filesystem::path& p : options.target.backend_paths) r += " --backend-path " + p.string();
  if (!options.target.expect_driver.empty()) r += " --expect-driver '" + options.target.expect_driver + "'";
  return r;
}

struct Devices {
  SameOptions options;
  std::vector<std::unique_ptr<Target>> open;
};

Devices& devices() {
  static Devices all;
  return all;
}

class DevicesFixture : public ut::global_fixture {
 public:
  void setup() override {
    for (const std::string& option : devices().options.vary)
      devices().open.push_back(std::make_unique<Target>(devices().options.target, std::vector<std::string>{option}));
  }
  void teardown() override { devices().open.clear(); }
};

void compare(const std::function<Image(sateen::Device&)>& work) {
  const Devices& all = devices();
  const Image first = work(all.open[0]->device());
  for (size_t i = 1; i < all.open.size(); ++i)
    BOOST_CHECK_MESSAGE(work(all.open[i]->device()) == first,
                        all.options.vary[i] << " gives other bytes than " << all.options.vary[0]);
}

bool add_all_tests() {
  static DevicesFixture fixture;
  static RerunPrinter printer("sateen-conformance-same-bytes", command_line(devices().options));
  ut::framework::register_observer(printer);
  ut::test_suite& root = ut::framework::master_test_suite();
  root.p_name.value = "same bytes";
  const CaseList list = all_cases();
  for (uint32_t kind = 1; kind < SATEEN_OP_END_; ++kind) {
    ut::test_suite* suite = BOOST_TEST_SUITE(op_name(kind));
    for (const NamedCase& c : list.cases()) {
      if (c.kind != kind) continue;
      add_test(*suite, c.name, [c] {
        const OpCase built = c.build();
        compare([&](sateen::Device& device) { return run_once(device, built, Placement::kApart); });
      });
    }
    root.add(suite);
  }
  add_test(root, "training_step", [] {
    compare([](sateen::Device& device) { return TrainingStep(device.info().alignment, 1).run(device, 6); });
  });
  return true;
}

}  // namespace

/// What main calls.
int run_same_bytes(int argc, char** argv) {
  SameOptions& options = devices().options;
  try {
    options = take_options(argc, argv);
    if (options.vary.size() < 2) throw std::runtime_error("--vary is wanted at least twice");
  } catch (const std::exception& e) {
    std::cerr << "sateen-conformance-same-bytes: error: " << e.what() << '\n';
    return 2;
  }
  const std::string missing = missing_needs(options.target);
  if (!missing.empty()) {
    std::cout << "skipped: same bytes -- " << command_line(options) << ": " << missing << '\n';
    return kSkipped;
  }
  return ut::unit_test_main(&add_all_tests, argc, argv);
}

}  // namespace conformance

int main(int argc, char** argv) {
  return conformance::run_same_bytes(argc, argv);
}
