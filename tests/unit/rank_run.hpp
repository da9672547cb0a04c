// A training by several ranks in this process, as tests of it begin.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "corners.hpp"
#include "sateen/communicator.hpp"
#include "sateen/train.hpp"

namespace sateen {

inline Device cpu() {
  return Registry(Registry::Options{{}, false, {}}).open("cpu", "", {"threads=1"});
}

inline std::vector<float> weights_of(const Trainer& trainer) {
  const Sequential model = trainer.model();
  return {model.weights().begin(), model.weights().end()};
}

/// What a training of several ranks is made of. Boost.Test is not for several threads: they note what they saw.
struct Run {
  TrainOptions options;
  ParallelOptions parallel;
  std::vector<CancelToken> stops;  // by rank; none: nobody stops
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
    ParallelOptions own = parallel;
    if (!stops.empty()) own.stop = stops[static_cast<size_t>(group->rank())];
    return {cpu(), model, data, split(data.size(), share, options.seed), options, group, own};
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

inline double apart(std::span<const float> a, std::span<const float> b) {
  BOOST_TEST_REQUIRE(a.size() == b.size());
  double most = 0;
  for (size_t i = 0; i < a.size(); ++i) most = std::max(most, std::abs(double{a[i]} - double{b[i]}));
  return most;
}

}  // namespace sateen
