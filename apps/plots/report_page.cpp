// report.html: one page that shows a run and needs nothing else.
#include "plots/report_page.hpp"

#include <algorithm>

#include "common/numbers.hpp"
#include "plots/html.hpp"

namespace sateen::app {
namespace {

constexpr const char* kStyle = R"(
:root { color-scheme: light dark; --ink: #1c1c1c; --dim: #5c5c5c; --line: #d5d5d5; --paper: #fff; --mark: #e3f0f9; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #ececec; --dim: #a8a8a8; --line: #444; --paper: #181818; --mark: #163447; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 64rem; padding: 1rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.2; margin: .5rem 0; }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
p, footer { color: var(--dim); margin: .25rem 0; }
footer { margin-top: 2.5rem; border-top: 1px solid var(--line); padding-top: .5rem; font-size: .875rem; }
.scroll { overflow-x: auto; overflow-wrap: normal; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9375rem; }
th, td { padding: .2rem .75rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; padding-left: .25rem; }
thead th { color: var(--dim); font-weight: 600; }
tr.best { background: var(--mark); font-weight: 600; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1.25rem; margin: .5rem 0; }
dt { color: var(--dim); }
dd { margin: 0; }
figure { margin: 1rem 0; }
img { display: block; width: 100%; height: auto; background: #fff; border: 1px solid var(--line); border-radius: .375rem; }
figcaption { color: var(--dim); font-size: .875rem; margin-top: .25rem; }
@media (max-width: 40rem) {
  th, td { padding: .2rem .4rem; }
  img { min-width: 40rem; }
}
@media print { body { max-width: none; } }
)";

constexpr int kDigits = 4;

std::string facts(const ReportPage::Facts& all) {
  std::string html = "<dl>\n";
  for (const auto& [name, value] : all) html += "<dt>" + html_text(name) + "</dt><dd>" + html_text(value) + "</dd>\n";
  return html + "</dl>\n";
}

std::string row(const std::vector<std::string>& cells, const char* cell, const std::string& kind = {}) {
  std::string html = kind.empty() ? "<tr>" : "<tr class=\"" + kind + "\">";
  for (const std::string& text : cells) html += std::string("<") + cell + ">" + html_text(text) + "</" + cell + ">";
  return html + "</tr>\n";
}

std::string table(const std::vector<std::string>& heads, const std::string& rows) {
  return "<div class=\"scroll\"><table>\n<thead>" + row(heads, "th") + "</thead>\n<tbody>\n" + rows +
         "</tbody>\n</table></div>\n";
}

std::string loss_text(double loss) {
  return loss < 1e6 ? fixed(loss, kDigits) : general(loss, kDigits);
}

std::string history(const ReportPage& page) {
  constexpr size_t kMost = 200;  // rows that a page has
  const size_t first = page.history.size() > kMost ? page.history.size() - kMost : 0;
  std::string rows;
  for (size_t i = 0; i < page.history.size(); ++i) {
    const EpochRecord& record = page.history[i];
    const bool best = page.best == record.epoch;
    if (i < first && !best) continue;
    const bool held_out = record.held_out.images != 0;
    rows += row({std::to_string(record.epoch) + (best ? " (best)" : ""), loss_text(record.train.loss),
                 fixed(record.train.accuracy, kDigits), held_out ? loss_text(record.held_out.loss) : "–",
                 held_out ? fixed(record.held_out.accuracy, kDigits) : "–", general(record.learning_rate, kDigits)},
                "td", best ? "best" : "");
  }
  std::string html = "<h2>Epochs</h2>\n";
  if (first != 0) {
    html += "<p>The best and the last " + std::to_string(kMost) + " of " + grouped(page.history.size()) +
            "; history.csv has all.</p>\n";
  }
  return html + table({"epoch", "loss", "accuracy", "held-out loss", "held-out accuracy", "learning rate"}, rows);
}

std::string classes(const ReportPage& page) {
  const Evaluation& evaluation = *page.evaluation;
  const auto cells = [](const std::string& name, const ClassScores& scores) {
    return std::vector<std::string>{name, fixed(scores.precision, kDigits), fixed(scores.recall, kDigits),
                                    fixed(scores.f1, kDigits), grouped(scores.support)};
  };
  std::string rows;
  for (int64_t c = 0; c < evaluation.classes(); ++c) {
    rows += row(cells(page.class_names[static_cast<size_t>(c)], evaluation.scores(c)), "td");
  }
  rows += row(cells("macro average", evaluation.macro_average()), "td");
  rows += row(cells("weighted average", evaluation.weighted_average()), "td");
  return "<h2>Classes</h2>\n<p>Over " + html_text(page.of) + ": loss " + loss_text(evaluation.loss()) + ", accuracy " +
         fixed(evaluation.accuracy(), kDigits) + ".</p>\n" +
         table({"class", "precision", "recall", "F1", "images"}, rows);
}

std::string figures(const ReportPage& page) {
  std::string html = "<h2>Pictures</h2>\n";
  for (const Drawn& picture : page.pictures) {
    // As a picture, not as part of the page: the names within one don't meet those within another.
    html += "<figure><div class=\"scroll\"><img alt=\"" + html_text(picture.title) +
            "\" src=\"data:image/svg+xml;base64," + base64(picture.svg) + "\"></div><figcaption>" +
            html_text(picture.title) + "</figcaption></figure>\n";
  }
  return html;
}

}  // namespace

std::string as_html(const ReportPage& page) {
  std::string html =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" +
      html_text(page.title) + "</title>\n<style>" + kStyle + "</style>\n</head>\n<body>\n<h1>" + html_text(page.title) +
      "</h1>\n" + facts(page.result);
  if (!page.pictures.empty()) html += figures(page);
  if (page.evaluation) html += classes(page);
  if (!page.history.empty()) html += history(page);
  return html + "<h2>Settings</h2>\n" + facts(page.settings) +
         "<footer>Made by Sateen " SATEEN_VERSION ". This page needs no network.</footer>\n</body>\n</html>\n";
}

}  // namespace sateen::app
