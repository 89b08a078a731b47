// The list of workloads, and what their models have in common.
#include <simulation/workload.hpp>

#include <streams/errors.hpp>

#include <algorithm>

namespace streams::simulation {

const std::vector<WorkloadKind>& workloads() {
  static const std::vector<WorkloadKind> all{
      {"count", make_count},
      {"stream_join", make_stream_join},
      {"table_join", make_table_join},
      {"foreign_key_join", make_foreign_key_join},
      {"sessions", make_sessions, true},
      {"suppress", make_suppress, true},
      {"inventory", make_inventory},
  };
  return all;
}

std::map<std::string, Values> values_by_key(const World& world, const std::string& topic) {
  std::map<std::string, Values> out;
  for (const StoredRecord& record : world.cluster.read(topic).value())
    out[record.key.value_or("null")].push_back(record.value.value_or("null"));
  return out;
}

std::map<std::string, Bytes> rows(const World& world, const std::string& topic) {
  std::map<std::string, Bytes> out;
  const auto records = world.cluster.read(topic);
  if (!records.ok()) return out;
  for (const StoredRecord& record : records.value()) {
    if (record.value)
      out[*record.key] = *record.value;
    else
      out.erase(*record.key);
  }
  return out;
}

namespace {

std::string text_of(const Values& values) {
  std::string out = "[";
  for (const std::string& value : values) out += (out.size() > 1 ? ", " : "") + value;
  return out + "]";
}

}  // namespace

std::string last_value(const World& world, const Values& values, const OptionalBytes& should_be) {
  const std::string wanted = should_be.value_or("null");
  const bool late_ones = !world.plan.exactly_once && world.plan.buffered_sends;
  return late_ones && std::find(values.begin(), values.end(), wanted) != values.end() ? wanted : values.back();
}

std::string first_difference(const std::string& what, const std::map<std::string, Values>& actual,
                             const std::map<std::string, Values>& expected) {
  auto have = actual.begin();
  for (const auto& [key, values] : expected) {
    if (have != actual.end() && have->first < key) return what + " has " + have->first + ", which should not be there";
    if (have == actual.end() || have->first != key) return what + " lacks " + key + ": " + text_of(values);
    if (have->second != values)
      return what + " of " + key + ": " + text_of(have->second) + " instead of " + text_of(values);
    ++have;
  }
  return have == actual.end() ? "" : what + " has " + have->first + ", which should not be there";
}

void create_topic(World& world, const std::string& name) {
  const Status status = world.cluster.create_topic(name, world.plan.partitions);
  if (!status.ok()) throw StreamsError(status.message());
}

void put(World& world, const std::string& topic, const std::string& key, const OptionalBytes& value,
         Timestamp timestamp) {
  const auto done = world.cluster.produce(topic, {key, value, timestamp});
  if (!done.ok()) throw StreamsError(done.status().message());
}

void put_everywhere(World& world, const std::string& topic, Timestamp timestamp) {
  for (std::int32_t partition = 0; partition < world.plan.partitions; ++partition) {
    const auto done = world.cluster.produce(topic, {"end", "end", timestamp, {}, partition});
    if (!done.ok()) throw StreamsError(done.status().message());
  }
}

std::string draw_key(World& world, const char* prefix) {
  return prefix + std::to_string(world.random.below(static_cast<std::size_t>(world.plan.keys)));
}

StreamsBuilder builder_for(const Plan& plan) {
  const bool memory = plan.stores == StoreKind::kMemory;
  return StreamsBuilder({.default_store = memory ? StoreType::kInMemory : StoreType::kRocksDb});
}

}  // namespace streams::simulation
