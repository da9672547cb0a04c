// Pictures as commands to gnuplot.
#include "plots/script.hpp"

#include <cmath>

#include "common/numbers.hpp"
#include "plots/characters.hpp"
#include "plots/gnuplot.hpp"

namespace sateen::app {
namespace {

std::string terminal(std::string_view format, const Picture& picture) {
  // sans-serif is a name that fontconfig and browsers both know. noenhanced: text has no markup.
  const std::string size = " size " + std::to_string(picture.width) + "," + std::to_string(picture.height);
  const std::string rest = " noenhanced font 'sans-serif,11' background rgb '#ffffff'\n";
  return format == "svg" ? "set terminal svg" + size + " fixed" + rest : "set terminal pngcairo" + size + rest;
}

}  // namespace

std::string plot_text(std::string_view text, size_t longest) {
  std::vector<std::string_view> all = characters(text);
  const bool cut = longest != 0 && all.size() > longest;
  if (cut) all.resize(longest - 1);
  std::string result = "'";
  for (const std::string_view character : all) {
    result += character.empty() ? "?" : is_control(character) ? " " : character == "'" ? "’" : character;
  }
  return result + (cut ? "…'" : "'");
}

std::string label(std::string_view text, const std::string& at, const std::string& options, size_t longest) {
  return "set label " + plot_text(text, longest) + " at " + at + " " + options + "\n";
}

std::string plot_number(double value) {
  constexpr int kDigits = 9;
  return std::isfinite(value) ? general(value, kDigits) : "NaN";
}

std::string script_of(std::span<const Picture> pictures) {
  std::string script = "set encoding utf8\n";
  size_t output = 0;
  for (const Picture& picture : pictures) {
    script += picture.data;
    for (const char* format : kFormats) {
      script += "reset\n" + terminal(format, picture) + "set output '" + Gnuplot::output_name(output++) + "'\n" +
                picture.commands + "unset output\n";
    }
  }
  return script;
}

bool is_whole(std::string_view format, std::string_view content) {
  constexpr std::string_view kPngBegin = "\x89PNG\r\n\x1a\n";
  constexpr std::string_view kPngEnd = "IEND\xae\x42\x60\x82";
  constexpr std::string_view kSvgBegin = "<?xml";
  constexpr std::string_view kSvgEnd = "</svg>";
  if (format == "png")
    return content.substr(0, kPngBegin.size()) == kPngBegin && content.size() > kPngEnd.size() &&
           content.substr(content.size() - kPngEnd.size()) == kPngEnd;
  return content.substr(0, kSvgBegin.size()) == kSvgBegin && content.rfind(kSvgEnd) != std::string_view::npos;
}

}  // namespace sateen::app
