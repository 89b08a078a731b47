// Schedules: a processor that acts by the clock on the wall, and by the time in the records.
#include "pattern.hpp"

#include <streams/processor.hpp>

#include <memory>

namespace patterns {
namespace {

class Report final : public streams::Processor<std::string, std::string, std::string, std::int64_t> {
 public:
  void init(Context& context) override {
    // The wall clock goes on when no records come: for reports, timeouts, anything that somebody waits for.
    context.schedule(200ms, streams::PunctuationType::kWallClockTime, [this](streams::Timestamp) {
      if (reported_ == count_) return;
      reported_ = count_;
      send("so far");
    });
    // Stream time stands still without records, but gives the same results whenever the records are processed.
    // The first time is right after the first record.
    context.schedule(1min, streams::PunctuationType::kStreamTime, [this](streams::Timestamp) { send("minute ends"); });
  }
  // Members are gone when the task moves to another thread or instance; what must survive belongs into a store.
  void process(streams::Record<std::string, std::string>&& /*record*/) override { ++count_; }

 private:
  // Outside of process() there is no record to take a time from: say which one is meant.
  void send(const std::string& key) { context().forward({key, count_, context().current_stream_time_ms(), {}}); }

  std::int64_t count_ = 0, reported_ = 0;
};

streams::Topology schedules_topology() {
  streams::StreamsBuilder builder;
  builder.stream<std::string, std::string>("visits")
      .process([] { return std::make_unique<Report>(); }, {.name = "report"})
      .to("visit-reports");
  return builder.build();
}

}  // namespace

Pattern schedules_pattern() {
  const Topic<std::string, std::string> visits("visits");
  const Topic<std::string, std::int64_t> reports("visit-reports");
  return {
      .name = "schedules",
      .teaches = "punctuation by wall clock and by stream time, and which one to take",
      .topology = schedules_topology,
      .inputs = {visits},
      .outputs = {reports},
      .steps = {
          {{visits(10s, "lobby", "in")}, 2}, {{visits(20s, "lobby", "in")}, 1}, {{visits(80s, "lobby", "out")}, 2}}};
}

}  // namespace patterns
