// Aggregations of several grouped streams into one table.
#include "binding.hpp"
#include "callables.hpp"
#include "materialized.hpp"

#include <streams/cogrouped.hpp>

namespace streams::conformance {

template <>
struct KindOf<CogroupedKStream<Dyn, Dyn>> {
  static constexpr const char* name = "cogrouped_stream";
};
template <>
struct KindOf<SessionWindowedCogroupedKStream<Dyn, Dyn>> {
  static constexpr const char* name = "session_windowed_cogrouped_stream";
};
template <>
struct KindOf<TimeWindowedCogroupedKStream<Dyn, Dyn, TimeWindows>> {
  static constexpr const char* name = "time_windowed_cogrouped_stream";
};
template <>
struct KindOf<TimeWindowedCogroupedKStream<Dyn, Dyn, SlidingWindows>> {
  static constexpr const char* name = "sliding_windowed_cogrouped_stream";
};

namespace {

using GroupedStream = KGroupedStream<Dyn, Dyn>;
using Cogrouped = CogroupedKStream<Dyn, Dyn>;
using TimeWindowed = TimeWindowedCogroupedKStream<Dyn, Dyn, TimeWindows>;
using SlidingWindowed = TimeWindowedCogroupedKStream<Dyn, Dyn, SlidingWindows>;
using SessionWindowed = SessionWindowedCogroupedKStream<Dyn, Dyn>;

Named named(const Op& op) { return {op.given("as")}; }

void cogroup_first(Binding& binding, const Op& op) {
  const Ref from = binding.from(op);
  binding.put(op, from.as<GroupedStream>(op).cogroup<Dyn>(aggregator(op, "add")), from.key,
              op.type("value_type", from.value));
}

void cogroup_another(Binding& binding, const Op& op) {
  const Ref from = binding.from(op);
  const GroupedStream& grouped = binding.ref(op.text("with")).as<GroupedStream>(op);
  binding.put(op, from.as<Cogrouped>(op).cogroup(grouped, aggregator(op, "add")), from.key, from.value);
}

void windowed_by(Binding& binding, const Op& op) {
  const Ref from = binding.from(op);
  const Cogrouped& cogrouped = from.as<Cogrouped>(op);
  const Op window = op.part("window");
  const std::string type = window.text("type");
  const Millis grace = window.has("grace_ms") ? window.millis("grace_ms") : Millis(0);
  if (type == "session") {
    const auto windows = SessionWindows::of_inactivity_gap_and_grace(window.millis("gap_ms"), grace);
    binding.put(op, cogrouped.windowed_by(windows), Type::session_windowed(from.key), from.value);
  } else if (type == "sliding") {
    const auto windows = SlidingWindows::of_time_difference_and_grace(window.millis("difference_ms"), grace);
    binding.put(op, cogrouped.windowed_by(windows), Type::time_windowed(from.key, windows.size_ms()), from.value);
  } else if (type == "tumbling" || type == "hopping") {
    TimeWindows windows = TimeWindows::of_size_and_grace(window.millis("size_ms"), grace);
    if (type == "hopping") windows = windows.advance_by(window.millis("advance_ms"));
    binding.put(op, cogrouped.windowed_by(windows), Type::time_windowed(from.key, windows.size_ms()), from.value);
  } else {
    throw NotSupported(type + " windows of cogrouped streams");
  }
}

template <class Handle>
void aggregate(Binding& binding, const Op& op) {
  const Ref from = binding.from(op);
  const Type type = op.type("value_type", from.value);
  const Handle& handle = from.as<Handle>(op);
  if constexpr (std::is_same_v<Handle, Cogrouped>) {
    binding.put(op, handle.aggregate(initializer(op), materialized<Dyn>(op, from.key, type), named(op)), from.key,
                type);
  } else {
    const Materialized<Dyn, Dyn> store = materialized<Dyn>(op, *from.key.inner, type);
    if constexpr (std::is_same_v<Handle, SessionWindowed>) {
      binding.put(op, handle.aggregate(initializer(op), merger(op), store, named(op)), from.key, type);
    } else {
      binding.put(op, handle.aggregate(initializer(op), store, named(op)), from.key, type);
    }
  }
}

}  // namespace

void add_cogroup_ops(OpTable& table) {
  table.insert({
      {"grouped_stream.cogroup", cogroup_first},
      {"cogrouped_stream.cogroup", cogroup_another},
      {"cogrouped_stream.windowed_by", windowed_by},
      {"cogrouped_stream.aggregate", aggregate<Cogrouped>},
      {"time_windowed_cogrouped_stream.aggregate", aggregate<TimeWindowed>},
      {"sliding_windowed_cogrouped_stream.aggregate", aggregate<SlidingWindowed>},
      {"session_windowed_cogrouped_stream.aggregate", aggregate<SessionWindowed>},
  });
}

}  // namespace streams::conformance
