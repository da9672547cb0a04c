// Gathering a batch of images that are mirrored and moved at random.
#include <algorithm>
#include <array>
#include <cstring>

#include "op_table.hpp"
#include "ops/pieces.hpp"
#include "ops/samples.hpp"

namespace sateen::cpu {

namespace {

/// What was drawn for one image.
struct Change {
  bool mirrored;
  int64_t dy, dx;
};

class Augment {
 public:
  explicit Augment(StepBuilder& builder)
      : kernels_(builder.kernels),
        attrs_(builder.op().attributes<sateen_augment_attrs>()),
        samples_(builder),
        height_(builder.dst(0).dim[1]),
        width_(builder.dst(0).dim[2]),
        channels_(builder.dst(0).dim[3]),
        data_(StepBuilder::place(builder.src(0))),
        cursor_(StepBuilder::place(builder.src(2))),
        batch_(StepBuilder::place(builder.dst(0))) {
    builder.thread_scratch(static_cast<uint64_t>(height_ * width_ * channels_));
  }

  void run(const RunContext& context) const {
    const int64_t sample = height_ * width_ * channels_;
    const Samples::Row row = samples_.row(context);
    const PhiloxStream random{{static_cast<uint32_t>(attrs_.seed), static_cast<uint32_t>(attrs_.seed >> 32)},
                              static_cast<uint32_t>(context.at<const int32_t>(cursor_)[1]),
                              attrs_.stream};
    const int64_t grain = std::clamp<int64_t>(kPiece / sample, 1, kPhiloxBlocks);
    parallel_pieces(samples_.batch(), grain, [&](int64_t begin, int64_t end) {
      std::array<uint32_t, 4 * kPhiloxBlocks> words{};
      kernels_.philox(random, attrs_.first_row + static_cast<uint64_t>(begin), words.data());
      auto* changed = reinterpret_cast<uint8_t*>(context.thread_scratch());
      for (int64_t i = begin; i < end; ++i) {
        float* to = context.at(batch_) + i * sample;
        if (row[i] < 0) {
          std::fill(to, to + sample, 0.0F);
        } else {
          change(context.at<const uint8_t>(data_) + row[i] * sample,
                 drawn(&words[static_cast<size_t>(4 * (i - begin))]), changed);
          kernels_.u8_to_f32(changed, attrs_.scale, attrs_.shift, sample, to);
        }
      }
    });
  }

 private:
  Change drawn(const uint32_t* word) const {
    return {attrs_.mirror != 0 && word[0] >> 31 != 0, distance(word[1]), distance(word[2])};
  }
  int64_t distance(uint32_t word) const {
    const uint64_t choices = 2 * static_cast<uint64_t>(attrs_.max_shift) + 1;
    return static_cast<int64_t>(word * choices >> 32) - attrs_.max_shift;
  }

  void change(const uint8_t* image, const Change& by, uint8_t* to) const {
    const int64_t line = width_ * channels_;
    std::memset(to, 0, static_cast<size_t>(height_ * line));
    const int64_t first = std::max<int64_t>(by.dx, 0);  // the columns that the image still reaches
    const int64_t last = width_ + std::min<int64_t>(by.dx, 0);
    for (int64_t y = std::max<int64_t>(by.dy, 0); y < height_ + std::min<int64_t>(by.dy, 0); ++y) {
      const uint8_t* from = image + (y - by.dy) * line;
      uint8_t* dst = to + y * line;
      if (!by.mirrored) {
        std::memcpy(dst + first * channels_, from + (first - by.dx) * channels_,
                    static_cast<size_t>((last - first) * channels_));
      } else if (channels_ == 1) {
        std::reverse_copy(from + width_ + by.dx - last, from + width_ + by.dx - first, dst + first);
      } else {
        for (int64_t x = first; x < last; ++x) {
          const uint8_t* pixel = from + (width_ - 1 - (x - by.dx)) * channels_;
          std::copy(pixel, pixel + channels_, dst + x * channels_);
        }
      }
    }
  }

  const KernelTable& kernels_;
  sateen_augment_attrs attrs_;
  Samples samples_;
  int64_t height_, width_, channels_;
  Place data_, cursor_, batch_;
};

}  // namespace

template <>
Step Ops::make<SATEEN_OP_AUGMENT>(StepBuilder& builder) {
  return [augment = Augment(builder)](const RunContext& context) { augment.run(context); };
}

}  // namespace sateen::cpu
