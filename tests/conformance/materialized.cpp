#include "materialized.hpp"

namespace streams::conformance {

StoreChoice store_choice(const Op& op) {
  StoreChoice choice;
  choice.name = op.text_or("name", "");
  choice.caching = op.flag("caching", true);
  choice.logging = op.flag("logging", true);
  choice.retention = op.maybe_millis("retention_ms");
  if (op.has("store_type")) {
    choice.type = op.text("store_type") == "in_memory" ? StoreType::kInMemory : StoreType::kRocksDb;
  }
  if (!op.has("supplier")) return choice;
  // Suppliers of the kind of store that the operator makes anyway: only where it lies is left to choose.
  const std::string supplier = op.text("supplier");
  if (supplier == "in_memory_kv" || supplier == "in_memory_window" || supplier == "in_memory_session") {
    choice.type = StoreType::kInMemory;
  } else if (supplier == "persistent_timestamped_kv" || supplier == "persistent_timestamped_window" ||
             supplier == "persistent_session") {
    choice.type = StoreType::kRocksDb;
  } else if (supplier == "versioned") {
    choice.history = op.millis("history_retention_ms");
  } else if (supplier == "lru") {
    choice.max_entries = op.number("max_entries");
  } else {
    throw NotSupported("Materialized with supplier " + supplier);
  }
  return choice;
}

}  // namespace streams::conformance
