// The clock seam: wall-clock time as a constructor argument, so that tests own it.
#pragma once

#include <streams/bytes.hpp>

#include <cstdint>

namespace streams {

/// Wall-clock time. Implementations may be called from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Timestamp now_ms() const = 0;
  /// For durations: nanoseconds since some moment, never going back.
  virtual std::int64_t now_ns() const { return now_ms() * 1'000'000; }
};

/// The operating system's clock; one object serves the whole process.
const Clock& system_clock();

}  // namespace streams
