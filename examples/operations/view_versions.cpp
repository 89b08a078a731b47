// Lag is the end of the topic less what the application's group has committed.
#include "view_versions.hpp"

#include "topic_io.hpp"

#include <streams/errors.hpp>
#include <streams/streams_builder.hpp>

#include <cstdio>
#include <thread>
#include <vector>

namespace operations {

using namespace streams::client;

std::int64_t input_lag(ClientFactory& clients, const std::string& application_id, const std::string& topic) {
  const auto offsets = offsets_of(clients, topic);
  std::vector<TopicPartition> partitions;
  for (const auto& [partition, range] : offsets) partitions.push_back(partition);
  const auto committed = clients.consumer({{"group.id", application_id}})->committed(partitions, kPatienceMs);
  check(committed.status(), "cannot ask how far " + application_id + " has come");
  std::int64_t lag = 0;
  for (const OffsetAndMetadata& at : committed.value()) {
    const OffsetRange& range = offsets.at(at.partition);
    lag += range.latest - (at.offset < 0 ? range.earliest : at.offset);
  }
  return lag;
}

bool wait_until_caught_up(ClientFactory& clients, const streams::KafkaStreams& app, const std::string& application_id,
                          const std::string& topic, std::chrono::milliseconds timeout) {
  using State = streams::KafkaStreams::State;
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (std::chrono::steady_clock::now() < deadline) {
    const State state = app.state();
    if (state == State::kRunning && input_lag(clients, application_id, topic) == 0) return true;
    if (state == State::kError || state == State::kNotRunning) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return false;
}

std::int64_t parse_appointment(const std::string& text, int parser_version) {
  int year = 0, zone_hour = 0, zone_minute = 0;
  unsigned month = 0, day = 0, hour = 0, minute = 0;
  char sign = '+';
  if (std::sscanf(text.c_str(), "%4d-%2u-%2uT%2u:%2u%c%2d:%2d", &year, &month, &day, &hour, &minute, &sign, &zone_hour,
                  &zone_minute) != 8) {
    throw streams::SerializationError("'" + text + "' is no time as in 2026-03-01T10:30+02:00");
  }
  using namespace std::chrono;
  const sys_days date = year_month_day(std::chrono::year(year), std::chrono::month(month), std::chrono::day(day));
  std::int64_t minutes = duration_cast<std::chrono::minutes>(date.time_since_epoch()).count() + hour * 60 + minute;
  if (parser_version >= 2) minutes -= (sign == '-' ? -1 : 1) * (zone_hour * 60 + zone_minute);
  return minutes;
}

streams::Topology appointments_topology(int parser_version) {
  streams::StreamsBuilder builder;
  builder.table<std::string, std::string>(kAppointmentsTopic)
      .map_values([parser_version](const std::string& text) { return parse_appointment(text, parser_version); },
                  {.store_name = kAppointmentsView});
  return builder.build();
}

}  // namespace operations
