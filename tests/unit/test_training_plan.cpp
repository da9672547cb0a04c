// Steering a training: held against Keras's callbacks and PyTorch's schedulers, which data/make_plan_golden.py asked.
#define BOOST_TEST_DYN_LINK
#include <cmath>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "sateen/training_plan.hpp"

using namespace sateen;

namespace {

std::vector<std::string> split_at(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

std::vector<std::vector<std::string>> golden_lines() {
  std::ifstream file(std::string(SATEEN_UNIT_DATA) + "/plan-golden.csv");
  std::vector<std::vector<std::string>> lines;
  for (std::string line; std::getline(file, line);) {
    if (line.front() != '#') lines.push_back(split_at(line, ','));
  }
  return lines;
}

/// A record in which the monitor, and nothing else, sees the value.
EpochRecord record_of(int64_t epoch, Monitor monitor, double value) {
  EpochRecord record;
  record.epoch = epoch;
  record.train = {-1, -1, 4};
  record.held_out = {-1, -1, 2};
  Metrics& metrics = monitor == effective(monitor, false) ? record.train : record.held_out;
  (monitor == Monitor::kLoss || monitor == Monitor::kHeldOutLoss ? metrics.loss : metrics.accuracy) = value;
  return record;
}

void hold_against_callbacks(const std::vector<std::string>& line) {
  TrainingPlan plan;
  plan.monitor = monitor_by_name(line[0]).value();
  const double rate = std::stod(line[1]);
  plan.minimum_rate = std::stod(line[2]);
  plan.reduce = {std::stoll(line[3]), std::stod(line[4]), std::stod(line[5])};
  plan.early_stop = {std::stoll(line[6]), std::stod(line[7])};
  std::vector<EpochRecord> history;
  for (size_t i = 8; i < line.size(); ++i) {
    const auto epoch = split_at(line[i], ';');
    history.push_back(record_of(static_cast<int64_t>(i) - 7, plan.monitor, std::stod(epoch[0])));
    const auto ended = static_cast<int64_t>(history.size());
    // Keras keeps its rate in f32.
    BOOST_TEST(learning_rate(plan, rate, ended, history) == std::stod(epoch[1]), boost::test_tools::tolerance(1e-5));
    BOOST_TEST(stops_early(plan, history) == (epoch[2] == "1"));
  }
}

void hold_against_scheduler(const std::vector<std::string>& line) {
  TrainingPlan plan;
  plan.schedule.kind = schedule_by_name(line[0]).value();
  const double rate = std::stod(line[1]);
  plan.minimum_rate = std::stod(line[2]);
  const bool step = plan.schedule.kind == ScheduleKind::kStep;
  (step ? plan.schedule.step_epochs : plan.schedule.epochs) = std::stoll(line[3]);
  plan.schedule.factor = std::stod(line[4]);
  for (size_t i = 5; i < line.size(); ++i) {
    const auto ended = static_cast<int64_t>(i) - 5;
    BOOST_TEST(learning_rate(plan, rate, ended, {}) == std::stod(line[i]), boost::test_tools::tolerance(1e-9));
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(training_plan)

BOOST_AUTO_TEST_CASE(what_keras_and_pytorch_say) {
  const auto lines = golden_lines();
  BOOST_TEST_REQUIRE(lines.size() == 280U);
  for (const auto& line : lines) {
    BOOST_TEST_CONTEXT(line[0] << "," << line[1] << "," << line[2] << ",…") {
      monitor_by_name(line[0]) ? hold_against_callbacks(line) : hold_against_scheduler(line);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_default_does_nothing) {
  std::vector<EpochRecord> history;
  for (int64_t epoch = 1; epoch <= 50; ++epoch) history.push_back(record_of(epoch, Monitor::kHeldOutLoss, 1));
  BOOST_TEST(learning_rate({}, 0.25, 50, history) == 0.25);
  BOOST_TEST(!stops_early({}, history));
  BOOST_TEST(plateau_reductions({}, 0.25, history) == 0);
}

BOOST_AUTO_TEST_CASE(schedule_and_plateaus_together) {
  TrainingPlan plan;
  plan.schedule = {ScheduleKind::kStep, 0, 2, 0.5};
  plan.reduce = {2, 0.25, 0};
  std::vector<EpochRecord> history;
  for (int64_t epoch = 1; epoch <= 3; ++epoch) history.push_back(record_of(epoch, Monitor::kHeldOutLoss, 1));
  BOOST_TEST(learning_rate(plan, 1, 3, history) == 0.125);
  plan.minimum_rate = 0.2;
  BOOST_TEST(learning_rate(plan, 1, 3, history) == 0.2);
  // Epochs that nobody measured count for the schedule alone.
  BOOST_TEST(learning_rate(plan, 1, 3, {}) == 0.5);
}

// At the minimum there is nothing to reduce, so that a rate that rises again is not lower than it has to be.
BOOST_AUTO_TEST_CASE(at_the_minimum_nothing_is_reduced) {
  std::vector<EpochRecord> flat;
  for (int64_t epoch = 1; epoch <= 20; ++epoch) flat.push_back(record_of(epoch, Monitor::kHeldOutLoss, 1));
  TrainingPlan plan;
  plan.reduce = {2, 0.5, 0};
  plan.minimum_rate = 0.25;
  BOOST_TEST(plateau_reductions(plan, 1, flat) == 2);  // to the minimum, not below
  plan.minimum_rate = 0.2;
  BOOST_TEST(plateau_reductions(plan, 1, flat) == 3);  // from 0.25, to what is then held up at 0.2
  plan.minimum_rate = 1;
  BOOST_TEST(plateau_reductions(plan, 1, flat) == 0);
  // A cosine is at 0.5625 in the third epoch and at its end in the fifth.
  plan.schedule = {ScheduleKind::kCosine, 4, 10, 0.1};
  plan.minimum_rate = 0.125;
  BOOST_TEST(plateau_reductions(plan, 1, flat) == 1);
  plan.reduce.patience = 4;
  BOOST_TEST(plateau_reductions(plan, 1, flat) == 0);
}

// As long as one can be: what each epoch costs doesn't grow with the steps of the schedule.
BOOST_AUTO_TEST_CASE(a_long_history) {
  std::vector<EpochRecord> flat;
  for (int64_t epoch = 1; epoch <= 100'000; ++epoch) flat.push_back(record_of(epoch, Monitor::kHeldOutLoss, 1));
  TrainingPlan plan;
  plan.schedule = {ScheduleKind::kStep, 0, 1, 0.9999};
  plan.reduce = {1, 0.9999, 0};
  BOOST_TEST(plateau_reductions(plan, 1, flat) == 99'999);
  BOOST_TEST(learning_rate(plan, 1, 100'000, flat) == std::pow(0.9999, 199'999), boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(a_cosine_stays_at_its_end) {
  TrainingPlan plan;
  plan.schedule.kind = ScheduleKind::kCosine;
  plan.schedule.epochs = 4;
  plan.minimum_rate = 0.125;
  for (const int64_t ended : {4, 5, 100'000}) BOOST_TEST(learning_rate(plan, 1, ended, {}) == 0.125);
}

BOOST_AUTO_TEST_CASE(where_nothing_is_held_out) {
  EpochRecord record;
  record.train = {0.5, 0.75, 4};
  BOOST_TEST(monitored(Monitor::kHeldOutLoss, record) == 0.5);
  BOOST_TEST(monitored(Monitor::kHeldOutAccuracy, record) == 0.75);
  record.held_out = {0.25, 1, 2};
  BOOST_TEST(monitored(Monitor::kHeldOutLoss, record) == 0.25);
  BOOST_TEST(monitored(Monitor::kHeldOutAccuracy, record) == 1);
  BOOST_TEST(monitored(Monitor::kLoss, record) == 0.5);
  BOOST_TEST(monitored(Monitor::kAccuracy, record) == 0.75);
}

BOOST_AUTO_TEST_CASE(the_first_of_the_best) {
  BOOST_TEST(!best_epoch(Monitor::kLoss, {}).has_value());
  std::vector<EpochRecord> history;
  for (const double value : {3.0, 1.0, 2.0, 1.0, 3.0}) {
    history.push_back(record_of(static_cast<int64_t>(history.size()) + 1, Monitor::kLoss, value));
    history.back().train.accuracy = value;
  }
  BOOST_TEST(best_epoch(Monitor::kLoss, history)->epoch == 2);
  BOOST_TEST(best_epoch(Monitor::kAccuracy, history)->epoch == 1);
}

BOOST_AUTO_TEST_CASE(names) {
  for (const char* name : {"val_loss", "val_accuracy", "loss", "accuracy"}) {
    BOOST_TEST(name_of(monitor_by_name(name).value()) == name);
  }
  for (const char* name : {"constant", "step", "cosine"}) BOOST_TEST(name_of(schedule_by_name(name).value()) == name);
  BOOST_TEST(!monitor_by_name("Loss").has_value());
  BOOST_TEST(!schedule_by_name("").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
