// A program under test, what it is fed, and what must come out of it, by a model that knows nothing of the library.
#pragma once

#include <simulation/world.hpp>

#include <streams/streams_builder.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace streams::simulation {

/// What was found when a run had come to rest.
struct Verification {
  std::string difference;      ///< the first; empty: none
  std::size_t duplicates = 0;  ///< under at-least-once
};

class Workload {
 public:
  virtual ~Workload() = default;
  /// Makes the topics.
  virtual void set_up(World& world) = 0;
  virtual Topology topology(const Plan& plan) const = 0;
  /// Writes a few records to the inputs.
  virtual void produce(World& world) = 0;
  /// Writes what brings out results that wait for time to pass.
  virtual void finish(World& /*world*/) {}
  virtual Verification check(const World& world) const = 0;
};

struct WorkloadKind {
  std::string name;
  std::function<std::unique_ptr<Workload>()> make;
  /// Under at-least-once it may lose results: a crash can part a row's removal from what replaces it.
  bool exactly_once_only = false;
};
/// All of them. Plans depend on their order: new ones go to the end.
const std::vector<WorkloadKind>& workloads();

std::unique_ptr<Workload> make_count();
std::unique_ptr<Workload> make_stream_join();
std::unique_ptr<Workload> make_table_join();
std::unique_ptr<Workload> make_foreign_key_join();
std::unique_ptr<Workload> make_sessions();
std::unique_ptr<Workload> make_suppress();
std::unique_ptr<Workload> make_inventory();

// What models read and say.
using Values = std::vector<std::string>;
/// Committed values by key, in the order of their offsets; "null" for tombstones. Keys must stay on one partition.
std::map<std::string, Values> values_by_key(const World& world, const std::string& topic);
/// The rows that a changelog or table topic holds.
std::map<std::string, Bytes> rows(const World& world, const std::string& topic);
/// The last of the values that came out for a key; "null" is a deletion. At least once, as in Kafka Streams, somebody
/// whose tasks were taken away may still send what its producer holds, and come last with it: then what should be last
/// need only be among them.
std::string last_value(const World& world, const Values& values, const OptionalBytes& should_be);
/// "key k1: [a, b] instead of [a, b, c]" for the first key that differs; empty if none does.
std::string first_difference(const std::string& what, const std::map<std::string, Values>& actual,
                             const std::map<std::string, Values>& expected);
/// Makes a topic with the run's number of partitions.
void create_topic(World& world, const std::string& name);
void put(World& world, const std::string& topic, const std::string& key, const OptionalBytes& value,
         Timestamp timestamp);
/// A record with key "end" on every partition.
void put_everywhere(World& world, const std::string& topic, Timestamp timestamp);
/// A key of the run's.
std::string draw_key(World& world, const char* prefix = "k");
/// Stores by default as the run has them.
StreamsBuilder builder_for(const Plan& plan);

}  // namespace streams::simulation
