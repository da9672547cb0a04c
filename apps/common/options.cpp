// Command lines: groups of options with a help page, strict values, and errors that say what to type instead.
#include "common/options.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <numeric>
#include <set>
#include <sstream>

#include <boost/make_shared.hpp>
#include <boost/program_options.hpp>

#include "common/config_file.hpp"
#include "common/manual_page.hpp"
#include "common/numbers.hpp"
#include "common/program.hpp"
#include "common/text.hpp"
#include "common/version.hpp"
#include "sateen/error.hpp"

namespace sateen::app {
namespace po = boost::program_options;

// What Boost parses by.
struct Options::Table {
  po::options_description all;
};

namespace {

// Of no use in a file.
constexpr std::array<const char*, 5> kCommandLineOnly = {"config", "dump-config", "help", "man", "version"};

bool command_line_only(const std::string& name) {
  return std::find(kCommandLineOnly.begin(), kCommandLineOnly.end(), name) != kCommandLineOnly.end();
}

// Boost's default style without its guessing.
constexpr int kStyle = po::command_line_style::allow_long | po::command_line_style::long_allow_adjacent |
                       po::command_line_style::long_allow_next | po::command_line_style::allow_short |
                       po::command_line_style::allow_dash_for_short | po::command_line_style::short_allow_adjacent |
                       po::command_line_style::short_allow_next;

std::string in_quotes(const std::string& text) {
  return "\"" + text + "\"";
}

const po::value_semantic* semantic_of(const Option& option) {
  if (option.value.empty()) return std::make_unique<po::untyped_value>(true).release();
  std::unique_ptr<po::typed_value<std::string>> value(po::value<std::string>());
  if (option.value_optional) value->implicit_value({}, {});
  return value.release();
}

// Made in its own memory: what add_options() is handed is lost where there is none for the description.
class Described : public po::option_description {
 public:
  explicit Described(const Option& option) : option_description(option.name.c_str(), semantic_of(option)) {}
};

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

std::string Option::short_name() const {
  const size_t comma = name.find(',');
  return comma == std::string::npos ? "" : name.substr(comma + 1);
}

std::string Option::tag() const {
  return (short_name().empty() ? "" : "-" + short_name() + ", ") + "--" + long_name() +
         (value.empty() ? "" : " " + value);
}

std::string Option::explanation() const {
  if (fallback.empty() && environment.empty()) return text;
  std::string otherwise = environment.empty() ? "" : "$" + environment;
  if (!fallback.empty()) otherwise += (otherwise.empty() ? "" : " or ") + fallback;
  return text + " (default: " + otherwise + ")";
}

void Options::add_group(const std::string& title, std::vector<Option> options) {
  po::options_description group(title);
  for (const Option& option : options) group.add(boost::make_shared<Described>(option));
  table_->all.add(group);
  groups_.push_back({title, std::move(options)});
}

void Options::set_ending(std::string notes, std::vector<std::string> examples) {
  notes_ = std::move(notes);
  examples_ = std::move(examples);
}

std::string Options::help() const {
  std::ostringstream page;
  page << "Usage: " << program_ << ' ' << usage_ << "\n\n" << summary_ << '\n';
  size_t column = 0;
  for (const OptionGroup& group : groups_) {
    for (const Option& option : group.options) column = std::max(column, option.tag().size() + 4);
  }
  for (const OptionGroup& group : groups_) {
    page << '\n' << group.title << ":\n";
    for (const Option& option : group.options) {
      std::string line = "  " + option.tag();
      line.resize(column, ' ');
      page << line << hanging(option.explanation(), column) << '\n';
    }
  }
  if (!notes_.empty()) page << '\n' << notes_ << '\n';
  if (!examples_.empty()) page << "\nExamples:\n";
  for (const std::string& example : examples_) page << "  " << example << '\n';
  return page.str();
}

const Option* Options::find(const std::string& name) const {
  for (const OptionGroup& group : groups_) {
    for (const Option& option : group.options) {
      if (option.long_name() == name) return &option;
    }
  }
  return nullptr;
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
  for (const OptionGroup& group : groups_) {
    for (const Option& option : group.options) {
      const std::string name = option.long_name();
      if (!typed.empty() && typed == option.short_name()) return "did you mean -" + typed + "?";
      if (typed.size() > 1 && name.compare(0, typed.size(), typed) == 0) return "did you mean --" + name + "?";
      const size_t distance = edit_distance(typed, name);
      if (distance < least && distance < name.size()) {
        least = distance;
        nearest = name;
      }
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
    const Option* option = words.back().rfind("--", 0) == 0 ? find(words.back().substr(2)) : nullptr;
    if (!ended && more && option != nullptr && option->value_optional) words.back() += std::string("=") + argv[++i];
  }
  return words;
}

void Options::take_command_line(int argc, const char* const* argv) {
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
    const Option& typed = *find(option.string_key);
    const Option& known = typed.same_as.empty() ? typed : *find(typed.same_as);
    std::vector<std::string>& values =
        values_.try_emplace(known.long_name(), Given{Origin::kCommandLine, {}}).first->second.values;
    if (option.original_tokens.size() > 1 && looks_like_option(option.original_tokens[1])) {
      refuse(shown + " needs a value, and " + in_quotes(option.original_tokens[1]) +
             " looks like an option; a name that begins with a dash is given as ./-name");
    }
    if (!values.empty() && !known.repeatable) {
      refuse(shown + (&typed == &known ? "" : ", which stands for --" + typed.same_as + " " + typed.implied + ",") +
             " was given twice");
    }
    values.push_back(option.value.empty() || option.value.front().empty() ? typed.implied : option.value.front());
  }
}

void Options::take_environment() {
  for (const OptionGroup& group : groups_) {
    for (const Option& option : group.options) {
      const char* value = option.environment.empty() ? nullptr : std::getenv(option.environment.c_str());
      const Given* before = given_value(option.long_name());
      const bool overruled = before != nullptr && before->origin == Origin::kCommandLine;
      if (value == nullptr || *value == '\0' || overruled) continue;
      values_.insert_or_assign(option.long_name(), Given{Origin::kEnvironment, {value}});
    }
  }
}

bool Options::parse(int argc, const char* const* argv) {
  add_group("General",
            {{"config", "FILE",
              "options from a file, each on a line such as backend = cpu; lines that begin with # are comments. The "
              "command line and the environment go before it"},
             {"dump-config", "", "such a file with what was given, the rest as comments; nothing else is done"},
             {"help,h", "", "this page"},
             {"man", "", "the manual page, for: man -l FILE"},
             {"version", "", "the version, and what it was built from and with"}});
  take_command_line(argc, argv);
  if (given("help") || given("man") || given("version")) {
    Program::print(given("help")  ? help()
                   : given("man") ? manual_page({program_, usage_, summary_, notes_, examples_, groups_, variables_})
                                  : version_text(program_));
    return false;
  }
  if (!takes_arguments_ && !arguments_.empty()) refuse("unexpected argument " + in_quotes(arguments_.front()));
  if (given("config")) {
    const std::string file = text("config");
    if (file.empty()) refuse("--config needs a value");
    try {
      take_config(read_config(file));
    } catch (const Error& error) {
      throw Error(error.code(), file + ": " + error.what());
    }
  }
  take_environment();
  return true;
}

void Options::take_config(std::string_view content) {
  std::set<std::string> seen;
  for (const ConfigEntry& entry : parse_config(content)) {
    const auto complain = [&](const std::string& what) {
      throw Error(ErrorCode::kUsage, "line " + std::to_string(entry.line) + ": " + what);
    };
    if (command_line_only(entry.key)) complain(entry.key + " is for the command line alone");
    const Option* option = find(entry.key);
    if (option == nullptr) complain("unknown option " + in_quotes(entry.key) + "; " + suggestion(entry.key));
    const std::string name = option->same_as.empty() ? entry.key : option->same_as;
    if (!seen.insert(name).second && !option->repeatable) complain(name + " is given twice");
    const bool is_switch = option->value.empty();
    if (is_switch && entry.value != "true" && entry.value != "false") {
      complain(entry.key + ": " + in_quotes(entry.value) + " is not true or false");
    }
    if (is_switch && entry.value == "false") continue;
    if (on_line(name)) continue;
    Given& given = values_.try_emplace(name, Given{Origin::kFile, {}}).first->second;
    given.values.push_back(is_switch ? option->implied : entry.value);
  }
}

bool Options::print_config() const {
  if (!given("dump-config")) return false;
  std::string file = "# Options of " + program_ + ", read by --config. What nobody gave is a comment.\n";
  for (const OptionGroup& group : groups_) {
    if (command_line_only(group.options.front().long_name())) continue;
    file += "\n# " + group.title + "\n";
    for (const Option& option : group.options) {
      if (!option.same_as.empty()) continue;
      const std::string name = option.long_name();
      const bool is_switch = option.value.empty();
      if (const Given* given = given_value(name)) {
        for (const std::string& value : given->values) file += config_line(name, is_switch ? "true" : value);
      } else {
        file += "# " + name + " = " +
                (is_switch                 ? "false"
                 : option.fallback.empty() ? option.value
                                           : option.fallback) +
                "\n";
      }
    }
  }
  Program::print(file);
  return true;
}

const Options::Given* Options::given_value(const std::string& name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? nullptr : &found->second;
}

bool Options::given(const std::string& name) const {
  const Given* value = given_value(name);
  return value != nullptr && value->origin != Origin::kEnvironment;
}

bool Options::from_config(const std::string& name) const {
  const Given* value = given_value(name);
  return value != nullptr && value->origin == Origin::kFile;
}

std::string Options::shown(const std::string& name) const {
  const Given* value = given_value(name);
  if (value != nullptr && value->origin == Origin::kEnvironment) return find(name)->environment;
  return from_config(name) ? text("config") + ": " + name : "--" + name;
}

std::string Options::text(const std::string& name) const {
  const std::vector<std::string> values = texts(name);
  return values.empty() ? std::string() : values.front();
}

std::vector<std::string> Options::texts(const std::string& name) const {
  if (const Given* given = given_value(name)) return given->values;
  const Option* option = find(name);
  if (option == nullptr || option->fallback.empty()) return {};
  return {option->fallback};
}

std::string Options::choice(const std::string& name, const std::vector<std::string>& choices) const {
  std::string value = text(name);
  if (std::find(choices.begin(), choices.end(), value) != choices.end()) return value;
  std::string listed;
  for (size_t i = 0; i < choices.size(); ++i) {
    listed += (i == 0 ? "" : i + 1 == choices.size() ? " or " : ", ") + choices[i];
  }
  const auto near = std::find_if(choices.begin(), choices.end(), [&](const std::string& choice) {
    return edit_distance(value, choice) <= choice.size() / 3 || (value.size() > 1 && choice.rfind(value, 0) == 0);
  });
  throw Error(ErrorCode::kUsage, shown(name) + ": " + in_quotes(value) + " is not " + listed +
                                     (near == choices.end() ? "" : "; did you mean " + *near + "?"));
}

uint64_t Options::whole_number(const std::string& name, uint64_t lowest, uint64_t highest) const {
  const std::string value = text(name);
  const auto number = parse_unsigned(value);
  if (number && *number >= lowest && *number <= highest) return *number;
  throw Error(ErrorCode::kUsage, shown(name) + ": " + in_quotes(value) + " is not a whole number from " +
                                     grouped(lowest) + " to " + grouped(highest));
}

double Options::number(const std::string& name, bool (*accept)(double), std::string_view expected) const {
  const std::string value = text(name);
  const auto number = parse_real(value);
  if (number && accept(*number)) return *number;
  throw Error(ErrorCode::kUsage, shown(name) + ": " + in_quotes(value) + " is not " + std::string(expected));
}

}  // namespace sateen::app
