// Command lines: groups of options with a help page, strict values, and errors that say what to type instead.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sateen::app {

/// One option of a program: what help page, manual page and --dump-config say of it, and how it is taken.
struct Option {
  std::string name;   ///< "epochs", or "model,m" with a short form
  std::string value;  ///< what stands for its value in --help: "N"; empty for a switch
  std::string text;
  std::string fallback = {};     ///< its value where nobody gives one; empty: none, and the text says what happens then
  std::string environment = {};  ///< a variable that stands for it
  bool repeatable = false;
  bool value_optional = false;  ///< the value may be left out and is `implied` then; not for programs with arguments
  std::string implied = {};
  std::string same_as = {};  ///< of a switch: stands for this other option with the value `implied`

  std::string long_name() const { return name.substr(0, name.find(',')); }
  /// "m" of "model,m"; empty where there is none.
  std::string short_name() const;
  /// "-m, --model FILE"
  std::string tag() const;
  /// The text, and what the option is where it isn't given.
  std::string explanation() const;
};

struct OptionGroup {
  std::string title;
  std::vector<Option> options;
};

/// The options of a program, and what was given for them: by the command line, else the environment, else the file of
/// --config, else their fallbacks. Every complaint about what they say is Error(kUsage), with its option named; a file
/// that is none is Error(kBadInput).
class Options {
 public:
  /// usage: what follows the program's name: "[options] --out DIR".
  Options(std::string program, std::string usage, std::string summary);
  ~Options();
  Options(const Options&) = delete;
  Options& operator=(const Options&) = delete;

  void add_group(const std::string& title, std::vector<Option> options);
  /// Further words are taken, not refused.
  void take_arguments() { takes_arguments_ = true; }
  /// What there is to know besides, in lines of at most 80 columns, and command lines that show the program in use.
  void set_ending(std::string notes, std::vector<std::string> examples);

  /// A variable that the program goes by and that stands for no option, for the manual page.
  void add_variable(const std::string& name, const std::string& text) { variables_.emplace_back(name, text); }

  /// False when --help, --man or --version was asked for and printed: there is nothing more to do.
  bool parse(int argc, const char* const* argv);
  /// Adds the options of a file (config_file.hpp) that the command line has not. parse does it for --config.
  void take_config(std::string_view content);
  /// Prints a file for --config, where --dump-config asks for it: then there is nothing more to do. What was given, or
  /// comes from the environment, is a line; every other option is a comment with its fallback, so that reading the file
  /// back gives what was given and no more. Fits where the program has looked at its options' values.
  bool print_config() const;

  /// By the command line or the file of --config.
  bool given(const std::string& name) const;
  bool on_line(const std::string& name) const { return given(name) && !from_config(name); }
  /// By the file of --config.
  bool from_config(const std::string& name) const;
  /// The option as errors about its value name it: "--epochs", "SATEEN_PLOTS", or "run.ini: epochs".
  std::string shown(const std::string& name) const;
  /// The words after the options, in order.
  const std::vector<std::string>& arguments() const { return arguments_; }

  /// The value; empty where there is none.
  std::string text(const std::string& name) const;
  std::vector<std::string> texts(const std::string& name) const;
  // Of options that have a fallback or were given:
  std::string choice(const std::string& name, const std::vector<std::string>& choices) const;
  uint64_t whole_number(const std::string& name, uint64_t lowest, uint64_t highest) const;
  /// accept: whether the number is one to take; expected: how the error says which are: "a number above 0".
  double number(const std::string& name, bool (*accept)(double), std::string_view expected) const;

 private:
  struct Table;
  enum class Origin { kFile, kEnvironment, kCommandLine };  // the later goes before
  struct Given {
    Origin origin;
    std::vector<std::string> values;
  };
  std::string help() const;
  void take_command_line(int argc, const char* const* argv);
  void take_environment();
  const Option* find(const std::string& name) const;
  const Given* given_value(const std::string& name) const;
  std::vector<std::string> join_optional_values(int argc, const char* const* argv) const;
  std::string suggestion(std::string typed) const;
  [[noreturn]] void refuse(const std::string& message) const;

  std::string program_, usage_, summary_, notes_;
  std::vector<std::string> examples_;
  std::vector<OptionGroup> groups_;
  std::vector<std::pair<std::string, std::string>> variables_;
  std::unique_ptr<Table> table_;
  bool takes_arguments_ = false;
  std::map<std::string, Given> values_;
  std::vector<std::string> arguments_;
};

}  // namespace sateen::app
