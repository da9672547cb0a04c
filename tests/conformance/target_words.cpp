// Words of a command line, and TargetOptions.
#include "target_words.hpp"

#include <algorithm>
#include <cstring>

#include <boost/program_options.hpp>

namespace conformance {

TargetOptions take_target_words(int& argc, char** argv, std::vector<std::string>* vary) {
  int split = 1;
  while (split < argc && std::strcmp(argv[split], "--") != 0) ++split;
  const std::vector<std::string> words(argv + std::min(split + 1, argc), argv + argc);
  argc = split;

  namespace po = boost::program_options;
  TargetOptions r;
  std::vector<std::string> paths;
  std::string file;
  po::options_description description;
  auto add = description.add_options();
  add("backend", po::value(&r.backend));
  add("device", po::value(&r.device_id));
  add("option", po::value(&r.options)->composing());
  add("backend-path", po::value(&paths)->composing());
  add("needs", po::value(&r.needs));
  add("needs-file", po::value(&file));
  add("expect-driver", po::value(&r.expect_driver));
  if (vary != nullptr) add("vary", po::value(vary)->composing());
  po::variables_map map;
  po::store(po::command_line_parser(words)
                .options(description)
                .style(po::command_line_style::default_style & ~po::command_line_style::allow_guessing)
                .run(),
            map);
  po::notify(map);
  r.backend_paths.assign(paths.begin(), paths.end());
  r.needs_file = file;
  return r;
}

std::string target_words(const TargetOptions& options) {
  std::string r = "--backend " + options.backend;
  if (!options.device_id.empty()) r += " --device " + options.device_id;
  for (const std::string& o : options.options) r += " --option " + o;
  for (const std::filesystem::path& p : options.backend_paths) r += " --backend-path " + p.string();
  if (!options.expect_driver.empty()) r += " --expect-driver '" + options.expect_driver + "'";
  return r;
}

}  // namespace conformance
