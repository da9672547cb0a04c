// Manual pages, made from the same table as --help.
#include "common/manual_page.hpp"

#include <array>
#include <cctype>
#include <string_view>

#include "common/exit_code.hpp"

namespace sateen::app {
namespace {

constexpr std::array<const char*, 6> kPrograms = {"sateen-bench", "sateen-conformance", "sateen-evaluate",
                                                  "sateen-info",  "sateen-predict",     "sateen-train"};

/// Text as it stands: no character of it is roff's.
std::string escaped(std::string_view text) {
  std::string out;
  bool line_begins = true;
  for (const char c : text) {
    if (line_begins && (c == '.' || c == '\'')) out += "\\&";
    line_begins = c == '\n';
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
  }
  return out;
}

std::string heading(std::string_view macro, std::string_view title) {
  std::string upper(title);
  if (macro == "SH") {
    for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return "." + std::string(macro) + " \"" + escaped(upper) + "\"\n";
}

/// A paragraph with a tag before it.
std::string tagged(const std::string& tag, std::string_view text) {
  return ".TP\n" + tag + "\n" + escaped(text) + "\n";
}

std::string bold(std::string_view text) {
  return "\\fB" + escaped(text) + "\\fR";
}

/// "-m, --model FILE" and "--resume [DIR]"
std::string tag_of(const Option& option) {
  std::string tag = option.short_name().empty() ? "" : bold("-" + option.short_name()) + ", ";
  tag += bold("--" + option.long_name());
  if (!option.value.empty()) tag += " \\fI" + escaped(option.value) + "\\fR";
  return tag;
}

/// Lines that were broken for a terminal flow again; an empty one ends a paragraph.
std::string paragraphs(const std::string& text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    size_t end = text.find("\n\n", at);
    if (end == std::string::npos) end = text.size();
    out += (at == 0 ? "" : ".PP\n") + escaped(text.substr(at, end - at)) + "\n";
    at = end + 2;
  }
  return out;
}

/// "Says what is on pictures." → "says what is on pictures"
std::string as_phrase(std::string text) {
  text.front() = static_cast<char>(std::tolower(static_cast<unsigned char>(text.front())));
  if (text.back() == '.') text.pop_back();
  for (char& c : text) c = c == '\n' ? ' ' : c;
  return text;
}

}  // namespace

std::string manual_page(const ManualSource& source) {
  std::string page = ".TH \"" + source.program + "\" 1 \"\" \"Sateen " SATEEN_VERSION "\" \"Sateen\"\n";
  page += heading("SH", "Name") + escaped(source.program) + " \\- " + escaped(as_phrase(source.summary)) + "\n";
  page += heading("SH", "Synopsis") + bold(source.program) + " " + escaped(source.usage) + "\n";
  page += heading("SH", "Description") + paragraphs(source.summary + "\n\n" + source.notes);

  std::string variables;
  page += heading("SH", "Options");
  for (const OptionGroup& group : source.groups) {
    page += heading("SS", group.title);
    for (const Option& option : group.options) {
      page += tagged(tag_of(option), option.explanation());
      if (!option.environment.empty()) {
        variables += tagged(bold(option.environment), "Stands for --" + option.long_name() + " where it isn't given.");
      }
    }
  }
  for (const auto& [name, text] : source.variables) variables += tagged(bold(name), text);
  if (!variables.empty()) page += heading("SH", "Environment") + variables;

  page += heading("SH", "Exit status");
  for (const ExitCodeMeaning& code : kExitCodes) page += tagged(bold(code.code), code.meaning);

  page += heading("SH", "Examples") + ".nf\n";
  for (const std::string& example : source.examples) page += escaped(example) + "\n";
  page += ".fi\n";

  page += heading("SH", "See also");
  std::string others;
  for (const char* program : kPrograms) {
    if (source.program != program) others += (others.empty() ? "" : ", ") + bold(program) + "(1)";
  }
  return page + others + "\n";
}

}  // namespace sateen::app
