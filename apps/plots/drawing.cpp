// Pictures that are drawn in the background, and their files.
#include "plots/drawing.hpp"

#include <system_error>
#include <thread>
#include <utility>

#include "common/text.hpp"
#include "plots/html.hpp"
#include "sateen/error.hpp"
#include "sateen/write_file.hpp"

namespace sateen::app {
namespace {

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

/// Says what is on it, and keeps the pixels of images sharp.
std::string finished(std::string svg, const std::string& title) {
  replace_all(svg, "<title>Gnuplot</title>", "<title>" + html_text(title) + "</title>");
  replace_all(svg, "<image ", "<image style='image-rendering:pixelated' ");
  return svg;
}

}  // namespace

std::string gnuplot_or_refuse(const std::string& option) {
  if (const std::optional<std::string> gnuplot = find_gnuplot()) return *gnuplot;
  throw Error(ErrorCode::kUsage, option + ": gnuplot isn't on PATH; install it (on Debian and Ubuntu the package " +
                                     "gnuplot-nox), or leave " + option + " out");
}

Drawing::Drawing(const std::string& gnuplot, std::vector<Picture> pictures)
    : pictures_(std::move(pictures)),
      process_(gnuplot, script_of(pictures_), pictures_.size() * std::size(kFormats), drawing_limit()) {
  for (Picture& picture : pictures_) picture.data = picture.commands = {};
}

void Drawing::wait(const std::function<bool()>& stop) {
  constexpr std::chrono::milliseconds kLook{5};
  while (process_.running() && !stop()) std::this_thread::sleep_for(kLook);
}

std::vector<Drawn> Drawing::take() const {
  std::vector<std::string> outputs = process_.outputs();
  std::vector<Drawn> drawn;
  drawn.reserve(pictures_.size());
  for (size_t i = 0; i < pictures_.size(); ++i) {
    const Picture& picture = pictures_[i];
    for (size_t format = 0; format < std::size(kFormats); ++format) {
      if (is_whole(kFormats[format], outputs[i * std::size(kFormats) + format])) continue;
      throw Error(ErrorCode::kRuntime, "gnuplot drew no whole " + picture.name + "." + kFormats[format] +
                                           "; look whether it is the real one, of version 5 or later");
    }
    drawn.push_back({picture.name, picture.title, std::move(outputs[i * std::size(kFormats)]),
                     finished(std::move(outputs[i * std::size(kFormats) + 1]), picture.title)});
  }
  return drawn;
}

void write_pictures(const std::vector<Drawn>& pictures, const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw Error(ErrorCode::kOutput, folder.string() + ": can't make the folder: " + error.message());
  for (const Drawn& picture : pictures) {
    write_file(folder / (picture.name + ".png"), picture.png, Durable::kNo);
    write_file(folder / (picture.name + ".svg"), picture.svg, Durable::kNo);
  }
}

std::string draw_pictures(const std::string& gnuplot, std::vector<Picture> pictures,
                          const std::filesystem::path& folder) {
  Drawing drawing(gnuplot, std::move(pictures));
  drawing.wait([] { return false; });
  const std::vector<Drawn> drawn = drawing.take();
  write_pictures(drawn, folder);
  std::string names;
  for (const Drawn& picture : drawn) names += (names.empty() ? "" : ", ") + picture.name;
  return one_line(folder.string() + ": " + names + ", as PNG and SVG");
}

}  // namespace sateen::app
