// Windowed aggregations.
#include "binding.hpp"
#include "callables.hpp"
#include "materialized.hpp"

namespace streams::conformance {

namespace {

using GroupedStream = KGroupedStream<Dyn, Dyn>;
using TimeWindowed = TimeWindowedKStream<Dyn, Dyn, TimeWindows>;
using SlidingWindowed = TimeWindowedKStream<Dyn, Dyn, SlidingWindows>;
using UnlimitedWindowed = TimeWindowedKStream<Dyn, Dyn, UnlimitedWindows>;
using SessionWindowed = SessionWindowedKStream<Dyn, Dyn>;

Named named(const Op& op) { return {op.given("as")}; }

Millis grace(const Op& window) { return window.has("grace_ms") ? window.millis("grace_ms") : Millis(0); }

TimeWindows time_windows(const Op& window) {
  const TimeWindows windows = TimeWindows::of_size_and_grace(window.millis("size_ms"), grace(window));
  return window.text("type") == "hopping" ? windows.advance_by(window.millis("advance_ms")) : windows;
}

/// The key type of a windowed stream is that of its windows already.
void windowed_by(Binding& binding, const Op& op) {
  // Windows are never null: what Java refuses cannot be written.
  if (!op.has("window")) throw NullArgument("There are no windows");
  const Ref& from = binding.from(op);
  const GroupedStream& grouped = from.as<GroupedStream>(op);
  const Op window = op.part("window");
  const std::string type = window.text("type");
  if (type == "session") {
    const auto windows = SessionWindows::of_inactivity_gap_and_grace(window.millis("gap_ms"), grace(window));
    binding.put(op, grouped.windowed_by(windows), Type::session_windowed(from.key), from.value);
  } else if (type == "sliding") {
    const auto windows = SlidingWindows::of_time_difference_and_grace(window.millis("difference_ms"), grace(window));
    binding.put(op, grouped.windowed_by(windows), Type::time_windowed(from.key, windows.size_ms()), from.value);
  } else if (type == "unlimited") {
    const UnlimitedWindows windows =
        window.has("start_ms") ? UnlimitedWindows::of().start_on(window.number("start_ms")) : UnlimitedWindows::of();
    binding.put(op, grouped.windowed_by(windows), Type::time_windowed(from.key, windows.size_ms()), from.value);
  } else {
    binding.put(op, grouped.windowed_by(time_windows(window)), Type::time_windowed(from.key, window.number("size_ms")),
                from.value);
  }
}

/// In Java it changes the windowed stream that it is called on; here it gives another one, which takes that one's
/// place.
template <class Handle>
void emit_strategy(Binding& binding, const Op& op) {
  const Ref from = binding.from(op);
  const bool on_close = op.text("strategy") == "on_window_close";
  const Ref changed{
      from.as<Handle>(op).emit_strategy(on_close ? EmitStrategy::kOnWindowClose : EmitStrategy::kOnWindowUpdate),
      from.kind, from.key, from.value};
  binding.put(op.text("from"), changed);
  if (op.has("id")) binding.put(op.text("id"), changed);
}

/// Materialized of a windowed aggregation has the serde of the key inside.
Materialized<Dyn, Dyn> windowed_materialized(const Op& op, const Ref& from, const Type& value) {
  return materialized<Dyn>(op, *from.key.inner, value);
}

template <class Handle>
void count(Binding& binding, const Op& op) {
  const Ref& from = binding.from(op);
  const Type type = Type::parse("long");
  binding.put(op, from.as<Handle>(op).count(windowed_materialized(op, from, type), named(op)), from.key, type);
}

template <class Handle>
void reduce(Binding& binding, const Op& op) {
  const Ref& from = binding.from(op);
  binding.put(op,
              from.as<Handle>(op).reduce(reducer(op, "add"), windowed_materialized(op, from, from.value), named(op)),
              from.key, from.value);
}

template <class Handle>
void aggregate(Binding& binding, const Op& op) {
  const Ref& from = binding.from(op);
  const Type type = op.type("value_type", from.value);
  const Materialized<Dyn, Dyn> store = windowed_materialized(op, from, type);
  const Handle& windowed = from.as<Handle>(op);
  if constexpr (std::is_same_v<Handle, SessionWindowed>) {
    binding.put(op, windowed.aggregate(initializer(op), aggregator(op, "add"), merger(op), store, named(op)), from.key,
                type);
  } else {
    binding.put(op, windowed.aggregate(initializer(op), aggregator(op, "add"), store, named(op)), from.key, type);
  }
}

template <class Handle>
void add_kind(OpTable& table) {
  const std::string kind = KindOf<Handle>::name;
  table.insert({
      {kind + ".count", count<Handle>},
      {kind + ".reduce", reduce<Handle>},
      {kind + ".aggregate", aggregate<Handle>},
      {kind + ".emit_strategy", emit_strategy<Handle>},
  });
}

}  // namespace

void add_window_ops(OpTable& table) {
  table.insert({{"grouped_stream.windowed_by", windowed_by}});
  add_kind<TimeWindowed>(table);
  add_kind<SlidingWindowed>(table);
  add_kind<UnlimitedWindowed>(table);
  add_kind<SessionWindowed>(table);
}

}  // namespace streams::conformance
