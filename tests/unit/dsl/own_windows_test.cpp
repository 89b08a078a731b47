// Windows of the user's own in windowed_by(), and several topics in one call.
#include <streams/streams_builder.hpp>
#include <streams/testing/topology_test_driver.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace streams {
namespace {

using String = std::string;
using Count = std::int64_t;
using Lines = std::vector<String>;

/// Two shifts of ten: the first 3 long, the second 7.
struct Shifts {
  std::int64_t size_ms() const { return 7; }
  std::int64_t grace_ms() const { return 0; }
  template <class Fn>
  void for_each_window(Timestamp timestamp, Fn&& fn) const {
    const Timestamp ten = timestamp / 10 * 10;
    if (timestamp < ten + 3) {
      fn(ten, ten + 3);
    } else {
      fn(ten + 3, ten + 10);
    }
  }
};
static_assert(TimeWindowing<Shifts> && TimeWindowing<TimeWindows> && TimeWindowing<UnlimitedWindows>);
static_assert(!TimeWindowing<String>);

Lines sent(TopologyTestDriver& driver) {
  Lines out;
  while (const auto record = driver.read_raw("out")) out.push_back(*record->value);
  return out;
}

TEST(OwnWindows, AggregateWhatTheyHold) {
  StreamsBuilder builder;
  builder.stream<String, String>("in")
      .group_by_key()
      .windowed_by(Shifts{})
      .count({.store_name = "counts", .caching = false, .retention = std::chrono::hours(1)})
      .to_stream([](const Windowed<String>& window, std::int64_t) { return window.key; })
      .map_values([](const String& key, Count count) { return key + std::to_string(count); })
      .to("out");
  TopologyTestDriver driver(builder.build(), StreamsConfig{{"application.id", "app"}});
  for (const Timestamp time : {0, 2, 3, 9, 12, 5}) {
    driver.pipe_raw({.topic = "in", .key = "k", .value = "v", .timestamp = time});
  }
  EXPECT_EQ(sent(driver), (Lines{"k1", "k2", "k1", "k2", "k1"}));
  EXPECT_EQ(driver.dropped_records(), 1U);  // the shift of 5 ended at 10, and there is no grace
  auto& counts = driver.get_state_store<TimestampedWindowStore<String, std::int64_t>>("counts");
  const auto value_at = [&](Timestamp start) {
    return counts.fetch("k", start).value_or(ValueAndTimestamp<Count>{}).value;
  };
  EXPECT_EQ(value_at(0), 2);
  EXPECT_EQ(value_at(3), 2);
  EXPECT_EQ(value_at(10), 1);
}

TEST(OwnWindows, HoldCogroupedStreamsToo) {
  StreamsBuilder builder;
  const auto length = [](const String&, const String& text, Count sum) {
    return sum + static_cast<Count>(text.size());
  };
  builder.stream<String, String>("in")
      .group_by_key()
      .cogroup<Count>(length)
      .cogroup(builder.stream<String, String>("other").group_by_key(), length)
      .windowed_by(Shifts{})
      .aggregate([] { return Count{0}; }, {.store_name = "lengths", .caching = false})
      .to_stream([](const Windowed<String>& window, Count) { return window.key; })
      .map_values([](const String& key, Count sum) { return key + std::to_string(sum); })
      .to("out");
  TopologyTestDriver driver(builder.build(), StreamsConfig{{"application.id", "app"}});
  driver.pipe_raw({.topic = "in", .key = "k", .value = "two", .timestamp = 0});
  driver.pipe_raw({.topic = "other", .key = "k", .value = "words", .timestamp = 2});
  driver.pipe_raw({.topic = "other", .key = "k", .value = "later", .timestamp = 3});
  EXPECT_EQ(sent(driver), (Lines{"k3", "k8", "k5"}));
}

TEST(OwnWindows, GiveFinalResultsWhenTheyClose) {
  StreamsBuilder builder;
  builder.stream<String, String>("in")
      .group_by_key()
      .windowed_by(Shifts{})
      .emit_strategy(EmitStrategy::kOnWindowClose)
      .count()
      .to_stream([](const Windowed<String>& window, Count) { return window.key; })
      .map_values([](const String& key, Count count) { return key + std::to_string(count); })
      .to("out");
  TopologyTestDriver driver(
      builder.build(),
      StreamsConfig{{"application.id", "app"}, {"__emit.interval.ms.kstreams.windowed.aggregation__", "0"}});
  for (const Timestamp time : {0, 2, 3, 9, 12, 25}) {
    driver.pipe_raw({.topic = "in", .key = "k", .value = "v", .timestamp = time});
  }
  EXPECT_EQ(sent(driver), (Lines{"k2", "k2", "k1"}));
}

TEST(EmitOnWindowClose, LooksForClosedWindowsOnlyOnceInAnInterval) {
  StreamsBuilder builder;
  builder.stream<String, String>("in")
      .group_by_key()
      .windowed_by(TimeWindows::of_size_with_no_grace(Millis(10)))
      .emit_strategy(EmitStrategy::kOnWindowClose)
      .count()
      .to_stream([](const Windowed<String>& window, Count) { return std::to_string(window.start); })
      .map_values([](const String& start, Count) { return start; })
      .to("out");
  TopologyTestDriver driver(builder.build(), {{"__emit.interval.ms.kstreams.windowed.aggregation__", "50"}});
  const auto pipe = [&](Timestamp time) {
    driver.pipe_raw({.topic = "in", .key = "k", .value = "v", .timestamp = time});
    return sent(driver);
  };
  EXPECT_EQ(pipe(0), Lines());
  driver.advance_wall_clock_time(49);
  EXPECT_EQ(pipe(15), Lines());
  driver.advance_wall_clock_time(1);
  EXPECT_EQ(pipe(25), (Lines{"0", "10"}));
}

TEST(StreamsBuilder, TakesSeveralTopicsInBraces) {
  StreamsBuilder builder;
  builder.stream<String, String>({"a", "b"}).to("out");
  builder.stream<String, String>({"c", "d"}, {.name = "two"}).to("out");
  builder.stream<String, String>({"e"}).to("out");
  TopologyTestDriver driver(builder.build(), StreamsConfig{{"application.id", "app"}});
  for (const char* topic : {"a", "b", "c", "d", "e"}) {
    driver.pipe_raw({.topic = topic, .key = "k", .value = topic, .timestamp = 0});
  }
  EXPECT_EQ(sent(driver), (Lines{"a", "b", "c", "d", "e"}));
}

}  // namespace
}  // namespace streams
