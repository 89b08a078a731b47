// Suppression of tables.
#include "binding.hpp"

namespace streams::conformance {

namespace {

std::optional<std::int64_t> maybe_number(const Op& op, const char* name) {
  return op.has(name) ? std::optional(op.number(name)) : std::nullopt;
}

Suppressed suppressed(const Op& op) {
  SuppressBufferConfig buffer{.max_records = maybe_number(op, "max_records"),
                              .max_bytes = maybe_number(op, "max_bytes")};
  if (op.text_or("on_full", "") == "shut_down") buffer.when_full = BufferFull::kShutDown;
  buffer.logging = op.flag("logging", true);
  if (op.text("until") == "window_closes") return Suppressed::until_window_closes(buffer, op.given("as"));
  return Suppressed::until_time_limit(op.millis("time_ms"), buffer, op.given("as"));
}

void suppress(Binding& binding, const Op& op) {
  const Ref from = binding.from(op);
  const DefaultDynSerde serde_of_computed_tables(from.value);
  if (const auto* windowed = std::any_cast<KTable<WindowedDyn, Dyn>>(&from.handle)) {
    binding.put(op, windowed->suppress(suppressed(op)), from.key, from.value);
  } else {
    binding.put(op, from.as<KTable<Dyn, Dyn>>(op).suppress(suppressed(op)), from.key, from.value);
  }
}

}  // namespace

void add_suppress_ops(OpTable& table) { table.insert({{"table.suppress", suppress}}); }

}  // namespace streams::conformance
