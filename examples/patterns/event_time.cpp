// Event time: windows go by when something happened, which the record itself knows best.
#include "pattern.hpp"

#include <streams/windowed_serdes.hpp>

#include <cstdlib>

namespace patterns {
namespace {

constexpr Millis kMinute = 1min;

/// A device that is offline keeps its readings and says how many seconds it held each back: "21.5 held 90".
streams::Timestamp when_it_happened(const streams::ConsumedRecord<std::string, std::string>& record,
                                    streams::Timestamp /*partition_time*/) {
  if (!record.value) return -1;  // a negative time drops the record
  const std::size_t held = record.value->find("held ");
  if (held == std::string::npos) return record.timestamp;
  return record.timestamp - 1000 * std::strtoll(record.value->c_str() + held + 5, nullptr, 10);
}

streams::Topology event_time_topology() {
  streams::StreamsBuilder builder;
  builder.stream<std::string, std::string>("device-readings", {.timestamp_extractor = when_it_happened})
      .group_by_key()
      // Late records need a window that still takes them: with no grace those that were held back would be dropped.
      .windowed_by(streams::TimeWindows::of_size_and_grace(kMinute, 10min))
      .count({.store_name = "readings-per-minute"})
      .to_stream()
      .to("readings-per-minute");
  return builder.build();
}

}  // namespace

Pattern event_time_pattern() {
  const Topic<std::string, std::string> readings("device-readings");
  const Topic<streams::Windowed<std::string>, std::int64_t> counts(
      "readings-per-minute", streams::time_windowed_serde<std::string>(kMinute.count()));
  return {.name = "event_time",
          .teaches = "a timestamp extractor of one's own; grace for what comes late",
          .topology = event_time_topology,
          .inputs = {readings},
          .outputs = {counts},
          .steps = {{{readings(10s, "d1", "20.0"), readings(70s, "d1", "20.5"), readings(100s, "d1", "20.1 held 90"),
                      readings(110s, "d1", std::nullopt), readings(800s, "d1", "22.0"),
                      readings(801s, "d1", "20.2 held 790")},
                     4}}};
}

}  // namespace patterns
