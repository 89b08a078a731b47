// Topologies that tests on a real cluster run, in their own process or in others.
#pragma once

#include <streams/processor.hpp>
#include <streams/topology.hpp>

#include <memory>
#include <stdexcept>
#include <string>

namespace streams::testing {

/// Counts records per key and forwards the counts.
class Counter final : public Processor<std::string, std::string> {
 public:
  void init(Context& with) override {
    store_ = &with.get_state_store<KeyValueStore<std::string, std::string>>("counts");
  }
  void process(Record<std::string, std::string>&& record) override {
    const std::string count = std::to_string(std::stoi(store_->get(*record.key).value_or("0")) + 1);
    store_->put(*record.key, count);
    record.value = count;
    context().forward(std::move(record));
  }

 private:
  KeyValueStore<std::string, std::string>* store_ = nullptr;
};

inline Topology count_topology(const std::string& in, const std::string& out, StoreType type = StoreType::kRocksDb) {
  Topology topology;
  topology.add_source<std::string, std::string>("source", {in});
  topology.add_processor("count", [] { return std::make_unique<Counter>(); }, {"source"});
  topology.add_sink<std::string, std::string>("sink", out, {"count"});
  topology.add_state_store(key_value_store<std::string, std::string>("counts", {.type = type}), {"count"});
  return topology;
}

}  // namespace streams::testing
