// Files of options: their lines, and the values that a program takes from them.
#include "common/options.hpp"
#include "sateen/error.hpp"
#include "target.hpp"

namespace sateen::fuzz {

namespace {

using app::Options;

Input text(const char* words) {
  const std::string_view view = words;
  return {view.begin(), view.end()};
}

/// What sateen-train asks of its options, by kinds.
void take_values(const Options& options) {
  options.choice("model", {"dropout", "plain"});
  options.whole_number("epochs", 1, 1'000'000);
  options.number(
      "lr", [](double x) { return x > 0 && x <= 1e30; }, "a number above 0 and up to 1e30");
  options.texts("device-option");
  options.text("out");
}

}  // namespace

/// There is no checksum to get past: what is text counts as passed.
Outcome try_input(Bytes input) {
  Options options("sateen-train", "[options]", "Trains.");
  options.add_group("Training", {{"model,m", "NAME", "a choice", "plain"},
                                 {"epochs", "N", "a whole number", "20"},
                                 {"lr", "X", "a number", "0.001"},
                                 {"out", "DIR", "a text"},
                                 {.name = "device-option", .value = "KEY=VALUE", .text = "a text", .repeatable = true},
                                 {"profile", "", "a switch"}});
  try {
    options.take_config({reinterpret_cast<const char*>(input.data()), input.size()});
    take_values(options);
    return Outcome::kAccepted;
  } catch (const Error& error) {
    require(error.code() == ErrorCode::kUsage || error.code() == ErrorCode::kBadInput, "a complaint about the file");
    return error.code() == ErrorCode::kUsage ? Outcome::kPassed : Outcome::kRefused;
  }
}

void mutate(Input& input, size_t most, uint32_t, const Change& change) {
  change(input, most);
}

std::vector<Input> seeds() {
  return {
      text("epochs = 5\nmodel = plain\nlr = 0.5\nout = run1\n"),
      text("# comment\n; comment\n\n  profile=true\r\ndevice-option = threads=1\ndevice-option=a=b=c # no comment\n"),
      text("\xEF\xBB\xBFlr=1e-3\nepochs=18446744073709551616\n"),
      text("[section]\nepochs = 1\n"),
      text("epchs = 3\n"),
      text("profile = false\nepochs =\n")};
}

}  // namespace sateen::fuzz
