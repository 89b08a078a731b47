// How KTable::suppress() holds updates back.
//
// Source: org.apache.kafka.streams.kstream.Suppressed.
#pragma once

#include <streams/name.hpp>
#include <streams/windows.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace streams {

/// What happens when a suppression's buffer has more rows or bytes than it may.
enum class BufferFull {
  kEmitEarly,  ///< the oldest rows go out before their time
  kShutDown    ///< the task fails
};

/// The memory for updates that are held back, in each task. Without limits it takes what it needs.
/// Source: org.apache.kafka.streams.kstream.Suppressed.BufferConfig.
struct SuppressBufferConfig {
  std::optional<std::int64_t> max_records{};  ///< rows, one for each key (and window)
  std::optional<std::int64_t> max_bytes{};    ///< of keys, values and what is known of their records, serialised
  BufferFull when_full = BufferFull::kEmitEarly;
  bool logging = true;                                 ///< false: what is in the buffer is lost when the task moves
  std::map<std::string, std::string> topic_configs{};  ///< of the changelog
};

/// Which updates are held back, and where. The name is also the base of the store's: "<name>-store".
struct Suppressed {
  /// What ends the waiting.
  enum class Until { kTimeLimit, kWindowCloses };

  /// Each row's updates of a span of time come out as one, that long (in stream time) after the first of them.
  static Suppressed until_time_limit(Millis time, SuppressBufferConfig buffer = {}, Name name = {}) {
    return {Until::kTimeLimit, time, std::move(buffer), std::move(name)};
  }
  /// Each window's row comes out once: when the window and its grace are over. Only for tables of windowed
  /// aggregations. As results are final, the buffer never emits early: if it is bounded and full, the task fails.
  static Suppressed until_window_closes(SuppressBufferConfig buffer = {}, Name name = {}) {
    buffer.when_full = BufferFull::kShutDown;
    return {Until::kWindowCloses, Millis(0), std::move(buffer), std::move(name)};
  }

  // What the functions above fill in.
  Until until = Until::kTimeLimit;
  Millis time{0};
  SuppressBufferConfig buffer{};
  Name name{};
};

}  // namespace streams
