#include "materialized.hpp"

namespace streams::conformance {

StoreChoice store_choice(const Op& op) {
  StoreChoice choice;
  choice.name = op.given("name");
  choice.caching = op.flag("caching", true);
  choice.logging = op.flag("logging", true);
  choice.retention = op.maybe_millis("retention_ms");
  if (op.has("store_type")) {
    choice.type = op.text("store_type") == "in_memory" ? StoreType::kInMemory : StoreType::kRocksDb;
  }
  if (!op.has("supplier")) return choice;
  const std::string supplier = op.text("supplier");
  if (supplier == "versioned") {
    choice.history = op.millis("history_retention_ms");
    choice.segment_interval = op.maybe_millis("segment_interval_ms");
  } else if (supplier == "lru") {
    choice.max_entries = op.number("max_entries");
  } else {
    choice.retention.reset();
    choice.supplier.emplace();
    choice.supplier->type = supplier.starts_with("in_memory") ? StoreType::kInMemory : StoreType::kRocksDb;
    choice.supplier->keep_timestamps = !is_plain_on_disk(supplier);
    choice.supplier->keep_headers = supplier.ends_with("_headers");
    choice.supplier->sizes = window_sizes(op);
  }
  return choice;
}

WindowStoreSizes window_sizes(const Op& store) {
  return {Millis(store.number_or("retention_ms", 0)), Millis(store.number_or("window_ms", 0)),
          store.flag("retain_duplicates"), store.maybe_millis("segment_interval_ms")};
}

bool is_plain_on_disk(const std::string& supplier) {
  return supplier == "persistent_kv" || supplier == "persistent_window";
}

}  // namespace streams::conformance
