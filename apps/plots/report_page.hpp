// report.html: one page that shows a run and needs nothing else.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "plots/drawing.hpp"
#include "sateen/evaluation.hpp"
#include "sateen/train.hpp"

namespace sateen::app {

/// What is on the page.
struct ReportPage {
  std::string title;
  using Facts = std::vector<std::pair<std::string, std::string>>;
  Facts result, settings;
  std::vector<EpochRecord> history;
  std::optional<int64_t> best;  ///< epoch
  std::optional<Evaluation> evaluation;
  std::string of;  ///< the images of the evaluation, in words
  std::vector<std::string> class_names;
  std::vector<Drawn> pictures;
};

/// HTML without scripts and without a reference to anything outside of it.
std::string as_html(const ReportPage& page);

}  // namespace sateen::app
