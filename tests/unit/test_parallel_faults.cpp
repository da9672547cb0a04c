// Several ranks in one process: all stop after the same step, and say who is missing or differs.
#define BOOST_TEST_DYN_LINK
#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "expect_error.hpp"
#include "rank_run.hpp"

using namespace sateen;

namespace {

/// What three ranks have after rank `who` was told to stop, which it is once when(epochs ended, steps done, steps) holds.
std::vector<TrainState> stopped(int who, const std::function<bool(int64_t, int64_t, int64_t)>& when) {
  Run run;
  run.stops.resize(3);
  std::vector<TrainState> states(3);
  const auto errors = run.on_ranks(3, [&](Trainer& trainer, int rank) {
    const auto i = static_cast<size_t>(rank);
    FitCallbacks callbacks;
    callbacks.on_progress = [&](const Metrics&, int64_t done, int64_t steps) {
      if (rank == who && when(trainer.epoch(), done, steps)) run.stops[i].cancel();
    };
    try {
      trainer.fit(20, callbacks, run.stops[i]);
    } catch (const GroupError&) {
      states[i] = trainer.state();
      throw;
    }
  });
  for (const auto& error : errors) BOOST_TEST((error && error->code() == ErrorCode::kCancelled));
  return states;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(parallel_faults)

BOOST_AUTO_TEST_CASE(a_step_that_a_rank_does_not_end_changes_nothing) {
  for (const bool normalised : {false, true}) {
    Run run;
    if (normalised) run.model = normalised_network();
    const std::vector<float> want = run.trained(3, 2);
    std::vector<EpochRecord> history;
    TrainState state;
    Run later = run;
    const auto errors = run.on_ranks(3, [&](Trainer& trainer, int rank) {
      FitCallbacks callbacks;
      callbacks.on_epoch = [&](const EpochRecord& record) {
        if (rank == 0) history.push_back(record);
      };
      if (rank == 2) {
        trainer.fit(1);
        trainer.begin_epoch();
        trainer.run_steps(5);
        throw Error(ErrorCode::kDevice, "it is broken");
      }
      try {
        trainer.fit(2, callbacks);
      } catch (const RankError&) {
        if (rank == 0) {
          state = trainer.state();
          later.model = trainer.model();
        }
        throw;
      }
    });
    for (const auto& error : errors) BOOST_TEST(error.has_value());
    BOOST_TEST(state.epoch == 1);
    BOOST_TEST(state.step == 5);
    std::vector<float> got;
    later.on_ranks(3, [&](Trainer& trainer, int rank) {
      trainer.restore(state, history);
      trainer.fit(1);
      if (rank == 0) got = weights_of(trainer);
    });
    BOOST_TEST(got == want);
  }
}

BOOST_AUTO_TEST_CASE(all_stop_after_the_same_step) {
  const auto states = stopped(1, [](int64_t epoch, int64_t done, int64_t) { return epoch == 0 && done >= 4; });
  for (const TrainState& state : states) {
    BOOST_TEST(state.epoch * 1000 + state.step >= 4);
    BOOST_TEST(state.epoch == states[0].epoch);
    BOOST_TEST(state.step == states[0].step);
  }
}

BOOST_AUTO_TEST_CASE(all_stop_within_an_evaluation) {
  for (const TrainState& state :
       stopped(2, [](int64_t epoch, int64_t done, int64_t steps) { return epoch == 1 && done == steps; })) {
    BOOST_TEST(state.epoch == 1);
    BOOST_TEST(state.step == 17);  // all of the second epoch, which has no evaluation yet
  }
}

BOOST_AUTO_TEST_CASE(all_diverge_at_the_same_step) {
  Run run;
  run.options.adam.learning_rate = 1e30;
  // By the loss of a step, or by what the last step of an epoch leaves behind.
  for (const int64_t batch : {16, 264}) {
    run.options.batch_size = batch;
    std::string first;
    for (const auto& error : run.on_ranks(3, [&](Trainer&trainer, int rank) {
           FitCallbacks callbacks;
           callbacks.on_epoch = [&](const EpochRecord&) {
             if (rank == 0) trainer.state();  // as who saves does
           };
           trainer.fit(3, callbacks);
         })) {
      BOOST_TEST_REQUIRE(error.has_value());
      BOOST_TEST(static_cast<int>(error->code()) == static_cast<int>(ErrorCode::kDiverged));
      if (first.empty()) first = error->what();
      BOOST_TEST(first == error->what());
    }
  }
}

BOOST_AUTO_TEST_CASE(who_differs_is_named) {
  const Run run;
  Run other = run;
  other.options.seed = 7;
  const auto group = local_communicators(2);
  std::optional<Error> said;
  std::thread second([&] { said = error_of([&] { return other.of(group[1]).epoch(); }); });
  EXPECT_ERROR(run.of(group[0]), ErrorCode::kUsage, "rank 1: its seed is 7, rank 0's is 0");
  second.join();
  BOOST_TEST_REQUIRE(said.has_value());
  BOOST_TEST(std::string(said->what()) == "rank 1: its seed is 7, rank 0's is 0; all ranks need the same");
}

BOOST_AUTO_TEST_CASE(who_gives_up_is_named) {
  const Run run;
  const auto errors = run.on_ranks(3, [&](Trainer& trainer, int rank) {
    trainer.begin_epoch();
    for (int i = 0; i < 5; ++i) {
      if (rank == 2 && i == 3) throw Error(ErrorCode::kOutput, "the disk is full");
      trainer.run_steps(1);
    }
  });
  BOOST_TEST_REQUIRE(errors[0].has_value());
  BOOST_TEST(std::string(errors[0]->what()).find("rank 2: the disk is full") != std::string::npos, errors[0]->what());
  BOOST_TEST(errors[1].has_value());
}

BOOST_AUTO_TEST_CASE(who_is_missing_is_passed_on) {
  const Run run;
  const auto group = local_communicators(3);
  group[2]->give_up("rank 1 has sent nothing for 5 s", 1);
  const auto blame = [&](int rank) {
    try {
      gather_texts(*group[static_cast<size_t>(rank)], "", 1, run.parallel);
    } catch (const RankError& error) {
      return std::make_pair(error.rank(), std::string(error.what()));
    }
    return std::make_pair(-1, std::string());
  };
  const auto first = blame(0);
  BOOST_TEST(first.first == 1);
  BOOST_TEST(first.second == "rank 1 has sent nothing for 5 s");
  const auto second = blame(1);
  BOOST_TEST(second.first == 2);
  BOOST_TEST(second.second == "rank 2 has given this rank up: rank 1 has sent nothing for 5 s");
  EXPECT_ERROR(gather_texts(*group[2], "", 1, run.parallel), ErrorCode::kRuntime, "rank 2 has given up");
}

BOOST_AUTO_TEST_CASE(who_says_nothing_is_named) {
  Run run;
  run.parallel.timeout = 1.5;
  std::atomic<int> ended{0}, blamed{0};
  const auto errors = run.on_ranks(3, [&](Trainer& trainer, int rank) {
    trainer.begin_epoch();
    trainer.run_steps(2);
    if (rank == 1) {
      while (ended < 1) std::this_thread::yield();
      return;
    }
    try {
      trainer.run_steps(1);
    } catch (const RankError& error) {
      ++ended;
      if (error.rank() == 1) ++blamed;
      throw;
    }
  });
  bool named = false;
  for (const auto& error : errors) {
    const std::string said = error ? error->what() : "";
    named =
        named || (said.find("rank 1") != std::string::npos && said.find("sent nothing for 2 s") != std::string::npos);
  }
  BOOST_TEST(named);
  BOOST_TEST(blamed >= 1);
  BOOST_TEST(!errors[1].has_value());
}

BOOST_AUTO_TEST_SUITE_END()
