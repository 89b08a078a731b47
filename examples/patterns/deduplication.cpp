// Deduplication: what comes again within ten minutes is dropped.
#include "pattern.hpp"

#include <streams/processor.hpp>

#include <memory>

namespace patterns {
namespace {

constexpr const char* kIdsStore = "ids-seen";
constexpr Millis kRemembered = 10min;

class Deduplicate final : public streams::FixedKeyProcessor<std::string, std::string> {
 public:
  void init(Context& context) override { seen_ = &context.get_state_store<Seen>(kIdsStore); }
  void process(streams::FixedKeyRecord<std::string, std::string>&& event) override {
    if (!event.key()) return context().forward(std::move(event));  // without an id nothing can be said
    const streams::Timestamp time = event.timestamp;
    // Before and after: records do not come in the order of their times.
    const auto near = seen_->fetch(*event.key(), time - kRemembered.count(), time + kRemembered.count());
    const bool is_new = near.begin() == near.end();
    seen_->put(*event.key(), time, time);  // a duplicate, too: ten minutes from the last one on
    if (is_new) context().forward(std::move(event));
  }

 private:
  using Seen = streams::WindowStore<std::string, streams::Timestamp>;
  Seen* seen_ = nullptr;
};

streams::Topology deduplication_topology() {
  streams::StreamsBuilder builder;
  // A window store forgets by itself what is older than its retention: nobody has to delete.
  builder.add_state_store(streams::window_store<std::string, streams::Timestamp>(
      kIdsStore, {.retention = 2 * kRemembered, .window_size = kRemembered}));
  builder
      .stream<std::string, std::string>("events")  // by event id
      .process_values([] { return std::make_unique<Deduplicate>(); }, {.name = "deduplicate"}, {kIdsStore})
      .to("unique-events");
  return builder.build();
}

}  // namespace

Pattern deduplication_pattern() {
  const Topic<std::string, std::string> events("events"), unique("unique-events");
  return {.name = "deduplication",
          .teaches = "a window store as a memory of ids that forgets by itself",
          .topology = deduplication_topology,
          .inputs = {events},
          .outputs = {unique},
          .steps = {{{events(20min, "e1", "first"), events(21min, "e2", "other"), events(25min, "e1", "again"),
                      events(34min, "e1", "again, 9 minutes after the last"), events(16min, "e1", "again, but late"),
                      events(35min, std::nullopt, "no id"), events(36min, std::nullopt, "no id"),
                      events(45min, "e1", "after a long pause")},
                     5}}};
}

}  // namespace patterns
