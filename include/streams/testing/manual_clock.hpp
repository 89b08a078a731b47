// A clock that stands still until a test moves it.
#pragma once

#include <streams/clock.hpp>

#include <atomic>

namespace streams {

/// Wall-clock time as a test wants it, in milliseconds since the epoch. Threads: any.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Timestamp now_ms = 0) : now_ms_(now_ms) {}
  Timestamp now_ms() const override { return now_ms_.load(std::memory_order_relaxed); }
  /// Shows that time from now on; it may go back.
  void set(Timestamp now_ms) { now_ms_.store(now_ms, std::memory_order_relaxed); }
  /// Moves on by so many milliseconds.
  void advance(Timestamp by_ms) { now_ms_.fetch_add(by_ms, std::memory_order_relaxed); }

 private:
  std::atomic<Timestamp> now_ms_;
};

}  // namespace streams
