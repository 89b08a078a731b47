// Windows: how records are put together by time. All sizes are wall-clock-free: only record timestamps count.
#pragma once

#include <streams/bytes.hpp>
#include <streams/state_store.hpp>

#include <chrono>
#include <concepts>
#include <cstdint>

namespace streams {

/// Spans of time: what windows, grace and retention are given in.
using Millis = std::chrono::milliseconds;

namespace detail {
/// A window would end after the last timestamp there is. Throws InvalidArgument.
[[noreturn]] void throw_window_beyond_time();
/// As Java adds: after the last timestamp comes the first one. Records may have any timestamp.
constexpr Timestamp wrapping_sum(Timestamp timestamp, std::int64_t ms) {
  return static_cast<Timestamp>(static_cast<std::uint64_t>(timestamp) + static_cast<std::uint64_t>(ms));
}
}  // namespace detail

/// Fixed-size windows [start, start + size): tumbling, or hopping with advance_by().
/// Source: org.apache.kafka.streams.kstream.TimeWindows.
class TimeWindows {
 public:
  /// Throws InvalidArgument unless size > 0.
  static TimeWindows of_size_with_no_grace(Millis size) { return of_size_and_grace(size, Millis(0)); }
  /// A window takes late records until stream time reaches its end + grace. Throws InvalidArgument for a negative
  /// grace.
  static TimeWindows of_size_and_grace(Millis size, Millis grace);
  /// Hopping windows that start every `advance`. Throws InvalidArgument unless 0 < advance <= size.
  TimeWindows advance_by(Millis advance) const;

  /// Milliseconds.
  std::int64_t size_ms() const { return size_ms_; }
  std::int64_t advance_ms() const { return advance_ms_; }
  std::int64_t grace_ms() const { return grace_ms_; }

  /// Calls fn(start, end) for every window that holds the timestamp, ascending by start. Throws InvalidArgument, before
  /// any call, if one of them would end after the last timestamp there is.
  template <class Fn>
  void for_each_window(Timestamp timestamp, Fn&& fn) const {
    if (timestamp < 0) return;
    const Timestamp last_start = INT64_MAX - size_ms_;
    if (timestamp > last_start && timestamp / advance_ms_ * advance_ms_ > last_start)
      detail::throw_window_beyond_time();
    Timestamp start = timestamp - size_ms_ + advance_ms_;
    start = (start < 0 ? 0 : start) / advance_ms_ * advance_ms_;
    for (; start <= timestamp; start += advance_ms_) fn(start, start + size_ms_);
  }

 private:
  TimeWindows(std::int64_t size, std::int64_t advance, std::int64_t grace)
      : size_ms_(size), advance_ms_(advance), grace_ms_(grace) {}
  std::int64_t size_ms_, advance_ms_, grace_ms_;
};

/// Windows of your own, for windowed_by(): days of a time zone, shifts, whatever a timestamp says.
///
/// for_each_window(timestamp, fn) calls fn(start, end) for every window that holds the timestamp, ascending by start.
/// It must always give the same windows. size_ms() is that of the longest: stores keep windows by their start and know
/// no other end than start + size. grace_ms(): how late records may come. Source:
/// org.apache.kafka.streams.kstream.Windows.
template <class W>
concept TimeWindowing = std::copy_constructible<W> && requires(const W& windows, void (*fn)(Timestamp, Timestamp)) {
  { windows.size_ms() } -> std::convertible_to<std::int64_t>;
  { windows.grace_ms() } -> std::convertible_to<std::int64_t>;
  windows.for_each_window(Timestamp{}, fn);
};

/// Windows [end - difference, end] for every distinct set of records that lie that near together: they slide with the
/// records. Source: org.apache.kafka.streams.kstream.SlidingWindows.
class SlidingWindows {
 public:
  /// Late records count until the end of their window. Throws InvalidArgument for a negative difference.
  static SlidingWindows of_time_difference_with_no_grace(Millis difference) {
    return of_time_difference_and_grace(difference, Millis(0));
  }
  /// Throws InvalidArgument if either is negative.
  static SlidingWindows of_time_difference_and_grace(Millis difference, Millis grace);

