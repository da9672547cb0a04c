// The training plan in a checkpoint: what is saved is loaded, and nothing else is taken.
#include <filesystem>

#include "expect_error.hpp"
#include "golden_checkpoint.hpp"
#include "temp_folder.hpp"

namespace {

using nlohmann::json;
using sateen::Checkpoint;
using sateen::ErrorCode;

/// With a plan in which nothing is as usual.
Checkpoint steered_checkpoint() {
  Checkpoint checkpoint = golden_checkpoint();
  checkpoint.plan.monitor = sateen::Monitor::kAccuracy;
  checkpoint.plan.schedule = {sateen::ScheduleKind::kCosine, 5, 3, 0.5};
  checkpoint.plan.reduce = {2, 0.25, 0.01};
  checkpoint.plan.early_stop = {4, 0.001};
  checkpoint.plan.minimum_rate = 1e-5;
  checkpoint.restore_best = true;
  checkpoint.best->epoch = 2;
  checkpoint.history[1].best = true;
  return checkpoint;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(checkpoint_plan)

BOOST_AUTO_TEST_CASE(with_a_plan) {
  const Checkpoint checkpoint = steered_checkpoint();
  const TempFolder folder;
  sateen::save_checkpoint(checkpoint, folder / "c");
  check_equal(checkpoint, sateen::load_checkpoint(folder / "c"));
  BOOST_TEST((sateen::options_of(checkpoint).plan == checkpoint.plan));
  ::check_equal(golden_model(), sateen::load_model(folder / "c"));
}

BOOST_AUTO_TEST_CASE(plans_that_are_wrong) {
  const TempFolder folder;
  sateen::save_checkpoint(steered_checkpoint(), folder / "c");
  const Parts whole = parts_of(get_file(folder / "c"));
  const auto refuse = [&](const char* part, const char* key, const json& value) {
    Parts parts = whole;
    json& object = parts.header["training"][json::json_pointer(part)];
    if (value.is_discarded()) {
      object.erase(key);
    } else {
      object[key] = value;
    }
    put_file(folder / "bad", parts.bytes());
    EXPECT_ERROR(sateen::load_checkpoint(folder / "bad"), ErrorCode::kBadInput, key);
  };
  const json missing(json::value_t::discarded);
  for (const json& value : {missing, json("Loss"), json(1), json(nullptr)}) {
    refuse("/plan", "monitor", value);
    refuse("/plan/schedule", "kind", value);
  }
  for (const json& value : {missing, json(-1), json(1.5), json("1"), json(100'001)}) {
    refuse("/plan/schedule", "epochs", value);
    refuse("/plan/schedule", "step_epochs", value);
    refuse("/plan/reduce", "patience", value);
    refuse("/plan/early_stop", "patience", value);
  }
  refuse("/plan/schedule", "epochs", 0);
  refuse("/plan/schedule", "step_epochs", 0);
  for (const json& value : {missing, json(0), json(1), json("0.5")}) {
    refuse("/plan/schedule", "factor", value);
    refuse("/plan/reduce", "factor", value);
  }
  for (const json& value : {missing, json(-1), json("1")}) {
    refuse("/plan/reduce", "min_delta", value);
    refuse("/plan/early_stop", "min_delta", value);
    refuse("/plan", "minimum_rate", value);
  }
  refuse("/plan", "minimum_rate", 0.002);  // the training begins with 0.001
  for (const char* part : {"schedule", "reduce", "early_stop"}) {
    refuse("/plan", part, missing);
    refuse("/plan", part, 1);
  }
  refuse("", "plan", 1);
  refuse("", "restore_best", 1);
}

BOOST_AUTO_TEST_SUITE_END()
