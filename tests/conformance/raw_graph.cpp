// Raw graphs and raw handles.
#include "raw_graph.hpp"

#include <algorithm>

#include <boost/test/unit_test.hpp>

namespace conformance {
namespace {

/// The elements `stride` bytes apart; what lies between them is not zero.
template <typename T>
void spread(const std::vector<T>& elements, size_t stride, Bytes& bytes) {
  bytes.assign(elements.size() * stride, 0xee);
  for (size_t i = 0; i < elements.size(); ++i) std::memcpy(bytes.data() + i * stride, &elements[i], sizeof(T));
}

template <typename T>
const T* element(const T* first, uint32_t stride, uint32_t i) {
  return reinterpret_cast<const T*>(reinterpret_cast<const unsigned char*>(first) + size_t{stride} * i);
}

}  // namespace

RawGraph RawGraph::copy(sateen_graph graph) {
  RawGraph r;
  for (uint32_t i = 0; i < graph.n_storages; ++i)
    r.storages.push_back(*element(graph.storage, graph.storage_stride, i));
  for (uint32_t i = 0; i < graph.n_tensors; ++i) r.tensors.push_back(*element(graph.tensor, graph.tensor_stride, i));
  for (uint32_t i = 0; i < graph.n_ops; ++i) {
    const sateen_op& op = *element(graph.op, graph.op_stride, i);
    const auto* attrs = static_cast<const unsigned char*>(op.attrs);
    RawOp raw;
    raw.kind = op.kind;
    raw.src.assign(op.src, op.src + op.n_src);
    raw.dst.assign(op.dst, op.dst + op.n_dst);
    raw.attrs.assign(attrs, attrs + op.attrs_size);
    raw.attrs_size = op.attrs_size;
    r.ops.push_back(std::move(raw));
  }
  return r;
}

RawGraph RawGraph::of(const OpCase& c, uint32_t alignment) {
  sateen::Graph graph(alignment);
  std::vector<sateen::TensorId> src, dst;
  const auto add = [&](const Argument& a) {
    if (!a.present) return sateen::TensorId{};
    return graph.tensor(a.dtype, sateen::Shape(a.dims), graph.external(a.bytes()));
  };
  for (const Argument& a : c.src) src.push_back(add(a));
  for (const Argument& a : c.dst) dst.push_back(a.same_as >= 0 ? src[static_cast<size_t>(a.same_as)] : add(a));
  c.emit(graph, src, dst);
  return copy(graph.c_graph());
}

RawGraph RawGraph::relu(int64_t count) {
  const std::vector<float> data(static_cast<size_t>(count));
  return of(op_case(SATEEN_OP_LEAKY_RELU_FORWARD, sateen_leaky_relu_attrs{0.5F}, {source({count}, data)},
                    {exact_result({count}, data)}),
            static_cast<uint32_t>(target().alignment()));
}

uint32_t RawGraph::duplicate(uint32_t tensor) {
  const sateen_tensor copied = tensors[tensor];
  tensors.push_back(copied);
  return static_cast<uint32_t>(tensors.size() - 1);
}

const sateen_graph* RawGraph::view() {
  std::vector<sateen_op> c_ops;
  for (const RawOp& op : ops)
    c_ops.push_back({op.kind, static_cast<uint32_t>(op.src.size()), static_cast<uint32_t>(op.dst.size()), op.attrs_size,
                     op.src.data(), op.dst.data(), op.attrs.empty() || op.null_attrs ? nullptr : op.attrs.data(),
                     op.null_name ? nullptr : op.name.c_str()});
  const auto stride = [this](size_t size) { return static_cast<uint32_t>(size) + extra_stride; };
  spread(storages, stride(sizeof(sateen_storage)), storage_bytes_);
  spread(tensors, stride(sizeof(sateen_tensor)), tensor_bytes_);
  spread(c_ops, stride(sizeof(sateen_op)), op_bytes_);
  view_ = {struct_size,
           flags,
           math,
           0,
           static_cast<uint32_t>(storages.size()),
           stride(sizeof(sateen_storage)),
           static_cast<uint32_t>(tensors.size()),
           stride(sizeof(sateen_tensor)),
           static_cast<uint32_t>(ops.size()),
           stride(sizeof(sateen_op)),
           reinterpret_cast<const sateen_storage*>(storage_bytes_.data()),
           reinterpret_cast<const sateen_tensor*>(tensor_bytes_.data()),
           reinterpret_cast<const sateen_op*>(op_bytes_.data())};
  return &view_;
}

RawProgram::RawProgram(Target& target, RawGraph& graph) : target_(target) {
  const sateen_status status = target.table().compile(target.handle(), graph.view(), nullptr, &handle);
  BOOST_REQUIRE_MESSAGE(status == SATEEN_OK, "compile: " << target.last_error());
}

RawBuffer::RawBuffer(Target& target, const std::vector<float>& data) : count(data.size()), target_(target) {
  const sateen_backend& table = target.table();
  BOOST_REQUIRE(table.buffer_create(target.handle(), count * 4, &handle) == SATEEN_OK);
  BOOST_REQUIRE(table.write(target.handle(), handle, 0, data.data(), count * 4) == SATEEN_OK);
}

std::vector<float> RawBuffer::read() const {
  std::vector<float> r(count);
  BOOST_REQUIRE(target_.table().read(target_.handle(), r.data(), handle, 0, count * 4) == SATEEN_OK);
  return r;
}

void expect_refused(RawGraph& graph, const std::vector<sateen_status>& accepted, bool names_probe) {
  Target& t = target();
  const sateen_backend& table = t.table();
  auto* const sentinel = reinterpret_cast<sateen_program*>(&graph);
  sateen_program* program = sentinel;
  std::vector<uint8_t> supported(graph.ops.size(), 7);
  const sateen_status status = table.compile(t.handle(), graph.view(), supported.data(), &program);
  const std::string error = t.last_error();
  BOOST_CHECK_MESSAGE(std::find(accepted.begin(), accepted.end(), status) != accepted.end(),
                      "compile gave status " << status << " (" << error << ")");
  if (status == SATEEN_OK) {
    table.program_destroy(t.handle(), program);
    return;
  }
  BOOST_CHECK_MESSAGE(program == sentinel, "*out was changed by a call that failed");
  BOOST_CHECK_MESSAGE(!error.empty(), "last_error is empty");
  if (names_probe)
    BOOST_CHECK_MESSAGE(error.find(kProbe) != std::string::npos, "last_error names no operation: " << error);
  if (status == SATEEN_UNSUPPORTED)
    BOOST_CHECK_MESSAGE(std::count(supported.begin(), supported.end(), 0) > 0, "no operation is marked as unsupported");
  BOOST_CHECK_MESSAGE(table.compile(t.handle(), graph.view(), nullptr, nullptr) == status,
                      "judging only gave another status");
  expect_usable(t);
}

void expect_usable(Target& t) {
  RawGraph graph = RawGraph::relu(5);
  RawProgram program(t, graph);
  RawBuffer src(t, {1, -2, 3, -4, 0}), dst(t, {9, 9, 9, 9, 9});
  const sateen_binding bound[] = {{src.handle, 0}, {dst.handle, 0}};
  BOOST_REQUIRE(t.table().run(t.handle(), program.handle, bound, 2) == SATEEN_OK);
  BOOST_TEST((dst.read() == std::vector<float>{1, -1, 3, -2, 0}));
}

}  // namespace conformance
