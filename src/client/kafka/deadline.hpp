// Until when a call may take.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace streams::client::kafka {

using Deadline = std::chrono::steady_clock::time_point;

inline Deadline deadline_in(int timeout_ms) {
  return std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
}

/// At least 1: librdkafka takes 0 for no waiting at all.
inline int left_ms(Deadline deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  return static_cast<int>(std::max<std::int64_t>(left.count(), 1));
}

}  // namespace streams::client::kafka
