// Random numbers that are the same on every machine: a seed decides a whole run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>

namespace streams::simulation {

/// SplitMix64. The standard's distributions differ between libraries; these do not.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  /// 0 <= result < n; n > 0.
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(next() % n); }
  /// Both ends are possible.
  std::int64_t between(std::int64_t from, std::int64_t to) {
    return from + static_cast<std::int64_t>(below(static_cast<std::size_t>(to - from + 1)));
  }
  bool percent(int chance) { return static_cast<int>(below(100)) < chance; }
  bool in_10000(int chance) { return chance > 0 && static_cast<int>(below(10000)) < chance; }
  template <class T>
  T one_of(std::initializer_list<T> choices) {
    return choices.begin()[below(choices.size())];
  }
  /// A UUID as a process would have drawn it.
  std::string uuid() {
    static constexpr char kHex[] = "0123456789abcdef";
    std::string out = "xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx";
    for (char& c : out) {
      if (c == 'x') c = kHex[below(16)];
    }
    return out;
  }

 private:
  std::uint64_t state_;
};

}  // namespace streams::simulation