  /// Milliseconds. The size is the time difference.
  std::int64_t size_ms() const { return difference_ms_; }
  std::int64_t grace_ms() const { return grace_ms_; }

 private:
  SlidingWindows(std::int64_t difference, std::int64_t grace) : difference_ms_(difference), grace_ms_(grace) {}
  std::int64_t difference_ms_, grace_ms_;
};

/// Sessions: records of a key belong together until a gap without any. Source:
/// org.apache.kafka.streams.kstream.SessionWindows.
class SessionWindows {
 public:
  /// Late records count until the gap after their session's end is over. Throws InvalidArgument for a negative gap.
  static SessionWindows of_inactivity_gap_with_no_grace(Millis gap) {
    return of_inactivity_gap_and_grace(gap, Millis(0));
  }
  /// Throws InvalidArgument if either is negative.
  static SessionWindows of_inactivity_gap_and_grace(Millis gap, Millis grace);

  /// Milliseconds.
  std::int64_t gap_ms() const { return gap_ms_; }
  std::int64_t grace_ms() const { return grace_ms_; }

 private:
  SessionWindows(std::int64_t gap, std::int64_t grace) : gap_ms_(gap), grace_ms_(grace) {}
  std::int64_t gap_ms_, grace_ms_;
};

/// One window from a start to the end of time. Source: org.apache.kafka.streams.kstream.UnlimitedWindows.
class UnlimitedWindows {
 public:
  /// From 1970 on.
  static UnlimitedWindows of() { return UnlimitedWindows(0); }
  /// Records before that time are ignored. Throws InvalidArgument for a negative time.
  UnlimitedWindows start_on(Timestamp start) const;

  /// Without an end: the largest number there is; and no grace, as nothing is late.
  std::int64_t size_ms() const { return kForever; }
  std::int64_t grace_ms() const { return 0; }
  /// Calls fn(start, end) once, or not at all for a timestamp before the start.
  template <class Fn>
  void for_each_window(Timestamp timestamp, Fn&& fn) const {
    if (timestamp >= start_) fn(start_, kForever);
  }

 private:
  static constexpr std::int64_t kForever = INT64_MAX;
  explicit UnlimitedWindows(Timestamp start) : start_(start) {}
  Timestamp start_;
};

/// When a windowed aggregation gives results. Source: org.apache.kafka.streams.kstream.EmitStrategy (KIP-825).
enum class EmitStrategy {
  kOnWindowUpdate,  ///< with every record
  kOnWindowClose,   ///< once, when stream time passes the window's end and grace
};

/// How far apart two records of a stream-stream join may be: other.timestamp in [this - before, this + after].
/// Source: org.apache.kafka.streams.kstream.JoinWindows.
class JoinWindows {
 public:
  /// As near as `difference` in either direction.
  static JoinWindows of_time_difference_with_no_grace(Millis difference) {
    return of_time_difference_and_grace(difference, Millis(0));
  }
  /// Records that come later than their window's end and the grace find no partner. Throws InvalidArgument if either is
  /// negative.
  static JoinWindows of_time_difference_and_grace(Millis difference, Millis grace);
  /// How much earlier the other record may be. It may be negative: then it must be that much later. Throws
  /// InvalidArgument if before + after is negative.
  JoinWindows before(Millis difference) const;
  /// How much later the other record may be. As before().
  JoinWindows after(Millis difference) const;

  /// Milliseconds; the size is before + after.
  std::int64_t before_ms() const { return before_ms_; }
  std::int64_t after_ms() const { return after_ms_; }
  std::int64_t grace_ms() const { return grace_ms_; }
  std::int64_t size_ms() const { return before_ms_ + after_ms_; }

 private:
  JoinWindows(std::int64_t before, std::int64_t after, std::int64_t grace);
  std::int64_t before_ms_, after_ms_, grace_ms_;
};

}  // namespace streams
