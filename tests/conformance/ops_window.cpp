// Windowed aggregations.
#include "binding.hpp"
#include "callables.hpp"
#include "materialized.hpp"

namespace streams::conformance {

namespace {

using GroupedStream = KGroupedStream<Dyn, Dyn>;
using TimeWindowedStream = TimeWindowedKStream<Dyn, Dyn>;

Named named(const Op& op) { return {op.text_or("as", "")}; }

TimeWindows time_windows(const Op& window) {
  const TimeWindows windows = window.has("grace_ms")
                                  ? TimeWindows::of_size_and_grace(window.millis("size_ms"), window.millis("grace_ms"))
                                  : TimeWindows::of_size_with_no_grace(window.millis("size_ms"));
  return window.text("type") == "hopping" ? windows.advance_by(window.millis("advance_ms")) : windows;
}

/// The key type of a windowed stream is that of its windows already.
void windowed_by(Binding& binding, const Op& op) {
  // Windows are never null: what Java refuses cannot be written.
  if (!op.has("window")) throw NullArgument("There are no windows");
  const Ref& from = binding.from(op);
  const Op window = op.part("window");
  const std::string type = window.text("type");
  if (type != "tumbling" && type != "hopping") throw NotSupported(type + " windows");
  binding.put(op, from.as<GroupedStream>(op).windowed_by(time_windows(window)),
              Type::time_windowed(from.key, window.number("size_ms")), from.value);
}

/// Materialized of a windowed aggregation has the serde of the key inside.
Materialized<Dyn, Dyn> windowed_materialized(const Op& op, const Ref& from, const Type& value) {
  return materialized<Dyn>(op, *from.key.inner, value);
}

void count(Binding& binding, const Op& op) {
  const Ref& from = binding.from(op);
  const Type type = Type::parse("long");
  binding.put(op, from.as<TimeWindowedStream>(op).count(windowed_materialized(op, from, type), named(op)), from.key,
              type);
}

void reduce(Binding& binding, const Op& op) {
  const Ref& from = binding.from(op);
  binding.put(op,
              from.as<TimeWindowedStream>(op).reduce(reducer(op, "add"), windowed_materialized(op, from, from.value),
                                                     named(op)),
              from.key, from.value);
}

void aggregate(Binding& binding, const Op& op) {
  const Ref& from = binding.from(op);
  const Type type = op.type("value_type", from.value);
  binding.put(op,
              from.as<TimeWindowedStream>(op).aggregate(initializer(op), aggregator(op, "add"),
                                                        windowed_materialized(op, from, type), named(op)),
              from.key, type);
}

}  // namespace

void add_window_ops(OpTable& table) {
  table.insert({
      {"grouped_stream.windowed_by", windowed_by},
      {"time_windowed_stream.count", count},
      {"time_windowed_stream.reduce", reduce},
      {"time_windowed_stream.aggregate", aggregate},
  });
}

}  // namespace streams::conformance
