// Running a case and looking at every byte.
#include "runner.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>

#include <boost/test/unit_test.hpp>

namespace conformance {
namespace {

using sateen::Binding;
using sateen::Buffer;
using sateen::Device;
using sateen::Graph;
using sateen::TensorId;

/// A tensor's place: which buffer, and where in it.
struct Place {
  const Argument* argument = nullptr;
  size_t buffer = 0;
  uint64_t at = 0;  ///< in the buffer
};

/// A case laid out: the graph, the bytes of its buffers before the run, and where each storage is bound.
struct Layout {
  explicit Layout(uint32_t alignment) : graph(alignment) {}
  Graph graph;
  Image before;
  std::vector<uint64_t> bound_at;
  std::vector<Place> places;  ///< every tensor once
};

constexpr uint64_t kGuardBytes = 96;

uint64_t align(uint64_t offset, uint64_t alignment) {
  return (offset + alignment - 1) / alignment * alignment;
}

class Planner {
 public:
  Planner(const OpCase& c, Placement placement, uint32_t alignment)
      : case_(c), placement_(placement), alignment_(alignment), layout_(alignment) {
    for (const Argument& a : c.src) place(a);
    for (const Argument& a : c.dst) place(a);
  }

  Layout take() {
    if (placement_ == Placement::kShared) make_shared_storage();
    for (const Place& p : layout_.places)
      std::copy(p.argument->before.begin(), p.argument->before.end(),
                layout_.before[p.buffer].begin() + static_cast<std::ptrdiff_t>(p.at));
    const std::vector<TensorId> src = tensors(case_.src), dst = tensors(case_.dst);
    case_.emit(layout_.graph, src, dst);
    return std::move(layout_);
  }

 private:
  bool written_in_place(const Argument& a) const {
    return std::any_of(case_.dst.begin(), case_.dst.end(), [&](const Argument& d) {
      return d.same_as >= 0 && &case_.src[static_cast<size_t>(d.same_as)] == &a;
    });
  }

  void place(const Argument& a) {
    if (!a.present || a.same_as >= 0) return;
    if (placement_ == Placement::kShared) {
      const uint64_t at = align(end_ + kGuardBytes, alignment_);
      end_ = at + a.bytes();
      layout_.places.push_back({&a, 0, at + shared_start()});
      return;
    }
    const bool tight = placement_ == Placement::kTight;
    const uint64_t start = tight ? 0 : align(kGuardBytes, alignment_);
    const bool frozen = tight && !a.before.empty() && a.expect.value.empty() && !written_in_place(a);
    layout_.places.push_back({&a, layout_.before.size(), start});
    add_buffer(start, a.bytes(), tight ? 0 : kGuardBytes, frozen ? SATEEN_STORAGE_FROZEN : 0);
  }

  uint64_t shared_start() const { return 3 * uint64_t{alignment_}; }

  void make_shared_storage() { add_buffer(shared_start(), end_ + kGuardBytes, kGuardBytes, 0); }

  void add_buffer(uint64_t start, uint64_t bytes, uint64_t after, uint32_t flags) {
    storages_.push_back(layout_.graph.external(bytes, flags));
    layout_.bound_at.push_back(start);
    layout_.before.emplace_back(start + bytes + after);
    fill_guard(layout_.before.back());
  }

  std::vector<TensorId> tensors(const std::vector<Argument>& arguments) {
    std::vector<TensorId> ids;
    for (const Argument& a : arguments) {
      if (!a.present) {
        ids.emplace_back();
      } else if (a.same_as >= 0) {
        ids.push_back(src_ids_[static_cast<size_t>(a.same_as)]);
      } else {
        const auto p = std::find_if(layout_.places.begin(), layout_.places.end(),
                                    [&](const Place& place) { return place.argument == &a; });
        ids.push_back(layout_.graph.tensor(a.dtype, sateen::Shape(a.dims), storages_[p->buffer],
                                           p->at - layout_.bound_at[p->buffer]));
      }
    }
    if (src_ids_.empty()) src_ids_ = ids;
    return ids;
  }

