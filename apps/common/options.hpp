// Command lines: groups of options with a help page, strict values, and errors that say what to type instead.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace sateen::app {

/// One option of a program.
struct Option {
  std::string name;   ///< "epochs", or "model,m" with a short form
  std::string value;  ///< what stands for its value in --help: "N"; empty for a switch
  std::string text;
  bool repeatable = false;
  bool value_optional = false;  ///< the value may be left out and is empty then; not for programs that take arguments
};

/// The parsed command line of a program, and the file of --config behind it. Every complaint
/// about what they say is Error(kUsage), with its option named; a file that is none is Error(kBadInput).
class Options {
 public:
  /// usage: what follows the program's name: "[options] --out DIR".
  Options(std::string program, std::string usage, std::string summary);
  ~Options();
  Options(const Options&) = delete;
  Options& operator=(const Options&) = delete;

  void add_group(const std::string& title, const std::vector<Option>& options);
  /// Further words are taken, not refused.
  void take_arguments() { takes_arguments_ = true; }
  /// What ends the help page: examples, and what there is to know.
  void set_ending(std::string text) { ending_ = std::move(text); }

  /// False when --help or --version was asked for and printed: there is nothing more to do.
  bool parse(int argc, const char* const* argv);
  /// Adds the options of a file (config_file.hpp) that the command line has not. parse does it for --config.
  void take_config(std::string_view content);

  bool given(const std::string& name) const { return values_.count(name) != 0; }
  /// Given by the file of --config: an environment variable that stands for the option goes before it.
  bool from_config(const std::string& name) const { return from_config_.count(name) != 0; }
  /// The words after the options, in order.
  const std::vector<std::string>& arguments() const { return arguments_; }

  std::string text(const std::string& name, const std::string& fallback) const;
  std::vector<std::string> texts(const std::string& name) const;
  std::string choice(const std::string& name, const std::vector<std::string>& choices) const;  ///< the first: default
  uint64_t whole_number(const std::string& name, uint64_t fallback, uint64_t lowest, uint64_t highest) const;
  /// accept: whether the number is one to take; expected: how the error says which are: "a number above 0".
  double number(const std::string& name, double fallback, bool (*accept)(double), std::string_view expected) const;

 private:
  struct Table;
  std::string help() const;
  std::vector<std::string> join_optional_values(int argc, const char* const* argv) const;
  std::string suggestion(std::string typed) const;
  /// The option as errors about its value name it: "--epochs", or "run.ini: epochs".
  std::string shown(const std::string& name) const;
  [[noreturn]] void refuse(const std::string& message) const;

  std::string program_, usage_, summary_, ending_;
  std::unique_ptr<Table> table_;
  bool takes_arguments_ = false;
  std::map<std::string, std::vector<std::string>> values_;
  std::set<std::string> from_config_;  ///< names in values_ that the file gave
  std::vector<std::string> arguments_;
};

}  // namespace sateen::app
