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

/// Nothing here fails a run: what goes wrong is a warning. Between epochs it is told once, and the next epoch and the end
/// are tried nevertheless.
class RunPictures {
 public:
  RunPictures(const Program& program, const RunSettings& run, const TrainSettings& settings, const OutputFolder& out,
              PictureSource source);

  /// Whether a run that has ended lacks what would be drawn now, or has it from before its end.
  static bool missing(const RunSettings& run, const OutputFolder& out);

  /// Removes those of an earlier run, or of before where they aren't kept up any more.
  void remove_earlier();
  /// After an epoch: begins to draw in the background, of a sample of the held-out images, unless it still draws.
  void epoch_ended(const Checkpoint& checkpoint);
  /// Puts in place what has been drawn meanwhile.
  void look() { put_in_place(true); }
  /// Draws once more and waits for it: the best model, all held-out images. A signal ends that; the report has the tables
  /// then.
  void ended(const Checkpoint& checkpoint);
  /// Waits a moment for what is being drawn, and writes the report's tables as they are now.
  void stopped(const Checkpoint& checkpoint);
  /// What there is to see, in a line; empty where nothing was written.
  std::string described() const;

 private:
  /// Asks the model and begins to draw. whole: the best one, about all images.
  void begin(const Checkpoint& checkpoint, bool whole);
  /// The page's tables but that of the classes.
  void take_tables(const Checkpoint& checkpoint);
  void write_report();
  /// What has been drawn, once it is.
  void put_in_place(bool between);
  /// What fails is a warning; between epochs the first time.
  template <typename Work>
  void attempt(bool between, Work work);

  const Program& program_;
  const OutputFolder& out_;
  PictureSource source_;
  std::vector<uint32_t> images_;  ///< that are asked for
  std::string kind_;              ///< of them, in words
  ReportPage::Facts settings_;    ///< those that don't change
  ReportPage page_;               ///< as it is, with the newest pictures that there are
  std::optional<std::string> gnuplot_;
  std::optional<Drawing> drawing_;
  int64_t batch_;
  bool on_, warned_ = false, written_ = false, drawn_ = false;
};

}  // namespace sateen::app
