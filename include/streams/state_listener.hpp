// Told how the restoring of state goes on.
#pragma once

#include <cstdint>
#include <string>

namespace streams {

/// Threads: called by restoring threads, several at once. Must return quickly and not throw.
/// Source: org.apache.kafka.streams.processor.StateRestoreListener.
class RestoreListener {
 public:
  virtual ~RestoreListener() = default;
  /// Offsets from `start` on, before `end`, are about to be read.
  virtual void on_start(const std::string& /*topic*/, std::int32_t /*partition*/, const std::string& /*store*/,
                        std::int64_t /*start*/, std::int64_t /*end*/) {}
  /// `records` were applied; `next_offset` is the next one to read.
  virtual void on_batch(const std::string& /*topic*/, std::int32_t /*partition*/, const std::string& /*store*/,
                        std::int64_t /*next_offset*/, std::int64_t /*records*/) {}
  /// The store is complete; `records` is the total.
  virtual void on_end(const std::string& /*topic*/, std::int32_t /*partition*/, const std::string& /*store*/,
                      std::int64_t /*records*/) {}
  /// The task was taken away before its store was complete.
  virtual void on_suspended(const std::string& /*topic*/, std::int32_t /*partition*/, const std::string& /*store*/,
                            std::int64_t /*records*/) {}
};

}  // namespace streams
