// Several ranks in one process train as one does, to rounding.
#define BOOST_TEST_DYN_LINK
#include <algorithm>
#include <limits>
#include <optional>
#include <thread>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "expect_error.hpp"
#include "rank_run.hpp"

using namespace sateen;

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
