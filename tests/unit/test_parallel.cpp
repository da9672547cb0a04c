// Several ranks in one process: they train as one does, to rounding, and say who is missing.
#define BOOST_TEST_DYN_LINK
#include <algorithm>
#include <atomic>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "corners.hpp"
#include "expect_error.hpp"
#include "sateen/communicator.hpp"
#include "sateen/train.hpp"

using namespace sateen;

namespace {

Device cpu() {
  return Registry(Registry::Options{{}, false, {}}).open("cpu", "", {"threads=1"});
}

std::vector<float> weights_of(const Trainer& trainer) {
  const Sequential model = trainer.model();
  return {model.weights().begin(), model.weights().end()};
}

/// What a training of several ranks is made of. Boost.Test is not for several threads: they note what they saw.
struct Run {
  TrainOptions options;
  ParallelOptions parallel;
  double share = 0.2;
  Sequential model = small_network();

  Run() {
    options.batch_size = 16;
    options.augmentation = {1, true};
    parallel.bucket_bytes = 1;  // each layer's gradients by themselves
    parallel.timeout = 20;
  }

  Trainer alone() const {
    const Dataset data = corners();
    return {cpu(), model, data, split(data.size(), share, options.seed), options};
  }
  Trainer of(const std::shared_ptr<Communicator>& group) const {
    const Dataset data = corners();
    return {cpu(), model, data, split(data.size(), share, options.seed), options, group, parallel};
  }

