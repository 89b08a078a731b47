// Random changes of inputs, the same ones for the same seed.
#pragma once

#include <streams/bytes.hpp>

#include <cstdint>
#include <random>

namespace streams::fuzz {

class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : random_(seed) {}

  /// 0 if `end` is 0.
  std::size_t below(std::size_t end) { return end == 0 ? 0 : random_() % end; }
  /// Changes `input` in a few places, and may go on with a part of `other`.
  Bytes mutate(Bytes input, const Bytes& other) {
    for (std::size_t count = 1 + below(6); count > 0; --count) change(input, other);
    return input;
  }

 private:
  void change(Bytes& input, const Bytes& other) {
    const std::size_t at = below(input.size());
    switch (below(8)) {
      case 0:
        if (!input.empty()) input[at] = static_cast<char>(random_());
        break;
      case 1:
        if (!input.empty()) input[at] = "\0\1\x7f\x80\xff"[below(5)];
        break;
      case 2:
        input.insert(at, 1 + below(4), static_cast<char>(random_()));
        break;
      case 3:
        input.erase(at, 1 + below(4));
        break;
      case 4:
        input.resize(at);
        break;
      case 5:
        overwrite(input, at);
        break;
      case 6:
        input.insert(at, input.substr(below(input.size()), 1 + below(32)));
        break;
      default:
        input = input.substr(0, at) + other.substr(below(other.size()));
    }
  }
  /// A big-endian number that sizes, counts and times may not expect.
  void overwrite(Bytes& input, std::size_t at) {
    static constexpr std::int64_t kNumbers[] = {-1, -2, 0, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN, 1 << 24};
    Bytes number;
    const std::int64_t value = kNumbers[below(8)];
    if (below(2) == 0) {
      detail::append_big_endian(number, static_cast<std::int32_t>(value));
    } else {
      detail::append_big_endian(number, value);
    }
    input.replace(at, number.size(), number);
  }

  std::mt19937_64 random_;
};

}  // namespace streams::fuzz
