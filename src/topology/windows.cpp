// Checks of window settings, with Kafka Streams' messages.
#include <streams/detail/sliding_aggregate_node.hpp>
#include <streams/errors.hpp>
#include <streams/windowed.hpp>
#include <streams/windows.hpp>

#include <string>

namespace streams {

TimeWindows TimeWindows::of_size_and_grace(Millis size, Millis grace) {
  if (size.count() <= 0) throw InvalidArgument("Window size (sizeMs) must be larger than zero.");
  if (grace.count() < 0) throw InvalidArgument("Grace period must not be negative.");
  return {size.count(), size.count(), grace.count()};
}

TimeWindows TimeWindows::advance_by(Millis advance) const {
  if (advance.count() <= 0 || advance.count() > size_ms_) {
    throw InvalidArgument(
        "Window advancement interval should be more than zero and less than window duration which is " +
        std::to_string(size_ms_) + " ms, but given advancement interval is: " + std::to_string(advance.count()) +
        " ms");
  }
  return {size_ms_, advance.count(), grace_ms_};
}

JoinWindows::JoinWindows(std::int64_t before, std::int64_t after, std::int64_t grace)
    : before_ms_(before), after_ms_(after), grace_ms_(grace) {
  if (before + after < 0) {
    throw InvalidArgument("Window interval (ie, beforeMs+afterMs) must not be negative.");
  }
  if (grace < 0) throw InvalidArgument("Grace period must not be negative.");
}

SlidingWindows SlidingWindows::of_time_difference_and_grace(Millis difference, Millis grace) {
  if (difference.count() < 0) throw InvalidArgument("Window time difference must not be negative.");
  if (grace.count() < 0) throw InvalidArgument("Window grace period must not be negative.");
  return {difference.count(), grace.count()};
}

SessionWindows SessionWindows::of_inactivity_gap_and_grace(Millis gap, Millis grace) {
  if (gap.count() < 0) throw InvalidArgument("Gap time cannot be negative.");
  if (grace.count() < 0) throw InvalidArgument("Grace period cannot be negative.");
  return {gap.count(), grace.count()};
}

UnlimitedWindows UnlimitedWindows::start_on(Timestamp start) const {
  if (start < 0) throw InvalidArgument("Window start time (startMs) cannot be negative.");
  return UnlimitedWindows(start);
}

JoinWindows JoinWindows::of_time_difference_and_grace(Millis difference, Millis grace) {
  return {difference.count(), difference.count(), grace.count()};
}

JoinWindows JoinWindows::before(Millis difference) const { return {difference.count(), after_ms_, grace_ms_}; }

JoinWindows JoinWindows::after(Millis difference) const { return {before_ms_, difference.count(), grace_ms_}; }

namespace detail {

void check_emit_strategy(EmitStrategy strategy, bool fixed_size_windows) {
  if (strategy == EmitStrategy::kOnWindowClose && !fixed_size_windows) {
    throw InvalidArgument("ON_WINDOW_CLOSE emit strategy cannot be used for UnlimitedWindows");
  }
}

void throw_window_beyond_time() {
  throw InvalidArgument("Window endMs time cannot be smaller than window startMs time.");
}

void throw_empty_window() { throw InvalidArgument("Window endMs must be greater than window startMs."); }

}  // namespace detail

}  // namespace streams
