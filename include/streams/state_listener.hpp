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

/// Told how standby tasks follow their changelogs.
/// Threads: called by the thread of the standby tasks, and where one ends by others. Must return quickly and not throw,
/// and must not call KafkaStreams.
/// Source: org.apache.kafka.streams.processor.StandbyUpdateListener (KIP-988).
class StandbyListener {
 public:
  /// Why a standby task ends.
  enum class Reason {
    kPromoted,  ///< this instance runs the task from now on
    kMigrated,  ///< another instance has the standby task, or this one closes
  };
  virtual ~StandbyListener() = default;
  /// Offsets from `start` on are about to be read.
  virtual void on_start(const std::string& /*topic*/, std::int32_t /*partition*/, const std::string& /*store*/,
                        std::int64_t /*start*/) {}
  /// `records` were applied; `next_offset` is the next one to read, `end` that of the changelog, as far as it is known.
  virtual void on_batch(const std::string& /*topic*/, std::int32_t /*partition*/, const std::string& /*store*/,
                        std::int64_t /*next_offset*/, std::int64_t /*records*/, std::int64_t /*end*/) {}
  /// Nothing more is read; `next_offset` and `end` as above.
  virtual void on_suspended(const std::string& /*topic*/, std::int32_t /*partition*/, const std::string& /*store*/,
                            std::int64_t /*next_offset*/, std::int64_t /*end*/, Reason /*reason*/) {}
};

}  // namespace streams
