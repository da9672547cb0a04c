// The record of what a tuner has decided: whatever becomes of its file, it is whole or made anew.
#define BOOST_TEST_DYN_LINK
#include <string>
#include <thread>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <sys/stat.h>

#include "mini_graph.hpp"
#include "opencl/op_key.hpp"
#include "opencl/tuning_record.hpp"
#include "temp_folder.hpp"

namespace {

using namespace sateen::opencl;

const Decision kOwn{"own", true, {{"own", 1200, false}, {"library", 0, true}}};
const Decision kFast{"fast", true, {{"own", 1200, false}, {"fast", 800, false}}};
const Decision kSpent{"own", false, {{"own", 0, false}, {"fast", 0, false}}};
const std::string kText =
    "conv 1x2 -> 3\tfast\tmeasured\town 1200\tfast 800\n"
    "dense\town\tmeasured\town 1200\tlibrary refused\n"
    "pool\town\tunmeasured\town untimed\tfast untimed\n";

/// Counts what is worth a warning.
struct Listener {
  size_t warnings = 0;
  sateen_host host{sizeof(sateen_host), SATEEN_ABI_MAJOR, SATEEN_ABI_MINOR, 0, this, hear, nullptr};
  static void hear(void* context, uint32_t level, const char*) {
    if (level >= SATEEN_LOG_WARNING) ++static_cast<Listener*>(context)->warnings;
  }
};

struct Place {
  TempFolder folder;
  Listener listener;

