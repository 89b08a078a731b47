// Joins of two streams over windows.
#include "binding.hpp"
#include "callables.hpp"
#include "materialized.hpp"

namespace streams::conformance {

namespace {

using Stream = KStream<Dyn, Dyn>;

JoinWindows windows(const Op& op) {
  JoinWindows windows = op.has("grace_ms")
                            ? JoinWindows::of_time_difference_and_grace(op.millis("within_ms"), op.millis("grace_ms"))
                            : JoinWindows::of_time_difference_with_no_grace(op.millis("within_ms"));
  if (op.has("before_ms")) windows = windows.before(op.millis("before_ms"));
  if (op.has("after_ms")) windows = windows.after(op.millis("after_ms"));
  return windows;
}

/// A supplier of window stores, whatever format its rows have: joins keep plain values in all of them.
std::optional<StoreSupplier> own_store(const Op& op, const char* field) {
  if (!op.has(field)) return std::nullopt;
  const Op supplier = op.part(field);
  StoreSupplier store;
  store.name = supplier.text("name");
  store.type = supplier.text("supplier") == "in_memory_window" ? StoreType::kInMemory : StoreType::kRocksDb;
  store.sizes = window_sizes(supplier);
  return store;
}

StreamJoined<Dyn, Dyn, Dyn> joined(const Op& op, const Ref& from, const Ref& right) {
  StreamJoined<Dyn, Dyn, Dyn> joined;
  joined.name = op.given("as");
  joined.store_name = op.given("store_name");
  joined.key_serde = serde_of(from.key);
  joined.value_serde = serde_of(from.value);
  joined.other_value_serde = serde_of(right.value);
  joined.logging = op.flag("logging", true);
  joined.this_store = own_store(op, "this_store");
  joined.other_store = own_store(op, "other_store");
  if (op.has("store_type")) {
    joined.store_type = op.text("store_type") == "in_memory" ? StoreType::kInMemory : StoreType::kRocksDb;
  }
  return joined;
}

template <class F>
Stream join(const Op& op, const Ref& from, const Ref& right, F joiner) {
  const Stream& one = from.as<Stream>(op);
  const Stream& other = right.as<Stream>(op);
  const std::string type = op.text_or("type", "inner");
  if (type == "left") return one.left_join(other, std::move(joiner), windows(op), joined(op, from, right));
  if (type == "outer") return one.outer_join(other, std::move(joiner), windows(op), joined(op, from, right));
  return one.join(other, std::move(joiner), windows(op), joined(op, from, right));
}

void stream_stream_join(Binding& binding, const Op& op) {
  // A KStream is never null: what Java refuses cannot be written.
  if (!op.has("right")) throw NullArgument("There is no other stream to join with");
  const Ref& from = binding.from(op);
  const Ref& right = binding.ref(op.text("right"));
  binding.put(op, op.flag("with_key") ? join(op, from, right, joiner_with_key(op)) : join(op, from, right, joiner(op)),
              from.key, op.type("value_type", from.value));
}

}  // namespace

void add_stream_join_ops(OpTable& table) { table.insert({{"stream.stream_stream_join", stream_stream_join}}); }

}  // namespace streams::conformance
