// Sequence check: whoever numbers the events of a key can prove that none is lost, repeated or overtaken.
#include "pattern.hpp"

#include <streams/processor.hpp>

#include <memory>

namespace patterns {
namespace {

constexpr const char* kLastStore = "last-number";

/// Events with one key are in one partition, in the order in which they were sent; that is all that Kafka promises,
/// and all that this needs. Numbers of a key begin with 1.
class SequenceCheck final : public streams::FixedKeyProcessor<std::string, std::int64_t, std::string> {
 public:
  void init(Context& context) override { last_ = &context.get_state_store<Store>(kLastStore); }
  void process(streams::FixedKeyRecord<std::string, std::int64_t>&& event) override {
    const std::int64_t number = *event.value;
    const std::int64_t expected = last_->get(*event.key()).value_or(0) + 1;
    if (number >= expected) last_->put(*event.key(), number);
    if (number == expected) return;
    const std::string text = number > expected ? std::to_string(number - expected) + " missing before "
                                               : std::string("again, or too late: ");
    context().forward(std::move(event).with_value(text + std::to_string(number)));
  }

 private:
  using Store = streams::KeyValueStore<std::string, std::int64_t>;
  Store* last_ = nullptr;
};

streams::Topology sequence_check_topology() {
  streams::StreamsBuilder builder;
  builder.add_state_store(streams::key_value_store<std::string, std::int64_t>(kLastStore));
  builder.stream<std::string, std::int64_t>("numbered-events")
      .process_values([] { return std::make_unique<SequenceCheck>(); }, {.name = "check"}, {kLastStore})
      .to("out-of-sequence");
  return builder.build();
}

}  // namespace

Pattern sequence_check_pattern() {
  const Topic<std::string, std::int64_t> events("numbered-events");
  const Topic<std::string, std::string> wrong("out-of-sequence");
  return {.name = "sequence_check",
          .teaches = "numbers by key show what was lost, repeated or overtaken",
          .topology = sequence_check_topology,
          .inputs = {events},
          .outputs = {wrong},
          .steps = {{{events(1s, "a", 1), events(2s, "b", 1), events(3s, "a", 2), events(4s, "a", 2),
                      events(5s, "b", 4), events(6s, "b", 3), events(7s, "a", 3), events(8s, "b", 5)},
                     3}}};
}

}  // namespace patterns
