// Processors and topologies that several runtime tests use.
#pragma once

#include <streams/processor.hpp>
#include <streams/topology.hpp>

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

namespace streams::runtime {

/// Forwards values of up to two characters.
class KeepShort final : public Processor<std::string, std::string> {
 public:
  void process(Record<std::string, std::string>&& record) override {
    if (record.value && record.value->size() < 3) context().forward(std::move(record));
  }
};

/// Counts records per key in a store and forwards the counts. A value "poison" makes it throw, after it has counted and
/// forwarded.
class CountPerKey final : public Processor<std::string, std::string> {
 public:
  explicit CountPerKey(std::string store) : store_name_(std::move(store)) {}
  void init(Context& with) override {
    store_ = &with.get_state_store<KeyValueStore<std::string, std::string>>(store_name_);
  }
  void process(Record<std::string, std::string>&& record) override {
    const bool poison = record.value == "poison";
    const int count = std::stoi(store_->get(*record.key).value_or("0")) + 1;
    store_->put(*record.key, std::to_string(count));
    record.value = std::to_string(count);
    context().forward(std::move(record));
    if (poison) throw std::runtime_error("poison");
  }

 private:
  std::string store_name_;
  KeyValueStore<std::string, std::string>* store_ = nullptr;
};

inline Topology keep_short() {
  Topology topology;
  topology.add_source<std::string, std::string>("source", {"in"});
  topology.add_processor("keep", [] { return std::make_unique<KeepShort>(); }, {"source"});
  topology.add_sink<std::string, std::string>("sink", "out", {"keep"});
  return topology;
}

inline Topology count_per_key(StoreType type = StoreType::kRocksDb) {
  Topology topology;
  topology.add_source<std::string, std::string>("source", {"in"});
  topology.add_processor("count", [] { return std::make_unique<CountPerKey>("counts"); }, {"source"});
  topology.add_sink<std::string, std::string>("sink", "out", {"count"});
  topology.add_state_store(key_value_store<std::string, std::string>("counts", {.type = type}), {"count"});
  return topology;
}

}  // namespace streams::runtime
