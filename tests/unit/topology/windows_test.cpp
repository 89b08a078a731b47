// Which windows a timestamp belongs to, and which settings are refused.
#include "unit/topology/shapes.hpp"

#include <streams/windows.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace streams {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using Spans = std::vector<std::pair<Timestamp, Timestamp>>;

Spans windows_of(const TimeWindows& windows, Timestamp timestamp) {
  Spans out;
  windows.for_each_window(timestamp, [&](Timestamp start, Timestamp end) { out.emplace_back(start, end); });
  return out;
}

TEST(TimeWindows, TumblingOnesDoNotOverlap) {
  const TimeWindows windows = TimeWindows::of_size_with_no_grace(milliseconds(10));
  EXPECT_EQ(windows_of(windows, 0), (Spans{{0, 10}}));
  EXPECT_EQ(windows_of(windows, 9), (Spans{{0, 10}}));
  EXPECT_EQ(windows_of(windows, 10), (Spans{{10, 20}}));
}

TEST(TimeWindows, HoppingOnesOverlapAndBeginAtZero) {
  const TimeWindows windows =
      TimeWindows::of_size_and_grace(milliseconds(10), milliseconds(2)).advance_by(milliseconds(4));
  EXPECT_EQ(windows_of(windows, 3), (Spans{{0, 10}}));
  EXPECT_EQ(windows_of(windows, 9), (Spans{{0, 10}, {4, 14}, {8, 18}}));
  EXPECT_EQ(windows_of(windows, 12), (Spans{{4, 14}, {8, 18}, {12, 22}}));
  EXPECT_EQ(windows.grace_ms(), 2);
}

TEST(TimeWindows, EndNoLaterThanTheLastTimestamp) {
  const TimeWindows windows = TimeWindows::of_size_with_no_grace(milliseconds(10)).advance_by(milliseconds(4));
  const Timestamp last = INT64_MAX - 3;  // the last multiple of 4
  EXPECT_EQ(windows_of(windows, last - 5), (Spans{{last - 12, last - 2}, {last - 8, last + 2}}));
  for (const Timestamp timestamp : {last - 4, INT64_MAX}) {
    int calls = 0;
    EXPECT_EQ(message_of<InvalidArgument>([&] { windows.for_each_window(timestamp, [&](auto...) { ++calls; }); }),
              "Window endMs time cannot be smaller than window startMs time.");
    EXPECT_EQ(calls, 0);
  }
}

TEST(TimeWindows, HoldNoTimestampBeforeZero) {
  const TimeWindows windows = TimeWindows::of_size_with_no_grace(milliseconds(10));
  EXPECT_EQ(windows_of(windows, -1), Spans{});
  EXPECT_EQ(windows_of(windows, INT64_MIN), Spans{});
}

TEST(TimeWindows, RefuseSizesThatMakeNoSense) {
  const auto size = [](int ms) {
    return message_of<InvalidArgument>([&] { TimeWindows::of_size_with_no_grace(milliseconds(ms)); });
  };
  EXPECT_EQ(size(0), "Window size (sizeMs) must be larger than zero.");
  EXPECT_EQ(size(1), "no error");
  const auto advance = [](int ms) {
    return message_of<InvalidArgument>(
        [&] { static_cast<void>(TimeWindows::of_size_with_no_grace(milliseconds(10)).advance_by(milliseconds(ms))); });
  };
  EXPECT_EQ(
      advance(0),
      "Window advancement interval should be more than zero and less than window duration which is 10 ms, but given "
      "advancement interval is: 0 ms");
  EXPECT_EQ(
      advance(11),
      "Window advancement interval should be more than zero and less than window duration which is 10 ms, but given "
      "advancement interval is: 11 ms");
  EXPECT_EQ(advance(10), "no error");
  EXPECT_EQ(message_of<InvalidArgument>([] { TimeWindows::of_size_and_grace(milliseconds(1), milliseconds(-1)); }),
            "Grace period must not be negative.");
}

TEST(JoinWindows, ReachBackAndForth) {
  const JoinWindows windows = JoinWindows::of_time_difference_and_grace(milliseconds(10), milliseconds(3))
                                  .before(milliseconds(-2))
                                  .after(milliseconds(5));
  EXPECT_THAT((std::vector{windows.before_ms(), windows.after_ms(), windows.grace_ms(), windows.size_ms()}),
              ElementsAre(-2, 5, 3, 3));
}

TEST(JoinWindows, RefuseIntervalsThatAreNegative) {
  const auto within = [](int before, int after) {
    return message_of<InvalidArgument>([&] {
      static_cast<void>(JoinWindows::of_time_difference_with_no_grace(milliseconds(5))
                            .after(milliseconds(after))
                            .before(milliseconds(before)));
    });
  };
  EXPECT_EQ(within(-5, 5), "no error");
  EXPECT_EQ(within(-6, 5), "Window interval (ie, beforeMs+afterMs) must not be negative.");
  EXPECT_EQ(message_of<InvalidArgument>([] {
              static_cast<void>(JoinWindows::of_time_difference_and_grace(milliseconds(1), milliseconds(-1)));
            }),
            "Grace period must not be negative.");
}

}  // namespace
}  // namespace streams
