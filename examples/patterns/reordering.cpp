// Reordering: records wait in a store for a moment, and leave in the order in which things happened.
#include "pattern.hpp"

#include <streams/processor.hpp>

#include <memory>

namespace patterns {
namespace {

constexpr const char* kBufferStore = "waiting-by-time";
constexpr Millis kReorderTime = 10s;

/// A store is ordered by the bytes of its keys, so the time comes first, in equally many digits.
std::string store_key(streams::Timestamp time, const std::string& key) {
  const std::string digits = std::to_string(time);
  return std::string(20 - digits.size(), '0') + digits + key;
}

class Reorder final : public streams::Processor<std::string, std::string> {
 public:
  void init(Context& context) override {
    store_ = &context.get_state_store<Store>(kBufferStore);
    // By stream time, which records drive: the same input gives the same output, however fast it comes.
    context.schedule(1s, streams::PunctuationType::kStreamTime, [this](streams::Timestamp now) { release(now); });
  }
  void process(streams::Record<std::string, std::string>&& record) override {
    if (record.key) store_->put(store_key(record.timestamp, *record.key), record.value);
  }

 private:
  using Store = streams::KeyValueStore<std::string, std::string>;

  void release(streams::Timestamp now) {
    std::vector<std::pair<std::string, std::string>> ready;
    for (auto row : store_->range(std::nullopt, store_key(now - kReorderTime.count(), ""))) ready.push_back(row);
    for (auto& [key, value] : ready) {
      store_->put(key, std::nullopt);
      context().forward({key.substr(20), std::move(value), std::stoll(key.substr(0, 20)), {}});
    }
  }

  Store* store_ = nullptr;
};

streams::Topology reordering_topology() {
  streams::StreamsBuilder builder;
  // The store has a changelog: what waits survives a crash.
  builder.add_state_store(streams::key_value_store<std::string, std::string>(kBufferStore));
  builder.stream<std::string, std::string>("measurements")
      .process([] { return std::make_unique<Reorder>(); }, {.name = "reorder"}, {kBufferStore})
      .to("measurements-in-order");
  return builder.build();
}

}  // namespace

Pattern reordering_pattern() {
  const Topic<std::string, std::string> in("measurements"), out("measurements-in-order");
  return {.name = "reordering",
          .teaches = "a store as a buffer, emptied by punctuation in stream time",
          .topology = reordering_topology,
          .inputs = {in},
          .outputs = {out},
          .steps = {{{in(5s, "a", "second"), in(2s, "b", "first"), in(9s, "a", "third"), in(30s, "c", "not yet")}, 3}}};
}

}  // namespace patterns
