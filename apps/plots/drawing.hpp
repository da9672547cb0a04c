// Pictures that are drawn in the background, and their files.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "plots/gnuplot.hpp"
#include "plots/script.hpp"

namespace sateen::app {

/// The path of gnuplot. Throws Error(kUsage) where it isn't there: option asks for it.
std::string gnuplot_or_refuse(const std::string& option);

/// A picture as it was drawn.
struct Drawn {
  std::string name, title;
  std::string png, svg;
};

class Drawing {
 public:
  /// Throws Error(kRuntime), as take does.
  Drawing(const std::string& gnuplot, std::vector<Picture> pictures);

  bool running() { return process_.running(); }
  /// Waits until it is drawn, or stop() says true.
  void wait(const std::function<bool()>& stop);
  /// What was drawn, when it isn't running any more.
  std::vector<Drawn> take() const;

 private:
  std::vector<Picture> pictures_;
  Gnuplot process_;
};

/// Writes NAME.png and NAME.svg of each, whole or not at all, though not safe from a power cut. Makes the folder where it is missing. Throws Error(kOutput).
void write_pictures(const std::vector<Drawn>& pictures, const std::filesystem::path& folder);

/// Draws all of them into a folder, by a gnuplot that is there, and says which in a line. Throws what Drawing and
/// write_pictures do.
std::string draw_pictures(const std::string& gnuplot, std::vector<Picture> pictures,
                          const std::filesystem::path& folder);

}  // namespace sateen::app
