// Windows of the user's own where their type is not known: cogrouped streams.
#pragma once

#include <streams/windows.hpp>

#include <cstdint>
#include <functional>
#include <type_traits>

namespace streams::detail {

class AnyWindows {
 public:
  template <class Windows>
  requires(!std::is_same_v<Windows, AnyWindows> && TimeWindowing<Windows>) AnyWindows(const Windows& windows)
      : size_ms_(windows.size_ms()),
        grace_ms_(windows.grace_ms()),
        each_([windows](Timestamp timestamp, const Visit& fn) { windows.for_each_window(timestamp, fn); }) {}

  std::int64_t size_ms() const { return size_ms_; }
  std::int64_t grace_ms() const { return grace_ms_; }
  template <class Fn>
  void for_each_window(Timestamp timestamp, Fn&& fn) const {
    each_(timestamp, std::ref(fn));
  }

 private:
  using Visit = std::function<void(Timestamp start, Timestamp end)>;

  std::int64_t size_ms_, grace_ms_;
  std::function<void(Timestamp, const Visit&)> each_;
};

}  // namespace streams::detail