  /// Calls work(rank's trainer, rank) on a thread for each rank. Gives what each threw.
  std::vector<std::optional<Error>> on_ranks(int n, const std::function<void(Trainer&, int)>& work) const {
    const auto group = local_communicators(n);
    std::vector<std::optional<Error>> errors(group.size());
    std::vector<std::thread> threads;
    threads.reserve(group.size());
    for (int rank = 0; rank < n; ++rank) {
      threads.emplace_back([&, rank] {
        const auto& own = group[static_cast<size_t>(rank)];
        try {
          Trainer trainer = of(own);
          work(trainer, rank);
        } catch (const Error& error) {
          errors[static_cast<size_t>(rank)] = error;
          own->give_up(error.what());
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    return errors;
  }

  std::vector<float> trained(int n, int64_t epochs) const {
    std::vector<std::vector<float>> weights(static_cast<size_t>(n));
    const auto errors = on_ranks(n, [&](Trainer& trainer, int rank) {
      trainer.fit(epochs);
      weights[static_cast<size_t>(rank)] = weights_of(trainer);
    });
    for (const auto& error : errors) BOOST_TEST(!error.has_value(), (error ? error->what() : ""));
    for (const auto& other : weights) BOOST_TEST(other == weights.front());
    return weights.front();
  }
};

double apart(std::span<const float> a, std::span<const float> b) {
  BOOST_TEST_REQUIRE(a.size() == b.size());
  double most = 0;
  for (size_t i = 0; i < a.size(); ++i) most = std::max(most, std::abs(double{a[i]} - double{b[i]}));
  return most;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(parallel)

BOOST_AUTO_TEST_CASE(a_pass_in_stages_gives_the_same_bytes) {
  Run run;
  run.parallel.bucket_bytes = 1;
  const std::vector<float> in_stages = run.trained(1, 1);
  run.parallel.bucket_bytes = 1 << 20;
  BOOST_TEST(in_stages == run.trained(1, 1));
}

BOOST_AUTO_TEST_CASE(ranks_train_as_one_does) {
  Run run;
  Trainer alone = run.alone();
  const auto history = alone.fit(2);
  const Sequential want = alone.model();
  for (const int n : {1, 2, 3, 4}) {
    std::vector<EpochRecord> seen;
    std::vector<float> got;
    run.on_ranks(n, [&](Trainer& trainer, int rank) {
      const auto records = trainer.fit(2);
      if (rank != n - 1) return;
      seen = records;
      got = weights_of(trainer);
    });
    BOOST_TEST(apart(got, want.weights()) < 1e-5);
    BOOST_TEST_REQUIRE(seen.size() == 2U);
    for (size_t i = 0; i < seen.size(); ++i) {
      BOOST_TEST(seen[i].train.loss == history[i].train.loss, boost::test_tools::tolerance(1e-5));
      BOOST_TEST(seen[i].train.images == history[i].train.images);
      BOOST_TEST(seen[i].held_out.loss == history[i].held_out.loss, boost::test_tools::tolerance(1e-4));
      BOOST_TEST(seen[i].held_out.images == history[i].held_out.images);
      BOOST_TEST(seen[i].best == history[i].best);
    }
  }
}

BOOST_AUTO_TEST_CASE(as_many_ranks_give_the_same_bytes) {
  Run run;
  run.model = normalised_network();
  for (const bool half : {false, true}) {
    run.parallel.half = half;
    const std::vector<float> first = run.trained(3, 1);
    BOOST_TEST(first == run.trained(3, 1));
  }
}

BOOST_AUTO_TEST_CASE(halves_on_the_wire_are_close) {
  Run run;
  const std::vector<float> whole = run.trained(2, 1);
  run.parallel.half = true;
  const std::vector<float> half = run.trained(2, 1);
  BOOST_TEST(whole != half);
  BOOST_TEST(apart(whole, half) < 1e-2);
}

BOOST_AUTO_TEST_CASE(another_number_of_ranks_goes_on) {
  Run run;
  Trainer alone = run.alone();
  alone.fit(2);
  const Sequential want = alone.model();
  TrainState state;
  std::vector<EpochRecord> history;
  Run later = run;
  run.on_ranks(2, [&](Trainer& trainer, int rank) {
    auto records = trainer.fit(1);
    trainer.begin_epoch();
    trainer.run_steps(5);
    if (rank != 0) return;
    state = trainer.state();
    later.model = trainer.model();
    history = std::move(records);
  });
  BOOST_TEST(state.step == 5);
  BOOST_TEST(state.images == 80U);
  for (const int n : {1, 3}) {
    std::vector<float> got;
    const auto errors = later.on_ranks(n, [&](Trainer& trainer, int rank) {
      trainer.restore(state, history);
      trainer.fit(1);
      if (rank == n - 1) got = weights_of(trainer);
    });
    for (const auto& error : errors) BOOST_TEST(!error.has_value(), (error ? error->what() : ""));
    BOOST_TEST(apart(got, want.weights()) < 1e-5);
  }
}

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
  const Run run;
  std::vector<CancelToken> tokens(3);
  std::vector<int64_t> steps(3);
  const auto errors = run.on_ranks(3, [&](Trainer& trainer, int rank) {
    const auto i = static_cast<size_t>(rank);
    FitCallbacks callbacks;
    callbacks.on_progress = [&](const Metrics&, int64_t done, int64_t) {
      if (rank == 1 && done >= 4) tokens[1].cancel();
    };
    try {
      trainer.fit(20, callbacks, tokens[i]);
    } catch (const Error& error) {
      const TrainState state = trainer.state();
      steps[i] = state.epoch * 1000 + state.step;
      throw;
    }
  });
  for (const auto& error : errors) {
    BOOST_TEST_REQUIRE(error.has_value());
    BOOST_TEST(static_cast<int>(error->code()) == static_cast<int>(ErrorCode::kCancelled));
  }
  BOOST_TEST(steps[0] >= 4);
  BOOST_TEST(steps[1] == steps[0]);
  BOOST_TEST(steps[2] == steps[0]);
}

BOOST_AUTO_TEST_CASE(all_diverge_at_the_same_step) {
  Run run;
  run.options.adam.learning_rate = 1e30;
  std::string first;
  for (const auto& error : run.on_ranks(3, [&](Trainer&trainer, int /*rank*/) { trainer.fit(3); })) {
    BOOST_TEST_REQUIRE(error.has_value());
    BOOST_TEST(static_cast<int>(error->code()) == static_cast<int>(ErrorCode::kDiverged));
    if (first.empty()) first = error->what();
    BOOST_TEST(first == error->what());
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
  BOOST_TEST(std::string(said->what()) == "rank 1: its seed is 7, rank 0's is 0");
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

BOOST_AUTO_TEST_CASE(a_slow_rank_is_told) {
  Run run;
  run.parallel.slow_factor = 1.5;
  std::vector<std::string> remarks(3);
  run.on_ranks(3, [&](Trainer& trainer, int rank) {
    FitCallbacks callbacks;
    callbacks.on_remark = [&](const std::string& line) { remarks[static_cast<size_t>(rank)] = line; };
    trainer.fit(1, callbacks);
  });
  // Whether one is slow here is chance; what is said is the same everywhere.
  BOOST_TEST(remarks[0] == remarks[1]);
  BOOST_TEST(remarks[0] == remarks[2]);
}

BOOST_AUTO_TEST_CASE(what_can_not_be_is_refused) {
  Run run;
  const auto group = local_communicators(1);
  run.parallel.half = true;
  run.parallel.reduction = Reduction::kSum;
  EXPECT_ERROR(run.of(group[0]), ErrorCode::kUsage, "halves");
  run.parallel = {};
  run.parallel.timeout = 0;
  EXPECT_ERROR(run.of(group[0]), ErrorCode::kUsage, "more than 0 s");
  EXPECT_ERROR(local_communicators(0), ErrorCode::kUsage, "at least one");
}

BOOST_AUTO_TEST_CASE(rank_0s_bytes_reach_all) {
  for (const int n : {1, 2, 5, 8}) {
    const auto group = local_communicators(n);
    std::vector<std::vector<unsigned char>> all(group.size());
    std::vector<std::thread> threads;
    for (size_t rank = 0; rank < group.size(); ++rank) {
      threads.emplace_back([&, rank] {
        all[rank].assign(rank == 0 ? 1000 : 3, static_cast<unsigned char>(rank + 1));
        broadcast(*group[rank], all[rank]);
      });
    }
    for (std::thread& thread : threads) thread.join();
    for (const auto& bytes : all) BOOST_TEST(bytes == std::vector<unsigned char>(1000, 1));
  }
}

BOOST_AUTO_TEST_SUITE_END()