  TuningRecord record(const std::string& key = "device") {
    return {folder / "opencl", key, sateen::sdk::Host(&listener.host)};
  }
  std::filesystem::path file() const {
    for (const auto& entry : std::filesystem::directory_iterator(folder / "opencl")) {
      if (entry.path().extension() == ".tuning") return entry.path();
    }
    return {};
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(tuning_record)

BOOST_AUTO_TEST_CASE(as_text) {
  const Decisions decisions = {{"conv 1x2 -> 3", kFast}, {"dense", kOwn}, {"pool", kSpent}};
  BOOST_TEST(decisions_text(decisions) == kText);
  const auto again = decisions_in(kText);
  BOOST_TEST_REQUIRE(again.has_value());
  BOOST_TEST(decisions_text(*again) == kText);
  BOOST_TEST(decisions_in("")->empty());
}

BOOST_AUTO_TEST_CASE(text_that_is_none) {
  for (const char* wrong : {"x",
                            "x\n",
                            "\n",
                            "key\n",
                            "key\town\tmeasured\n",
                            "\town\tmeasured\town 1\n",
                            "key\town\tmeasured\town 1",
                            "key\town\tmeasured\town\n",
                            "key\town\tmeasured\t 1\n",
                            "key\town\tmeasured\town 01\n",
                            "key\town\tmeasured\town 0\n",
                            "key\town\tmeasured\town -1\n",
                            "key\town\tmeasured\town 1x\n",
                            "key\town\tmeasured\town 99999999999999999999\n",
                            "key\town\tguessed\town 1\n",
                            "key\tfast\tmeasured\town 1\n",
                            "key\town\tmeasured\town refused\n",
                            "k\x7f\town\tmeasured\town 1\n",
                            "b\town\tmeasured\town 1\na\town\tmeasured\town 1\n",
                            "a\town\tmeasured\town 1\na\town\tmeasured\town 1\n",
                            "a\town\tmeasured\town 1\n\n"}) {
    BOOST_TEST(!decisions_in(wrong).has_value(), wrong);
  }
}

BOOST_AUTO_TEST_CASE(what_is_kept_is_found) {
  Place place;
  BOOST_TEST(place.record().find("dense") == nullptr);
  BOOST_TEST(place.record().keeps());
  {
    TuningRecord record = place.record();
    BOOST_TEST(record.keep("dense", kOwn, false).variant == "own");
    BOOST_TEST(record.keep("conv 1x2 -> 3", kFast, false).variant == "fast");
    BOOST_TEST(record.keep("pool", kSpent, false).variant == "own");
  }
  TuningRecord record = place.record();
  BOOST_TEST(decisions_text(record.all()) == kText);
  BOOST_TEST(record.find("conv 1x2 -> 3")->variant == "fast");
  BOOST_TEST(place.record("another device").find("dense") == nullptr);
  struct stat info {};
  BOOST_TEST_REQUIRE(::stat(place.file().c_str(), &info) == 0);
  BOOST_TEST((info.st_mode & 0777) == 0600U);
  BOOST_TEST(place.listener.warnings == 0U);
}

BOOST_AUTO_TEST_CASE(the_first_to_write_is_believed) {
  Place place;
  TuningRecord one = place.record(), two = place.record();
  BOOST_TEST(two.find("conv") == nullptr);
  one.keep("conv", kFast, false);
  BOOST_TEST(two.keep("conv", kOwn, false).variant == "fast");
  BOOST_TEST(two.keep("conv", kOwn, true).variant == "own");
  BOOST_TEST(place.record().find("conv")->variant == "own");
  BOOST_TEST(one.keep("dense", kOwn, false).variant == "own");
  BOOST_TEST(place.record().all().size() == 2U);
}

BOOST_AUTO_TEST_CASE(two_writers_at_once_lose_nothing) {
  Place place;
  constexpr int kEach = 40;
  const auto write = [&](const std::string& name) {
    TuningRecord record = place.record();
    for (int i = 0; i < kEach; ++i) record.keep(name + std::to_string(i), kFast, false);
  };
  std::thread other([&] { write("a"); });
  write("b");
  other.join();
  BOOST_TEST(place.record().all().size() == 2U * kEach);
  BOOST_TEST(place.folder.entries() == 1U);
  BOOST_TEST(place.listener.warnings == 0U);
}

BOOST_AUTO_TEST_CASE(damage_at_every_byte) {
  Place place;
  place.record().keep("dense", kOwn, false);
  const std::filesystem::path file = place.file();
  const std::vector<uint8_t> whole = get_file(file);
  const auto expect_none = [&](std::vector<uint8_t> bytes) {
    put_file(file, bytes);
    ::chmod(file.c_str(), 0600);
    place.listener.warnings = 0;
    TuningRecord record = place.record();
    BOOST_TEST(record.find("dense") == nullptr);
    BOOST_TEST(record.find("conv") == nullptr);
    BOOST_TEST(place.listener.warnings == 1U);
  };
  for (size_t i = 0; i < whole.size(); ++i) {
    std::vector<uint8_t> changed = whole;
    changed[i] ^= 0x20U;
    expect_none(changed);
    expect_none({whole.begin(), whole.begin() + static_cast<ptrdiff_t>(i)});
  }
  TuningRecord anew = place.record();
  anew.keep("dense", kOwn, false);
  BOOST_TEST((get_file(file) == whole));
}

// A writer that is killed has the old file in place, and perhaps a part of the new one beside it.
BOOST_AUTO_TEST_CASE(a_writer_that_died) {
  Place place;
  place.record().keep("dense", kOwn, false);
  const std::vector<uint8_t> whole = get_file(place.file());
  put_file(place.folder / "opencl/.new-1-1", std::vector<uint8_t>(whole.begin(), whole.begin() + 40));
  TuningRecord record = place.record();
  BOOST_TEST(record.find("dense")->variant == "own");
  record.keep("conv", kFast, false);
  BOOST_TEST(place.record().all().size() == 2U);
  BOOST_TEST(place.listener.warnings == 0U);
}

BOOST_AUTO_TEST_CASE(a_folder_that_is_not_to_be_trusted) {
  Place place;
  place.record().keep("dense", kOwn, false);
  ::chmod((place.folder / "opencl").c_str(), 0777);
  TuningRecord record = place.record();
  BOOST_TEST(record.find("dense") == nullptr);
  BOOST_TEST(!record.keeps());
  // It holds for this process all the same.
  BOOST_TEST(record.keep("dense", kSpent, false).variant == "own");
  BOOST_TEST(record.keep("conv", kFast, false).variant == "fast");
  BOOST_TEST(record.find("conv")->variant == "fast");
  BOOST_TEST(place.listener.warnings == 1U);
  ::chmod((place.folder / "opencl").c_str(), 0700);
  BOOST_TEST(place.record().all().size() == 1U);
}

BOOST_AUTO_TEST_CASE(without_a_folder) {
  Listener listener;
  TuningRecord record({}, "device", sateen::sdk::Host(&listener.host));
  BOOST_TEST(!record.keeps());
  BOOST_TEST(record.keep("conv", kFast, false).variant == "fast");
  BOOST_TEST(record.find("conv")->variant == "fast");
  BOOST_TEST(listener.warnings == 0U);
}

BOOST_AUTO_TEST_CASE(one_that_grows_too_long_is_begun_anew) {
  Place place;
  TuningRecord record = place.record();
  record.keep("first", kFast, false);
  record.keep(std::string(size_t{1} << 20, 'x'), kOwn, false);
  BOOST_TEST((record.find("first") == nullptr));
  record.keep("last", kFast, false);
  BOOST_TEST(place.record().find("last")->variant == "fast");
}

BOOST_AUTO_TEST_CASE(keys_of_operations) {
  using mini::MiniGraph;
  MiniGraph g;
  const auto external = [&](const mini::Dims& dims, uint32_t dtype = SATEEN_F32) {
    return g.tensor(SATEEN_STORAGE_EXTERNAL, dims, dtype);
  };
  const uint32_t src = external({64, 28, 28, 1}), weights = external({3, 3, 1, 32}), bias = external({32});
  const uint32_t dst = external({64, 28, 28, 32}), pooled = external({64, 14, 14, 32});
  const uint32_t cursor = external({2}, SATEEN_I32), data = external({9, 28, 28, 1}, SATEEN_U8);
  g.op(SATEEN_OP_GATHER, {data, SATEEN_NONE, cursor}, {src}, sateen_gather_attrs{1, 0});
  g.op(SATEEN_OP_CONV2D_FORWARD, {src, weights, bias}, {dst}, sateen_conv2d_attrs{1, 2, 1, 1, 0, 1});
  g.op(SATEEN_OP_MAX_POOL2D_FORWARD, {dst}, {pooled}, sateen_max_pool2d_attrs{2, 3, 2, 2, 0, 0, 1, 0});
  const sateen_graph graph = g.view();
  const sateen::sdk::GraphView view(graph, 4);
  BOOST_TEST(op_key(view, view.ops()[0]) == "gather u8:9x28x28x1 - i32:2 -> 64x28x28x1");
  BOOST_TEST(op_key(view, view.ops()[1]) ==
             "conv2d_forward 64x28x28x1 3x3x1x32 32 -> 64x28x28x32 stride 1x2 pad 1,1,0,1");
  BOOST_TEST(op_key(view, view.ops()[2]) ==
             "max_pool2d_forward 64x28x28x32 -> 64x14x14x32 window 2x3 stride 2x2 pad 0,0,1,0");
}

BOOST_AUTO_TEST_SUITE_END()
