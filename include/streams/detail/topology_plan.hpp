// The plan of a topology: nodes, stores and topics by name, without types. The DSL and the Processor API both write it;
// describe(), sub-topologies, internal topics and the graphs of tasks come out of it.
//
// Source: org.apache.kafka.streams.processor.internals.InternalTopologyBuilder; its rules, numbers and texts are kept
// exactly.
#pragma once

#include <streams/detail/node.hpp>
#include <streams/detail/task_context.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace streams {

/// Where a source starts without a committed offset, or where its committed offset is gone. Source:
/// org.apache.kafka.streams.AutoOffsetReset (KIP-1106).
struct AutoOffsetReset {
  enum class Policy { kEarliest, kLatest, kNone, kByDuration };
  Policy policy = Policy::kEarliest;
  std::int64_t duration_ms = 0;  ///< kByDuration: start with the first record that is not older than this

  static AutoOffsetReset earliest() { return {}; }
  static AutoOffsetReset latest() { return {Policy::kLatest}; }
  /// The application ends with an error instead.
  static AutoOffsetReset none() { return {Policy::kNone}; }
  /// At the end if all records are older. Throws TopologyError if `duration` is negative.
  static AutoOffsetReset by_duration(std::chrono::milliseconds duration);
};

namespace detail {

using NodeFactory = std::function<std::unique_ptr<NodeBase>()>;
using SourceFactory = std::function<std::unique_ptr<SourceNodeBase>()>;

/// A topic that the application creates for itself.
struct InternalTopic {
  std::string name;                        ///< without the application id
  std::optional<std::int32_t> partitions;  ///< nullopt: as many as its co-partitioned or upstream topics have
  bool is_changelog = false;
  std::map<std::string, std::string> configs;
};

/// The nodes of one task: owned, linked, named.
struct TaskGraph {
  std::vector<std::unique_ptr<NodeBase>> nodes;              ///< in the order of the plan
  std::map<std::string, SourceNodeBase*> sources;            ///< by node name
  std::map<std::string, std::set<std::string>> node_stores;  ///< node name -> stores connected to it
  std::vector<std::string> stores;                           ///< in the order in which they are opened and flushed
};

struct SubTopology {
  int id = 0;
  bool global = false;              ///< a global store's group: makes no tasks
  std::vector<std::string> nodes;   ///< in the order of the plan
  std::vector<std::string> stores;  ///< in the order in which they are opened and flushed
  std::vector<std::string> source_nodes;
  std::vector<std::string> source_topics;  ///< planned names, internal ones included; not those that patterns match
  std::vector<std::string> patterns;       ///< of its sources that have one; matches_pattern says what they match
  std::vector<std::string> sink_topics;    ///< planned names of fixed sinks
};

struct SourcePlan {
  std::string name;
  std::vector<std::string> topics;
  std::string pattern;  ///< empty: fixed topics
  std::optional<AutoOffsetReset> reset;
  SourceFactory factory;
};

struct GlobalStorePlan {
  StoreSpec store;
  std::string source_name, topic, processor_name;
  SourceFactory source;
  NodeFactory processor;
  std::optional<AutoOffsetReset> reset;
  /// Restoring runs the topic's records through the processor again, rather than copying them into the store.
  bool reprocess_on_restore = false;
};

/// Whether a source's pattern (a regular expression, ECMAScript syntax) matches the whole name of a topic.
bool matches_pattern(const std::string& pattern, const std::string& topic);

class TopologyPlan {
 public:
  TopologyPlan();
  ~TopologyPlan();
  TopologyPlan(const TopologyPlan&) = delete;
  TopologyPlan& operator=(const TopologyPlan&) = delete;

  // Writing. Each throws TopologyError with Kafka Streams' message where a name is taken or unknown, a topic is
  // registered twice, ...
  void add_source(SourcePlan source);
  void add_processor(const std::string& name, NodeFactory factory, const std::vector<std::string>& parents);
  void add_sink(const std::string& name, const std::string& topic, NodeFactory factory,
                const std::vector<std::string>& parents);
  /// A sink that chooses its topic per record; `extractor` is the text that describe() shows.
  void add_dynamic_sink(const std::string& name, const std::string& extractor, NodeFactory factory,
                        const std::vector<std::string>& parents);
  /// Connects the store to these processors. Adding the same spec (same `make`, same name) again is allowed for the
  /// DSL's shared stores. With `allow_override` a spec that differs takes the place of the one before; processors stay
  /// connected.
  void add_store(StoreSpec store, const std::vector<std::string>& processors, bool allow_override = false);
  void connect(const std::string& processor, const std::vector<std::string>& stores);
  void add_global_store(GlobalStorePlan global);
  /// A store that is filled from a source topic and has no changelog of its own (KIP-813), in ordinary tasks. The topic
  /// is read from its beginning, whatever the source says.
  void add_read_only_store(StoreSpec store, SourcePlan source, const std::string& processor, NodeFactory factory);
  void add_internal_topic(InternalTopic topic);
  /// All sources of one set must have equally many partitions.
  void copartition(const std::set<std::string>& source_nodes);
  /// The optimiser put one source into the place of another: changes the sets that copartition() was given.
  void replace_in_copartition(const std::string& source_node, const std::string& by);
  /// The source topic serves as the store's changelog (topology.optimization); turns the store's own logging off.
  void reuse_as_changelog(const std::string& store, const std::string& topic);

  // Reading.
  bool has_node(const std::string& name) const;
  bool has_store(const std::string& name) const;
  /// Of a store, global ones included; throws TopologyError if there is none of that name.
  const StoreSpec& store(const std::string& name) const;
  /// Throws TopologyError if there is no source of that name (those of global stores do not count).
  const SourcePlan& source(const std::string& name) const;
  /// In the order in which they were added, without global stores.
  std::vector<std::string> store_names() const;
  /// What add_internal_topic() was given, by name: repartition topics, not changelogs.
  const std::map<std::string, InternalTopic>& internal_topics() const;
  /// Planned topic name -> full name.
  std::string full_topic_name(const std::string& planned, const std::string& application_id) const;
  /// Changelog topic of a store without the application id ("<store>-changelog"), or the source topic that serves as
  /// one. Empty if the store is not logged.
  std::string changelog_topic(const std::string& store) const;
  bool changelog_is_source_topic(const std::string& store) const;
  const std::vector<GlobalStorePlan>& global_stores() const;
  /// Throws TopologyError if repartition topics that are co-partitioned with nothing else were given different counts.
  void check_copartition() const;
  bool has_source(const std::string& name) const;
  /// Sets of source nodes, as given to copartition(): names that are none do not count.
  const std::vector<std::set<std::string>>& copartition_groups() const;

  /// Numbered as in Kafka Streams, global stores' groups included.
  std::vector<SubTopology> sub_topologies() const;
  /// The text of Topology.describe(), byte for byte.
  std::string describe() const;

  /// A fresh graph of one sub-topology, or of all (without global stores) if nullopt. Throws TopologyError where types
  /// do not fit.
  TaskGraph make_graph(std::optional<int> sub_topology) const;
  /// Source and processor of one global store.
  TaskGraph make_global_graph(const GlobalStorePlan& global) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace detail
}  // namespace streams
