// Gathering a batch from a data set.
#include <algorithm>
#include <cstring>
#include <optional>

#include "op_table.hpp"
#include "ops/cursor.hpp"
#include "ops/pieces.hpp"

namespace sateen::cpu {

namespace {

class Gather {
 public:
  explicit Gather(const StepBuilder& builder)
      : kernels_(builder.kernels),
        name_(builder.op().name),
        attrs_(builder.op().attributes<sateen_gather_attrs>()),
        from_(builder.src(0).dtype),
        to_(builder.dst(0).dtype),
        count_(builder.src(0).dim[0]),
        n_(builder.dst(0).dim[0]),
        sample_(static_cast<int64_t>(builder.dst(0).elements) / n_),
        data_(StepBuilder::place(builder.src(0))),
        indices_(StepBuilder::place(builder.graph().src(builder.op(), 1))),
        cursor_(StepBuilder::place(builder.graph().src(builder.op(), 2))),
        batch_(StepBuilder::place(builder.dst(0))) {
    if (indices_) rows_ = builder.src(1).dim[0] / n_;
  }

  void run(const RunContext& context) const {
    const int32_t* indices = nullptr;
    int64_t row = 0;
    if (indices_) {
      if (cursor_) row = cursor_row(context, *cursor_, rows_, name_);
      indices = context.at<const int32_t>(*indices_) + row * n_;
    } else if (cursor_) {
      row = context.at<const int32_t>(*cursor_)[0];
    }
    const int64_t grain = std::max<int64_t>(kPiece / sample_, 1);
    parallel_pieces(n_, grain, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) copy(context, i, indices != nullptr ? indices[i] : row_start(row) + i);
    });
  }

 private:
  /// row · n, or a number that is outside every data set where that does not fit.
  int64_t row_start(int64_t row) const {
    int64_t start = 0;
    return __builtin_mul_overflow(row, n_, &start) || start > INT64_MAX - n_ ? INT64_MIN : start;
  }

  void copy(const RunContext& context, int64_t i, int64_t index) const {
    auto* to = context.at<unsigned char>(batch_) + i * sample_ * 4;  // every destination dtype has 4 bytes
    if (index < 0 || index >= count_) {
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
  std::string name_;
  sateen_gather_attrs attrs_;
  uint32_t from_, to_;
  int64_t count_, n_, sample_;
  int64_t rows_ = 0;
  Place data_;
  std::optional<Place> indices_, cursor_;
  Place batch_;
};

}  // namespace

Step make_gather(StepBuilder& builder) {
  return [gather = Gather(builder)](const RunContext& context) { gather.run(context); };
}

}  // namespace sateen::cpu
