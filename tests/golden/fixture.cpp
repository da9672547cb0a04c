// The reader of golden files.
#include "fixture.hpp"

#include <bit>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <type_traits>

namespace golden {
namespace {

static_assert(std::endian::native == std::endian::little, "the files are read as they lie");

/// Takes bytes off the front of a file's.
class Reader {
 public:
  explicit Reader(std::vector<char> bytes) : bytes_(std::move(bytes)) {}
  bool done() const { return at_ == bytes_.size(); }

  template <typename T>
  std::vector<T> take(size_t count) {
    if (count > (bytes_.size() - at_) / sizeof(T)) throw std::runtime_error("a golden file is cut");
    std::vector<T> r(count);
    if (count > 0) std::memcpy(r.data(), bytes_.data() + at_, count * sizeof(T));
    at_ += count * sizeof(T);
    return r;
  }

 private:
  std::vector<char> bytes_;
  size_t at_ = 0;
};

}  // namespace

Fixture::Fixture(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot open " + path.string());
  Reader in({std::istreambuf_iterator<char>(file), {}});
  while (!in.done()) {
    const std::vector<char> letters = in.take<char>(in.take<uint32_t>(1)[0]);
    const std::string name(letters.begin(), letters.end());
    const std::vector<uint32_t> type_and_rank = in.take<uint32_t>(2);
    size_t count = 1;
    for (const int64_t d : in.take<int64_t>(type_and_rank[1])) count *= static_cast<size_t>(d);
    switch (type_and_rank[0]) {
      case 1:
        f32_[name] = in.take<float>(count);
        break;
      case 2:
        i32_[name] = in.take<int32_t>(count);
        break;
      case 3:
        u8_[name] = in.take<uint8_t>(count);
        break;
      case 4:
        f64_[name] = in.take<double>(count);
        break;
      default:
        throw std::runtime_error("unknown type in " + path.string());
    }
  }
}

template <typename T>
const std::vector<T>& Fixture::get(const std::string& name) const {
  if constexpr (std::is_same_v<T, float>) return f32_.at(name);
  if constexpr (std::is_same_v<T, int32_t>) return i32_.at(name);
  if constexpr (std::is_same_v<T, uint8_t>) return u8_.at(name);
  if constexpr (std::is_same_v<T, double>) return f64_.at(name);
}

template const std::vector<float>& Fixture::get(const std::string&) const;
template const std::vector<int32_t>& Fixture::get(const std::string&) const;
template const std::vector<uint8_t>& Fixture::get(const std::string&) const;
template const std::vector<double>& Fixture::get(const std::string&) const;

}  // namespace golden
