// Command lines: groups of options with a help page, strict values, and errors that say what to type instead.
#include "common/options.hpp"

#include <algorithm>
#include <numeric>
#include <set>
#include <sstream>

#include <boost/program_options.hpp>

#include "common/config_file.hpp"
#include "common/numbers.hpp"
#include "common/program.hpp"
#include "sateen/error.hpp"

namespace sateen::app {
namespace po = boost::program_options;

struct Options::Table {
  po::options_description all;
  std::vector<std::string> names;
  std::set<std::string> repeatable, switches, value_optional;
};

namespace {

// Boost's default style without its guessing.
constexpr int kStyle = po::command_line_style::allow_long | po::command_line_style::long_allow_adjacent |
                       po::command_line_style::long_allow_next | po::command_line_style::allow_short |
                       po::command_line_style::allow_dash_for_short | po::command_line_style::short_allow_adjacent |
                       po::command_line_style::short_allow_next;

std::string quoted(const std::string& text) {
  return "\"" + text + "\"";
}

// Levenshtein's distance.
size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

// "-5" is a (wrong) number, "-m" and "--out" are options that have lost their place.
bool looks_like_option(const std::string& word) {
  return word.size() > 1 && word[0] == '-' && !(word[1] >= '0' && word[1] <= '9') && word[1] != '.' && word != "-inf" &&
         word != "-nan";
}

}  // namespace

Options::Options(std::string program, std::string usage, std::string summary)
    : program_(std::move(program)),
      usage_(std::move(usage)),
      summary_(std::move(summary)),
      table_(std::make_unique<Table>()) {}

Options::~Options() = default;

void Options::add_group(const std::string& title, const std::vector<Option>& options) {
  po::options_description group(title);
  for (const Option& option : options) {
    const std::string name = option.name.substr(0, option.name.find(','));
    if (option.value.empty()) {
      group.add_options()(option.name.c_str(), option.text.c_str());
      table_->switches.insert(name);
    } else {
      // Owned until it is added, which may not come to pass.
      std::unique_ptr<po::typed_value<std::string>> value(po::value<std::string>());
      value->value_name(option.value);
      if (option.value_optional) value->implicit_value({}, {});
      group.add_options()(option.name.c_str(), value.release(), option.text.c_str());
    }
    table_->names.push_back(name);
    if (option.repeatable) table_->repeatable.insert(name);
    if (option.value_optional) table_->value_optional.insert("--" + name);
  }
  table_->all.add(group);
}

std::string Options::help() const {
  std::ostringstream page;
  page << "Usage: " << program_ << ' ' << usage_ << "\n\n" << summary_ << '\n' << table_->all;
  if (!ending_.empty()) page << '\n' << ending_ << '\n';
  return page.str();
}

void Options::refuse(const std::string& message) const {
  throw Error(ErrorCode::kUsage, message + "; see " + program_ + " --help");
}

std::string Options::suggestion(std::string typed) const {
  typed.erase(0, typed.find_first_not_of('-'));
  typed = typed.substr(0, typed.find('='));
  for (char& c : typed) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  std::string nearest;
  size_t least = 3;
  for (const std::string& name : table_->names) {
    if (typed.size() > 1 && name.compare(0, typed.size(), typed) == 0) return "did you mean --" + name + "?";
    const size_t distance = edit_distance(typed, name);
    if (distance < least && distance < name.size()) {
      least = distance;
      nearest = name;
    }
  }
  return nearest.empty() ? "see " + program_ + " --help" : "did you mean --" + nearest + "?";
}

// Boost takes an optional value only where it is written as --name=value.
std::vector<std::string> Options::join_optional_values(int argc, const char* const* argv) const {
  std::vector<std::string> words;
  bool ended = false;  // by "--"
  for (int i = 1; i < argc; ++i) {
    words.emplace_back(argv[i]);
    ended = ended || words.back() == "--";
    const bool more = i + 1 < argc && *argv[i + 1] != '\0' && !looks_like_option(argv[i + 1]);
    if (!ended && more && table_->value_optional.count(words.back()) != 0) words.back() += std::string("=") + argv[++i];
  }
  return words;
}

bool Options::parse(int argc, const char* const* argv) {
  add_group("General",
            {{"config", "FILE",
              "options from a file, each on a line such as backend = cpu; lines that begin with # are comments. The "
              "command line and the environment go before it"},
             {"help,h", "", "this page"},
             {"version", "", "the version"}});
  po::parsed_options parsed(&table_->all);
  try {
    parsed = po::command_line_parser(join_optional_values(argc, argv)).options(table_->all).style(kStyle).run();
  } catch (const po::unknown_option& error) {
    throw Error(ErrorCode::kUsage,
                "unknown option " + error.get_option_name() + "; " + suggestion(error.get_option_name()));
  } catch (const po::error_with_option_name& error) {
    // Boost's own sentence repeats what was typed without its first letter; this one says what to do.
    const auto* syntax = dynamic_cast<const po::invalid_command_line_syntax*>(&error);
    if (syntax != nullptr && syntax->kind() == po::invalid_syntax::extra_parameter) {
      refuse(error.get_option_name() + " takes no value");
    }
    refuse(error.get_option_name() + " needs a value");
  } catch (const po::error& error) {
    refuse(error.what());
  }
  for (const auto& option : parsed.options) {
    if (option.string_key.empty()) {
      arguments_.insert(arguments_.end(), option.value.begin(), option.value.end());
      continue;
    }
    const std::string shown = "--" + option.string_key;
    auto& values = values_[option.string_key];
    if (option.original_tokens.size() > 1 && looks_like_option(option.original_tokens[1])) {
      refuse(shown + " needs a value, and " + quoted(option.original_tokens[1]) +
             " looks like an option; a name that begins with a dash is given as ./-name");
    }
    if (!values.empty() && table_->repeatable.count(option.string_key) == 0) refuse(shown + " was given twice");
    values.push_back(option.value.empty() ? std::string() : option.value.front());
  }
  if (given("help")) {
    Program::print(help());
    return false;
  }
  if (given("version")) {
    Program::print(program_ + " " SATEEN_VERSION "\n");
    return false;
  }
  if (!takes_arguments_ && !arguments_.empty()) refuse("unexpected argument " + quoted(arguments_.front()));
  if (given("config")) {
    const std::string file = text("config", {});
    if (file.empty()) refuse("--config needs a value");
    try {
      take_config(read_config(file));
    } catch (const Error& error) {
      throw Error(error.code(), file + ": " + error.what());
    }
  }
  return true;
}

void Options::take_config(std::string_view content) {
  static const std::set<std::string> kCommandLineOnly = {"config", "help", "version"};
  std::set<std::string> seen;
  for (const ConfigEntry& entry : parse_config(content)) {
    const auto complain = [&](const std::string& what) {
      throw Error(ErrorCode::kUsage, "line " + std::to_string(entry.line) + ": " + what);
    };
    if (std::find(table_->names.begin(), table_->names.end(), entry.key) == table_->names.end()) {
      complain("unknown option " + quoted(entry.key) + "; " + suggestion(entry.key));
    }
    if (kCommandLineOnly.count(entry.key) != 0) complain(entry.key + " is for the command line alone");
    if (!seen.insert(entry.key).second && table_->repeatable.count(entry.key) == 0) {
      complain(entry.key + " is given twice");
    }
    const bool is_switch = table_->switches.count(entry.key) != 0;
    if (is_switch && entry.value != "true" && entry.value != "false") {
      complain(entry.key + ": " + quoted(entry.value) + " is not true or false");
    }
    if (is_switch && entry.value == "false") continue;
    if (given(entry.key) && !from_config(entry.key)) continue;  // the command line has it
    from_config_.insert(entry.key);
    values_[entry.key].push_back(is_switch ? std::string() : entry.value);
  }
}

std::string Options::shown(const std::string& name) const {
  return from_config(name) ? text("config", {}) + ": " + name : "--" + name;
}

std::string Options::text(const std::string& name, const std::string& fallback) const {
  const auto found = values_.find(name);
  return found == values_.end() ? fallback : found->second.front();
}

std::vector<std::string> Options::texts(const std::string& name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::vector<std::string>{} : found->second;
}

std::string Options::choice(const std::string& name, const std::vector<std::string>& choices) const {
  std::string value = text(name, choices.front());
  if (std::find(choices.begin(), choices.end(), value) != choices.end()) return value;
  std::string listed;
  for (size_t i = 0; i < choices.size(); ++i) {
    listed += (i == 0 ? "" : i + 1 == choices.size() ? " or " : ", ") + choices[i];
  }
  throw Error(ErrorCode::kUsage, shown(name) + ": " + quoted(value) + " is not " + listed);
}

uint64_t Options::whole_number(const std::string& name, uint64_t fallback, uint64_t lowest, uint64_t highest) const {
  if (!given(name)) return fallback;
  const std::string value = text(name, {});
  const auto number = parse_unsigned(value);
  if (number && *number >= lowest && *number <= highest) return *number;
  throw Error(ErrorCode::kUsage, shown(name) + ": " + quoted(value) + " is not a whole number from " + grouped(lowest) +
                                     " to " + grouped(highest));
}

double Options::number(const std::string& name, double fallback, bool (*accept)(double),
                       std::string_view expected) const {
  if (!given(name)) return fallback;
  const std::string value = text(name, {});
  const auto number = parse_real(value);
  if (number && accept(*number)) return *number;
  throw Error(ErrorCode::kUsage, shown(name) + ": " + quoted(value) + " is not " + std::string(expected));
}

}  // namespace sateen::app
