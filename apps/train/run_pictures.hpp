// plots/ and report.html of a run: drawn anew as epochs end.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/program.hpp"
#include "plots/drawing.hpp"
#include "plots/report_page.hpp"
#include "sateen/checkpoint.hpp"
#include "sateen/data.hpp"
#include "sateen/device.hpp"
#include "train/output_folder.hpp"
#include "train/settings.hpp"

namespace sateen::app {

/// What a run's pictures are of.
struct PictureSource {
  const Dataset& data;  ///< longer there than what draws
  Split parts;
  Device device;
};

/// Nothing here fails a run: what goes wrong is a warning, and then there are no more pictures.
class RunPictures {
 public:
  RunPictures(const Program& program, const RunSettings& run, const TrainSettings& settings, const OutputFolder& out,
              PictureSource source);

  /// After an epoch: begins to draw in the background, of a sample of the held-out images, unless it still draws.
  void epoch_ended(const Checkpoint& checkpoint);
  /// Puts in place what has been drawn meanwhile.
  void look();
  /// Draws once more and waits for it: the best model, all held-out images.
  void ended(const Checkpoint& checkpoint);
  /// Waits a moment for what is being drawn.
  void stopped();

 private:
  void begin(const Checkpoint& checkpoint, bool whole);
  void write(std::vector<Drawn> pictures);
  /// Whatever fails is a warning, and the last work that is done.
  template <typename Work>
  void attempt(Work work);
  /// Where gnuplot fails the report goes on alone.
  template <typename Work>
  void without_pictures_if_it_fails(Work draw);

  const Program& program_;
  const OutputFolder& out_;
  PictureSource source_;
  std::vector<uint32_t> images_;  ///< that are asked for
  std::string kind_;              ///< of them, in words
  ReportPage::Facts settings_;    ///< those that don't change
  ReportPage page_;               ///< of what is being drawn
  std::optional<std::string> gnuplot_;
  std::optional<Drawing> drawing_;
  int64_t batch_;
  bool on_;
};

}  // namespace sateen::app
