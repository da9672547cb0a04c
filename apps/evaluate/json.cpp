// An evaluation for programs.
#include <nlohmann/json.hpp>

#include "evaluate/report.hpp"

namespace sateen::app {
namespace {

using Json = nlohmann::ordered_json;

Json scores_json(const ClassScores& scores) {
  return {{"precision", scores.precision}, {"recall", scores.recall}, {"f1", scores.f1}, {"support", scores.support}};
}

}  // namespace

std::string as_json(const EvaluationReport& report) {
  const Evaluation& evaluation = report.evaluation;
  Json classes = Json::array();
  Json confusion = Json::array();
  for (int64_t truth = 0; truth < evaluation.classes(); ++truth) {
    Json entry = {{"index", truth}, {"label", report.class_names[static_cast<size_t>(truth)]}};
    entry.update(scores_json(evaluation.scores(truth)));
    classes.push_back(std::move(entry));
    Json row = Json::array();
    for (int64_t said = 0; said < evaluation.classes(); ++said) row.push_back(evaluation.count(truth, said));
    confusion.push_back(std::move(row));
  }
  const Json json = {{"schema", "sateen.evaluate/1"},
                     {"version", SATEEN_VERSION},
                     {"model", report.model},
                     {"data", report.data},
                     {"part", report.part},
                     {"mirror", report.mirror},
                     {"backend", report.device.backend},
                     {"device", report.device.id},
                     {"device_name", report.device.name},
                     {"images", evaluation.images()},
                     {"loss", evaluation.loss()},
                     {"accuracy", evaluation.accuracy()},
                     {"classes", std::move(classes)},
                     {"macro_average", scores_json(evaluation.macro_average())},
                     {"weighted_average", scores_json(evaluation.weighted_average())},
                     {"confusion", std::move(confusion)}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace sateen::app
