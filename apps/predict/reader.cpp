// From a picture's file to what the network takes.
#include "predict/reader.hpp"

#include <new>

#include "sateen/error.hpp"

namespace sateen::app {

Reader::Reader(const Shape& input, const std::string& model, Inversion inversion) {
  constexpr int64_t kMaxSide = 8192;  // of a picture
  if (input.rank() != 3 || input[2] != 1 || input[0] > kMaxSide || input[1] > kMaxSide) {
    throw Error(ErrorCode::kBadInput,
                model + ": takes " + input.to_string() + " values, not a grey picture; give a model for grey pictures");
  }
  options_ = {static_cast<int>(input[1]), static_cast<int>(input[0]), inversion};
}

Picture Reader::read(const std::string& file) const {
  try {
    return {file, prepare(load_photo(file), options_)};
  } catch (const std::bad_alloc&) {
    throw Error(ErrorCode::kNoMemory, file + ": not enough memory");
  }
}

}  // namespace sateen::app
