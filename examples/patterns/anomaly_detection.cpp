// Anomaly detection: who does something too often within a minute?
#include "pattern.hpp"

#include <streams/windowed_serdes.hpp>

namespace patterns {
namespace {

constexpr Millis kLoginWindow = 1min;

streams::Topology anomaly_topology() {
  streams::StreamsBuilder builder;
  builder.stream<std::string, std::string>("logins")
      .group_by_key()
      .windowed_by(streams::TimeWindows::of_size_with_no_grace(kLoginWindow))
      .count({.store_name = "logins-per-minute"})
      .filter([](const streams::Windowed<std::string>&, std::int64_t logins) { return logins >= 3; })
      // A table says of every row that it does not hold that it does not: those are the nulls. As a stream of alarms
      // we have no use for them; into a compacted topic they would have to go, to take alarms back.
      .to_stream()
      .filter([](const std::int64_t* logins) { return logins != nullptr; })
      .to("suspicious-logins");
  return builder.build();
}

}  // namespace

Pattern anomaly_detection_pattern() {
  const Topic<std::string, std::string> logins("logins");
  const Topic<streams::Windowed<std::string>, std::int64_t> alarms(
      "suspicious-logins", streams::time_windowed_serde<std::string>(kLoginWindow.count()));
  return {.name = "anomaly_detection",
          .teaches = "a windowed count, filtered; what a filtered table's nulls mean",
          .topology = anomaly_topology,
          .inputs = {logins},
          .outputs = {alarms},
          .steps = {{{logins(1s, "mallory", "failed"), logins(2s, "alice", "ok"), logins(3s, "mallory", "failed"),
                      logins(4s, "mallory", "failed"), logins(5s, "mallory", "ok"), logins(61s, "mallory", "failed")},
                     2}}};
}

}  // namespace patterns
