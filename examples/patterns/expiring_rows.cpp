// Expiring rows: whoever is not heard of for five minutes is deleted from a table.
#include "pattern.hpp"

#include <streams/processor.hpp>

#include <memory>

namespace patterns {
namespace {

constexpr const char* kHeardStore = "last-heard-of";
constexpr Millis kTimeToLive = 5min;

class Expire final : public streams::Processor<std::string, std::string> {
 public:
  void init(Context& context) override {
    store_ = &context.get_state_store<Store>(kHeardStore);
    context.schedule(1min, streams::PunctuationType::kStreamTime, [this](streams::Timestamp now) { expire(now); });
  }
  void process(streams::Record<std::string, std::string>&& record) override {
    store_->put(*record.key, record.timestamp);
    context().forward(std::move(record));
  }

 private:
  using Store = streams::KeyValueStore<std::string, streams::Timestamp>;

  /// Walks over all rows: fine for thousands. For millions keep a second store ordered by time, as in reordering.cpp.
  void expire(streams::Timestamp now) {
    std::vector<std::string> silent;
    for (const auto& [key, heard_of] : store_->all()) {
      if (heard_of <= now - kTimeToLive.count()) silent.push_back(key);
    }
    for (const std::string& key : silent) {
      store_->put(key, std::nullopt);
      // A record with a null value is a tombstone: it deletes the row in every table made of the topic, and lets
      // compaction delete the key from the topic itself.
      context().forward({key, std::nullopt, now, {}});
    }
  }

  Store* store_ = nullptr;
};

streams::Topology expiring_rows_topology() {
  streams::StreamsBuilder builder;
  builder.add_state_store(streams::key_value_store<std::string, streams::Timestamp>(kHeardStore));
  builder.stream<std::string, std::string>("heartbeats")
      .process([] { return std::make_unique<Expire>(); }, {.name = "expire"}, {kHeardStore})
      .to("devices-online");
  return builder.build();
}

}  // namespace

Pattern expiring_rows_pattern() {
  const Topic<std::string, std::string> heartbeats("heartbeats"), online("devices-online");
  return {.name = "expiring_rows",
          .teaches = "time to live for rows: punctuation sends tombstones",
          .topology = expiring_rows_topology,
          .inputs = {heartbeats},
          .outputs = {online},
          .steps = {{{heartbeats(0min, "d1", "10.0.0.1"), heartbeats(1min, "d2", "10.0.0.2"),
                      heartbeats(4min, "d1", "10.0.0.1")},
                     3},
                    {{heartbeats(7min, "d3", "10.0.0.3")}, 2},
                    {{heartbeats(12min, "d3", "10.0.0.3")}, 2}}};
}

}  // namespace patterns
