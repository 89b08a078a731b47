// Sources: streams, tables, global tables and stores.
#include "binding.hpp"
#include "callables.hpp"
#include "materialized.hpp"
#include "processors.hpp"
#include "sources.hpp"

namespace streams::conformance {

std::optional<AutoOffsetReset> offset_reset(const Op& op) {
  if (!op.has("offset_reset")) return std::nullopt;
  const std::string policy = op.text("offset_reset");
  if (policy == "earliest") return AutoOffsetReset::earliest();
  if (policy == "latest") return AutoOffsetReset::latest();
  if (policy == "none") return AutoOffsetReset::none();
  throw CaseError("unknown offset reset policy " + policy);
}

namespace {

TopicTypes types_of(const Op& op) { return {op.type("key"), op.type("value")}; }

Consumed<Dyn, Dyn> consumed(const Op& op) {
  return {op.given("as"), serde_of(op.type("key")), serde_of(op.type("value")), timestamp_extractor(op),
          offset_reset(op)};
}

KStream<Dyn, Dyn> stream_of(Binding& binding, const Op& op) {
  const TopicTypes types = types_of(op);
  if (op.has("pattern")) {
    binding.add_source_pattern(op.text("pattern"), types);
    return binding.builder().stream<Dyn, Dyn>(TopicPattern{op.text("pattern")}, consumed(op));
  }
  if (op.has("topic")) {
    binding.add_source_topic(op.text("topic"), types);
    return binding.builder().stream<Dyn, Dyn>(op.text("topic"), consumed(op));
  }
  for (const std::string& topic : op.texts("topics")) binding.add_source_topic(topic, types);
  return binding.builder().stream<Dyn, Dyn>(op.texts("topics"), consumed(op));
}

void stream(Binding& binding, const Op& op) {
  binding.put(op, stream_of(binding, op), op.type("key"), op.type("value"));
}

void table(Binding& binding, const Op& op) {
  const TopicTypes types = types_of(op);
  binding.add_source_topic(op.text("topic"), types);
  binding.put(
      op,
      binding.builder().table<Dyn, Dyn>(op.text("topic"), consumed(op), materialized<Dyn>(op, types.key, types.value)),
      types.key, types.value);
}

void global_table(Binding& binding, const Op& op) {
  const TopicTypes types = types_of(op);
  binding.add_source_topic(op.text("topic"), types);
  binding.put(op,
              binding.builder().global_table<Dyn, Dyn>(op.text("topic"), consumed(op),
                                                       materialized<Dyn>(op, types.key, types.value)),
              types.key, types.value);
}

void add_state_store(Binding& binding, const Op& op) {
  binding.builder().add_state_store(store_builder(op.part("store")));
}

void add_global_store(Binding& binding, const Op& op) {
  binding.add_source_topic(op.text("topic"), types_of(op));
  binding.builder().add_global_store<Dyn, Dyn>(store_builder(op.part("store")), op.text("topic"),
                                               ScriptedSupplier(binding, op), consumed(op));
}

}  // namespace

void add_source_ops(OpTable& table_of_ops) {
  table_of_ops.insert({
      {"stream", stream},
      {"table", table},
      {"global_table", global_table},
      {"add_state_store", add_state_store},
      {"add_global_store", add_global_store},
  });
}

}  // namespace streams::conformance
