// A kernel that fails after it was taken: who hears of it, and that nothing of the host's is written to afterwards.
#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "sateen/device.hpp"
#include "sateen/error.hpp"
#include "sateen/graph.hpp"
#include "target.hpp"

namespace {

constexpr int64_t kElements = int64_t{1} << 21;
constexpr uint64_t kBytes = kElements * sizeof(float);
constexpr int kOps = 24;

/// Operations in a row that take the device a while.
class Chain {
 public:
  explicit Chain(sateen::Device device) : device_(std::move(device)) {
    sateen::Graph graph(device_.info().alignment);
    sateen::TensorId last = graph.tensor(sateen::DType::kF32, {kElements}, graph.external(kBytes));
    const sateen::StorageId out = graph.external(kBytes);
    for (int i = 1; i <= kOps; ++i) {
      const sateen::TensorId next = i == kOps ? graph.tensor(sateen::DType::kF32, {kElements}, out)
                                              : graph.value(sateen::DType::kF32, {kElements});
      graph.op(SATEEN_OP_LEAKY_RELU_FORWARD, "op" + std::to_string(i), {last}, {next}, sateen_leaky_relu_attrs{0.5F});
      last = next;
    }
    program_ = device_.compile(graph);
    const std::vector<float> ones(kElements, 1.0F);
    src_ = device_.create_buffer(ones.data(), kBytes);
    dst_ = device_.create_buffer(kBytes);
  }

  /// Submits it; the shim counts kernels over the whole process, and so does this.
  void run() {
    enqueued() += kOps;
    program_.run(std::vector<sateen::Binding>{src_, dst_});
  }
  /// The i-th kernel of the next run will fail.
  static void fail(unsigned long i) { ::setenv("SHIM_FAIL_KERNEL", std::to_string(enqueued() + i).c_str(), 1); }
  const sateen::Buffer& dst() const { return dst_; }

 private:
  static unsigned long& enqueued() {
    static unsigned long kernels = 0;
    return kernels;
  }

  sateen::Device device_;
  sateen::Program program_;
  sateen::Buffer src_, dst_;
};

bool names_the_third(const sateen::Error& error) {
  return std::string(error.what()).find("op3 failed on the device with CL_OUT_OF_RESOURCES") != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_CASE(an_event_tells_and_the_failure_stays) {
  conformance::Target target(conformance::target().options());
  Chain chain(target.device());
  Chain::fail(3);
  chain.run();
  sateen::Event event = target.device().mark();
  BOOST_CHECK_EXCEPTION(event.wait(), sateen::Error, names_the_third);
  BOOST_CHECK_EXCEPTION(chain.run(), sateen::Error, names_the_third);
  BOOST_CHECK_EXCEPTION(target.device().finish(), sateen::Error, names_the_third);
  BOOST_CHECK_EXCEPTION(target.device().create_buffer(64), sateen::Error, names_the_third);
}

BOOST_AUTO_TEST_CASE(nothing_is_written_after_finish) {
  conformance::Target target(conformance::target().options());
  Chain chain(target.device());
  Chain::fail(3);
  chain.run();
  std::vector<float> host(kElements, 0.0F);
  sateen::Event event = target.device().read_async(host.data(), chain.dst(), kBytes);
  // Until the failure is known; the read is under way then.
  BOOST_CHECK_EXCEPTION(for (;;) chain.run(), sateen::Error, names_the_third);
  BOOST_CHECK_EXCEPTION(target.device().finish(), sateen::Error, names_the_third);
  const std::vector<float> finished(kElements, 7.0F);
  host = finished;
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  BOOST_CHECK(host == finished);
}
