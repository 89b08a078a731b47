// Timestamps of records: brokers take any, and windows calculate with them.
#include "fuzz_target.hpp"

#include <streams/streams_builder.hpp>
#include <streams/testing/topology_test_driver.hpp>
#include <streams/windows.hpp>

#include <algorithm>

namespace streams::fuzz {
namespace {

void windows(BytesView input) {
  Parts parts(input);
  const auto size = std::max<std::int64_t>(parts.number() & INT64_MAX, 1);
  const std::int64_t advance = std::max(size / (1 + parts.byte() % 50), std::int64_t{1});
  const TimeWindows hopping = TimeWindows::of_size_with_no_grace(Millis(size)).advance_by(Millis(advance));
  if (size / advance > 100) return;
  const Timestamp time = parts.number();
  Timestamp last = -1;
  hopping.for_each_window(time, [&](Timestamp start, Timestamp end) {
    require(start > last && start <= time && time < end, "a window does not hold the timestamp");
    last = start;
  });
  require(time < 0 || last >= 0, "a timestamp has no window");
}

std::vector<Bytes> windows_seeds() {
  std::vector<Bytes> seeds;
  for (const std::int64_t size : {std::int64_t{10}, INT64_MAX}) {
    for (const Timestamp time : {Timestamp{25}, INT64_MAX, INT64_MIN, Timestamp{-1}}) {
      seeds.push_back(PartsWriter().number(size).byte(3).number(time).input());
    }
  }
  return seeds;
}

/// Every kind of windows, and joins, of streams a and b.
Topology every_window(bool on_close) {
  StreamsBuilder builder;
  const auto a = builder.stream<std::string, std::string>("a");
  const auto b = builder.stream<std::string, std::string>("b");
  const Millis some{10}, grace{5};
  const EmitStrategy emit = on_close ? EmitStrategy::kOnWindowClose : EmitStrategy::kOnWindowUpdate;
  const auto grouped = a.group_by_key();
  grouped.windowed_by(TimeWindows::of_size_and_grace(some, grace).advance_by(Millis(4))).emit_strategy(emit).count();
  grouped.windowed_by(SlidingWindows::of_time_difference_and_grace(some, grace)).emit_strategy(emit).count();
  grouped.windowed_by(SessionWindows::of_inactivity_gap_and_grace(some, grace)).emit_strategy(emit).count();
  const auto both = [](const std::string& left, const std::string& right) { return left + right; };
  a.join(b, both, JoinWindows::of_time_difference_and_grace(some, grace));
  a.outer_join(
      b,
      [](const std::string* left, const std::string* right) { return (left ? *left : "-") + (right ? *right : "-"); },
      JoinWindows::of_time_difference_and_grace(some, grace).after(Millis(3)));
  return builder.build();
}

void windowed_topology(BytesView input) {
  static const Topology topologies[] = {every_window(false), every_window(true)};
  Parts parts(input);
  StreamsConfig config;
  config.set_logger(null_logger());
  TopologyTestDriver driver(topologies[parts.byte() % 2], config, {.wall_clock_start_ms = 0, .in_memory = true});
  auto a = driver.create_input_topic<std::string, std::string>("a");
  auto b = driver.create_input_topic<std::string, std::string>("b");
  for (int records = 0; records < 12 && !parts.empty(); ++records) {
    const std::uint8_t flags = parts.byte();
    const Timestamp time = parts.number();
    if (time < 0) continue;
    ((flags & 1) != 0 ? a : b).pipe_input((flags & 2) != 0 ? "k" : "l", "v", time);
  }
}

std::vector<Bytes> topology_seeds() {
  std::vector<Bytes> seeds;
  for (const std::uint8_t on_close : {0, 1}) {
    for (const Timestamp far : {Timestamp{100}, INT64_MAX - 20, INT64_MAX - 3, INT64_MAX}) {
      PartsWriter parts;
      parts.byte(on_close);
      for (const Timestamp time : {Timestamp{5}, Timestamp{12}, far, Timestamp{40}}) {
        parts.byte(3).number(time).byte(2).number(time);
      }
      seeds.push_back(parts.input());
    }
  }
  return seeds;
}

}  // namespace

std::vector<Target> time_targets() {
  return {{"windows", windows, windows_seeds}, {"windowed_topology", windowed_topology, topology_seeds}};
}

}  // namespace streams::fuzz