  const OpCase& case_;
  Placement placement_;
  uint32_t alignment_;
  Layout layout_;
  std::vector<sateen::StorageId> storages_;
  std::vector<TensorId> src_ids_;
  uint64_t end_ = 0;
};

/// The device's side of a layout.
class Session {
 public:
  Session(Device& device, const Layout& layout) : layout_(layout) {
    for (const Bytes& bytes : layout.before) buffers_.push_back(device.create_buffer(bytes.data(), bytes.size()));
    for (size_t i = 0; i < buffers_.size(); ++i) bindings_.emplace_back(buffers_[i], layout.bound_at[i]);
  }

  /// Puts the bytes from before back, runs, and reads everything.
  Image run(sateen::Program& program) {
    for (size_t i = 0; i < buffers_.size(); ++i) buffers_[i].write(layout_.before[i].data(), layout_.before[i].size());
    program.run(bindings_);
    Image image;
    for (const Buffer& b : buffers_) image.push_back(b.read_as<unsigned char>());
    return image;
  }

 private:
  const Layout& layout_;
  std::vector<Buffer> buffers_;
  std::vector<Binding> bindings_;
};

const Argument* written_argument(const OpCase& c, const Argument& placed) {
  for (const Argument& d : c.dst) {
    if (&d == &placed) return &d;
    if (d.same_as >= 0 && &c.src[static_cast<size_t>(d.same_as)] == &placed) return &d;
  }
  return nullptr;
}

/// Why the device itself can't do the graph, in its words; "" where it has none.
std::string refusal(Device& device, Graph& graph) {
  const sateen_graph view = graph.c_graph();
  std::vector<uint8_t> marks(view.n_ops, 1);
  if (device.table().compile(device.handle(), &view, marks.data(), nullptr) == SATEEN_OK) {
    return "asked again, it compiles what it refused";
  }
  const char* words = device.table().last_error(device.handle());
  return words != nullptr ? words : "";
}

/// Results against the oracle, everything else against what was there before.
void check_image(const OpCase& c, const Layout& layout, const Image& image) {
  Image masked = image;
  for (size_t i = 0; i < layout.places.size(); ++i) {
    const Place& p = layout.places[i];
    const Argument* written = written_argument(c, *p.argument);
    if (written == nullptr) continue;
    const std::string wrong = judge(*written, image[p.buffer].data() + p.at);
    BOOST_CHECK_MESSAGE(wrong.empty(), "tensor " << i << ": " << wrong);
    const auto begin = static_cast<std::ptrdiff_t>(p.at), end = static_cast<std::ptrdiff_t>(p.at + written->bytes());
    std::copy(layout.before[p.buffer].begin() + begin, layout.before[p.buffer].begin() + end,
              masked[p.buffer].begin() + begin);
  }
  for (size_t b = 0; b < masked.size(); ++b) {
    const auto [got, was] = std::mismatch(masked[b].begin(), masked[b].end(), layout.before[b].begin());
    BOOST_CHECK_MESSAGE(got == masked[b].end(), "buffer " << b << ": a source or guard byte was written at byte "
                                                          << got - masked[b].begin() << " of " << masked[b].size());
  }
}

/// Why the device lacks it where that is not allowed; otherwise nothing, and it was held against what it has to hold.
std::optional<std::string> check_placed(Device& device, const OpCase& c, Placement placement, bool may_lack) {
  Layout layout = Planner(c, placement, device.info().alignment).take();
  sateen::Program program = device.compile(layout.graph);
  if (!may_lack && program.fallback_ops() > 0) return refusal(device, layout.graph);
  Session session(device, layout);
  const Image first = session.run(program);
  check_image(c, layout, first);
  BOOST_CHECK_MESSAGE(session.run(program) == first, "a second run gave other bytes");
  sateen::Program again = device.compile(layout.graph);
  BOOST_CHECK_MESSAGE(session.run(again) == first, "a second compile gave other bytes");
  return std::nullopt;
}

std::vector<float> floats(const Expected& e, const unsigned char* got) {
  std::vector<float> value(e.value.size());
  std::memcpy(value.data(), got, value.size() * sizeof(float));
  return value;
}

bool as_expected(const Expected& e, size_t i, double have) {
  const double want = e.value[i];
  return std::isnan(e.allowed[i]) ||
         (std::isnan(want) ? std::isnan(have) : have == want || std::abs(have - want) <= e.allowed[i]);
}

}  // namespace

const char* name_of(Placement placement) {
  switch (placement) {
    case Placement::kApart:
      return "apart";
    case Placement::kShared:
      return "shared storage";
    case Placement::kTight:
      return "tight and frozen";
  }
  return "";
}

void fill_guard(Bytes& bytes) {
  for (size_t i = 0; i < bytes.size(); ++i) {
    const uint32_t word = 0x7fc00000U | (static_cast<uint32_t>(i / 4) * 2654435761U >> 10);
    bytes[i] = static_cast<unsigned char>(word >> (8 * (i % 4)));
  }
}

uint64_t count_off(const Argument& argument, const unsigned char* got) {
  const Expected& e = argument.expect;
  uint64_t off = 0;
  if (e.value.empty()) {
    const size_t size = sateen::size_of(argument.dtype);
    for (size_t at = 0; at < e.exact.size(); at += size) off += std::memcmp(got + at, e.exact.data() + at, size) != 0;
    return off;
  }
  const std::vector<float> value = floats(e, got);
  for (size_t i = 0; i < value.size(); ++i) off += !as_expected(e, i, static_cast<double>(value[i]));
  return off;
}

std::string judge(const Argument& argument, const unsigned char* got) {
  std::ostringstream wrong;
  const Expected& e = argument.expect;
  if (e.value.empty()) {
    const auto [g, w] = std::mismatch(got, got + e.exact.size(), e.exact.begin());
    if (g == got + e.exact.size()) return {};
    const auto element = static_cast<uint64_t>(g - got) / sateen::size_of(argument.dtype);
    wrong << "element " << element << " of " << argument.elements() << " has other bytes than expected";
    return wrong.str();
  }
  const std::vector<float> value = floats(e, got);
  size_t failed = 0, worst = 0;
  double excess = -1;
  for (size_t i = 0; i < value.size(); ++i) {
    const double want = e.value[i], have = static_cast<double>(value[i]);
    if (as_expected(e, i, have)) continue;
    ++failed;
    const double error = std::isfinite(have - want) ? std::abs(have - want) : HUGE_VAL;
    if (error > excess) {
      excess = error;
      worst = i;
    }
  }
  if (failed == 0) return {};
  wrong.precision(9);
  wrong << failed << " of " << value.size() << " elements are off; the worst, " << worst << ", is " << value[worst]
        << " instead of " << e.value[worst] << " ± " << e.allowed[worst];
  return wrong.str();
}

Image run_once(Device& device, const OpCase& c, Placement placement) {
  Layout layout = Planner(c, placement, device.info().alignment).take();
  Session session(device, layout);
  sateen::Program program = device.compile(layout.graph);
  return session.run(program);
}

void check_case(Device& device, const OpCase& c) {
  for (const Placement placement : kPlacements) {
    BOOST_TEST_CONTEXT("placement: " << name_of(placement)) {
      check_placed(device, c, placement, true);
    }
  }
}

std::optional<std::string> check_own_case(Device& device, const OpCase& c) {
  for (const Placement placement : kPlacements) {
    BOOST_TEST_CONTEXT("placement: " << name_of(placement)) {
      std::optional<std::string> lacks = check_placed(device, c, placement, false);
      if (lacks) return lacks;
    }
  }
  return std::nullopt;
}

}  // namespace conformance
