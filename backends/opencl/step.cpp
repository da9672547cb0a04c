// Preparing kernels.
#include "step.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace sateen::opencl {

namespace {

/// How many work-items a group of the kernel can have on the device.
size_t largest_group(const Kernel& kernel, cl_device_id device, const std::string& op) {
  size_t most = 1;
  check(driver().kernel_work_group_info(kernel.get(), device, CL_KERNEL_WORK_GROUP_SIZE, sizeof most, &most),
        op + ": clGetKernelWorkGroupInfo");
  return most;
}

}  // namespace

CallBuilder& CallBuilder::buffer(Place place, uint64_t element) {
  call_.buffers.push_back({next_, place, element});
  next_ += 2;
  return *this;
}

CallBuilder& CallBuilder::number(int64_t value) {
  if (value < std::numeric_limits<cl_int>::min() || value > std::numeric_limits<cl_int>::max()) {
    throw sdk::Failure(SATEEN_UNSUPPORTED, sdk::text(call_.record->name, ": a size of ", value, " is too large"));
  }
  return set(static_cast<cl_int>(value));
}

void CallBuilder::items(int64_t n) {
  if (call_.kernel.get() == nullptr) return;  // to judge by
  const size_t most = largest_group(call_.kernel, device_, call_.record->name);
  call_.local = std::max<size_t>(std::min(group_, most), 1);
  const auto count = static_cast<size_t>(std::max<int64_t>(n, 1));
  call_.global = (count + call_.local - 1) / call_.local * call_.local;
}

void CallBuilder::groups(int64_t n, int64_t size) {
  call_.local = static_cast<size_t>(size);
  call_.global = static_cast<size_t>(n) * call_.local;
}

namespace {

std::string names_of(const sdk::GraphView& graph, const Group& group) {
  std::string names = graph.ops()[group.first].name;
  for (size_t i = group.first + 1; i <= group.last; ++i) names += " + " + graph.ops()[i].name;
  return names;
}

}  // namespace

StepBuilder::StepBuilder(const sdk::GraphView& graph, const Group& group, const Workshop& workshop,
                         std::vector<sdk::ArenaRequest>& requests, std::vector<Call>& calls, std::string variant_name,
                         std::optional<Place> route)
    : tuning(workshop.tuning),
      variant(std::move(variant_name)),
      graph_(graph),
      group_(group),
      op_(graph.ops()[group.first]),
      workshop_(workshop),
      requests_(requests),
      calls_(calls),
      route_(route),
      record_(std::make_shared<OpRecord>(names_of(graph, group))) {}

Place StepBuilder::scratch(int64_t floats) {
  requests_.push_back({sdk::checked_mul(static_cast<uint64_t>(floats), sizeof(float)), group_.first, group_.first});
  return {requests_.size() - 1, 0};
}

bool StepBuilder::fits(const std::string& file, const std::string& kernel, const std::string& defines, int64_t group,
                       int64_t local_bytes) const {
  const auto size = static_cast<size_t>(group);
  if (device_number<size_t>(workshop_.device, CL_DEVICE_MAX_WORK_GROUP_SIZE) < size ||
      device_number<cl_ulong>(workshop_.device, CL_DEVICE_LOCAL_MEM_SIZE) < static_cast<cl_ulong>(local_bytes)) {
    return false;
  }
  return largest_group(workshop_.programs.kernel(file, kernel, defines), workshop_.device, record_->name) >= size;
}

CallBuilder StepBuilder::call(const std::string& file, const std::string& kernel, const std::string& defines) {
  Call& added = calls_.emplace_back();
  added.record = record_;
  if (!workshop_.judging) added.kernel = workshop_.programs.kernel(file, kernel, defines);
  return {added, workshop_.device, tuning.group};
}

void StepBuilder::multiply(const GemmShape& shape, Place a, Place b, Place c) {
  const auto matrix = [](Place place, uint64_t rows, uint64_t columns) {
    return LibraryProduct::Operand{place, sdk::checked_mul(rows * columns, sizeof(float))};
  };
  LibraryProduct product{
      shape, matrix(a, shape.m, shape.k), matrix(b, shape.k, shape.n), matrix(c, shape.m, shape.n), {}};
  const uint64_t temporary = clblast_temporary_bytes(shape, workshop_.queue);
  if (temporary > 0) product.temporary = {scratch(static_cast<int64_t>((temporary + 3) / 4)), temporary};
  Call& added = calls_.emplace_back();
  added.record = record_;
  added.product = product;
}

float StepBuilder::alpha() const {
  return group_.activation != nullptr ? group_.activation->attributes<sateen_leaky_relu_attrs>().alpha : 1.0F;
}

}  // namespace sateen::opencl
