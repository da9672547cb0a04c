// Gathering a batch from a data set.
#include <algorithm>
#include <cstring>

#include "op_table.hpp"
#include "ops/pieces.hpp"
#include "ops/samples.hpp"

namespace sateen::cpu {

namespace {

class Gather {
 public:
  explicit Gather(const StepBuilder& builder)
      : kernels_(builder.kernels),
        attrs_(builder.op().attributes<sateen_gather_attrs>()),
        from_(builder.src(0).dtype),
        to_(builder.dst(0).dtype),
        samples_(builder),
        sample_(static_cast<int64_t>(builder.dst(0).elements) / samples_.batch()),
        data_(StepBuilder::place(builder.src(0))),
        batch_(StepBuilder::place(builder.dst(0))) {}

  void run(const RunContext& context) const {
    const Samples::Row row = samples_.row(context);
    const int64_t grain = std::max<int64_t>(kPiece / sample_, 1);
    parallel_pieces(samples_.batch(), grain, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) copy(context, i, row[i]);
    });
  }

 private:
  void copy(const RunContext& context, int64_t i, int64_t index) const {
    auto* to = context.at<unsigned char>(batch_) + i * sample_ * 4;  // every destination dtype has 4 bytes
    if (index < 0) {
      std::memset(to, 0, static_cast<size_t>(sample_) * 4);
    } else if (from_ != SATEEN_U8) {
      std::memcpy(to, context.at<unsigned char>(data_) + index * sample_ * 4, static_cast<size_t>(sample_) * 4);
    } else if (to_ == SATEEN_F32) {
      kernels_.u8_to_f32(context.at<uint8_t>(data_) + index * sample_, attrs_.scale, attrs_.shift, sample_,
                         reinterpret_cast<float*>(to));
    } else {
      const uint8_t* from = context.at<uint8_t>(data_) + index * sample_;
      std::copy(from, from + sample_, reinterpret_cast<int32_t*>(to));
    }
  }

  const KernelTable& kernels_;
  sateen_gather_attrs attrs_;
  uint32_t from_, to_;
  Samples samples_;
  int64_t sample_;
  Place data_, batch_;
};

}  // namespace

template <>
Step Ops::make<SATEEN_OP_GATHER>(StepBuilder& builder) {
  return [gather = Gather(builder)](const RunContext& context) { gather.run(context); };
}

}  // namespace sateen::cpu
