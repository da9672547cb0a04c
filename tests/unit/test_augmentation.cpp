// Augmentation: what is drawn is spread evenly and new in each step, and a training with it gives the same bytes however
// many threads there are.
#define BOOST_TEST_DYN_LINK
#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "corners.hpp"
#include "expect_error.hpp"
#include "mini_graph.hpp"
#include "sateen/random.hpp"
#include "sateen/train.hpp"

using namespace sateen;

namespace {

constexpr int64_t kSamples = 60'000;
constexpr int64_t kSide = 7;
constexpr int32_t kShift = 2;

/// What became of one image.
struct Seen {
  bool mirrored;
  int64_t down, right;
  bool operator==(const Seen&) const = default;
};

/// What a step does to 60,000 times the same image, in which one pixel tells the place and its neighbour the side.
std::vector<Seen> changes_of(int32_t step, uint64_t seed) {
  std::vector<uint8_t> image(static_cast<size_t>(kSide * kSide), 0);
  const int64_t middle = kSide / 2 * kSide + kSide / 2;
  image[static_cast<size_t>(middle)] = 2;
  image[static_cast<size_t>(middle - 1)] = 1;
  mini::MiniGraph g;
  const uint32_t data = g.external({1, kSide, kSide, 1}, SATEEN_U8);
  const uint32_t indices = g.external({kSamples}, SATEEN_I32);
  const uint32_t cursor = g.external({2}, SATEEN_I32);
  const uint32_t batch = g.external({kSamples, kSide, kSide, 1});
  g.op(SATEEN_OP_AUGMENT, {data, indices, cursor}, {batch},
       sateen_augment_attrs{seed, 0, random_stream(RandomPurpose::kAugmentation), 1, kShift, 1, 0, 0});
  const mini::OpenDevice device;
  const auto after =
      mini::run(device, g,
                {image, mini::bytes(std::vector<int32_t>(kSamples, 0)), mini::bytes(std::vector<int32_t>{0, step}),
                 std::vector<unsigned char>(static_cast<size_t>(kSamples * kSide * kSide) * 4)});
  const mini::Floats pixels = mini::floats(after[3]);
  std::vector<Seen> seen;
  for (auto first = pixels.begin(); first != pixels.end(); first += kSide * kSide) {
    const auto last = first + kSide * kSide;
    const int64_t at = std::find(first, last, 2.0F) - first;
    const int64_t beside = std::find(first, last, 1.0F) - first;
    BOOST_REQUIRE(at < kSide * kSide && std::abs(at - beside) == 1);
    BOOST_REQUIRE(std::count(first, last, 0.0F) == kSide * kSide - 2);
    seen.push_back({beside > at, at / kSide - kSide / 2, at % kSide - kSide / 2});
  }
  return seen;
}

Trainer trainer(const TrainOptions& options, const std::string& threads) {
  const Dataset data = corners();
  const std::vector<std::string> settings{"threads=" + threads};
  return {Registry(Registry::Options{{}, false, {}}).open("cpu", {}, settings), small_network(), data,
          split(data.size(), 0.2, options.seed), options};
}

std::vector<float> trained(const TrainOptions& options, const std::string& threads) {
  Trainer t = trainer(options, threads);
  t.fit(2);
  const Sequential model = t.model();
  return {model.weights().begin(), model.weights().end()};
}

TrainOptions augmented(const Augmentation& augmentation) {
  TrainOptions options;
  options.batch_size = 16;
  options.augmentation = augmentation;
  return options;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(augmentation)

BOOST_AUTO_TEST_CASE(every_change_is_as_likely) {
  constexpr int64_t kWays = 2 * kShift + 1;
  std::array<int, 2 * kWays * kWays> count{};
  for (const Seen& s : changes_of(0, 5)) {
    BOOST_REQUIRE(std::abs(s.down) <= kShift && std::abs(s.right) <= kShift);
    ++count[static_cast<size_t>(((s.mirrored ? 1 : 0) * kWays + s.down + kShift) * kWays + s.right + kShift)];
  }
  const double expected = static_cast<double>(kSamples) / static_cast<double>(count.size());
  double chi_square = 0;
  for (const int n : count) chi_square += (n - expected) * (n - expected) / expected;
  // 49 degrees of freedom: 49 is the mean, and one seed in 10,000 is above 94.
  BOOST_TEST(chi_square > 20);
  BOOST_TEST(chi_square < 94);
}

BOOST_AUTO_TEST_CASE(each_step_and_each_seed_draws_anew) {
  const std::vector<Seen> first = changes_of(0, 5);
  BOOST_TEST((changes_of(0, 5) == first));
  for (const std::vector<Seen>& other : {changes_of(1, 5), changes_of(0, 6)}) {
    int same = 0;
    for (size_t i = 0; i < first.size(); ++i) same += first[i] == other[i] ? 1 : 0;
    BOOST_TEST(same > 1000);  // by chance one in 50, so 1200
    BOOST_TEST(same < 1400);
  }
}

BOOST_AUTO_TEST_CASE(the_same_bytes_with_any_number_of_threads) {
  const TrainOptions options = augmented({1, true});
  const std::vector<float> one = trained(options, "1");
  BOOST_TEST((trained(options, "2") == one));
  BOOST_TEST((trained(options, "8") == one));
  BOOST_TEST((trained(augmented({}), "2") != one));
  BOOST_TEST((trained(augmented({1, false}), "2") != one));
  BOOST_TEST((trained(augmented({0, true}), "2") != one));
}

BOOST_AUTO_TEST_CASE(it_goes_on_exactly_within_an_epoch) {
  const TrainOptions options = augmented({1, true});
  Trainer part = trainer(options, "2");
  part.begin_epoch();
  part.run_steps(5);
  TrainState state = part.state();
  const Dataset data = corners();
  Trainer rest(Registry(Registry::Options{{}, false, {}}).open("cpu"), part.model(), data,
               split(data.size(), 0.2, options.seed), options);
  rest.restore(state);
  rest.fit(2);
  const Sequential model = rest.model();
  BOOST_TEST((std::vector<float>(model.weights().begin(), model.weights().end()) == trained(options, "2")));
}

BOOST_AUTO_TEST_CASE(evaluation_sees_the_images_as_they_are) {
  Trainer plain = trainer(augmented({}), "2");
  Trainer changing = trainer(augmented({1, true}), "2");
  BOOST_TEST(plain.evaluate().loss == changing.evaluate().loss);
}

BOOST_AUTO_TEST_CASE(a_shift_has_to_fit_the_image) {
  constexpr int32_t kSide = 8;  // of the images
  BOOST_TEST_REQUIRE(corners().sample_shape()[0] == kSide);
  for (const int32_t pixels : {-1, kSide, 1000}) {
    EXPECT_ERROR(trainer(augmented({pixels, false}), "1"), ErrorCode::kUsage, "can't be shifted by");
  }
  BOOST_TEST(trainer(augmented({kSide - 1, false}), "1").fit(1).size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
