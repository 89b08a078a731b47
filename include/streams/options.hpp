// Options of the DSL as plain aggregates: `.to("out", {.name = "sink"})`. What is left out has Kafka Streams' default.
#pragma once

#include <streams/detail/topology_plan.hpp>
#include <streams/name.hpp>
#include <streams/partitioner.hpp>
#include <streams/serde.hpp>
#include <streams/timestamp.hpp>
#include <streams/windows.hpp>

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace streams {

/// The `name` of an operator, left out: one is made up. Names are the identity of state: give them where the topology
/// may change later.
struct Named {
  Name name{};
};

/// How a topic is read. `name` is that of the source. `key_serde` and `value_serde`: null takes the default of the
/// type. `timestamp_extractor`: null takes default.timestamp.extractor, which gives the time that records have in the
/// topic. `offset_reset`: where reading starts without a committed offset; nullopt takes auto.offset.reset. Source:
/// org.apache.kafka.streams.kstream.Consumed.
template <class K, class V>
struct Consumed {
  Name name{};
  SerdePtr<K> key_serde{};
  SerdePtr<V> value_serde{};
  TimestampExtractor<K, V> timestamp_extractor{};
  std::optional<AutoOffsetReset> offset_reset{};
};

/// How a topic is written. `name` is that of the sink. `key_serde` and `value_serde`: null takes those that the stream
/// was read with, as far as keys and values are still the same, else the default of the type. `partitioner`: null is
/// Kafka's default, for windowed keys by the key inside. Source: org.apache.kafka.streams.kstream.Produced.
template <class K, class V>
struct Produced {
  Name name{};
  SerdePtr<K> key_serde{};
  SerdePtr<V> value_serde{};
  StreamPartitioner<K, V> partitioner{};
};

/// How a stream or table is grouped. `name` is the base of the repartition topic's name, if there is one. `key_serde`
/// and `value_serde` write that topic and the store; null as in Produced. Source:
/// org.apache.kafka.streams.kstream.Grouped.
template <class K, class V>
struct Grouped {
  Name name{};
  SerdePtr<K> key_serde{};
  SerdePtr<V> value_serde{};
};

/// The topic of KStream::repartition(): "<application id>-<name>-repartition", without a `name` one is made up. Null
/// for `key_serde` and `value_serde` as in Produced. `partitions`: nullopt takes as many as the topics upstream have.
/// `partitioner`: null is Kafka's default. Source: org.apache.kafka.streams.kstream.Repartitioned.
template <class K, class V>
struct Repartitioned {
  Name name{};
  SerdePtr<K> key_serde{};
  SerdePtr<V> value_serde{};
  std::optional<std::int32_t> partitions{};
  StreamPartitioner<K, V> partitioner{};
};

/// Where rows lie: on disk, or in the memory of the process. Both have changelogs.
enum class StoreType { kRocksDb, kInMemory };

/// Which windows a store holds. A window is dropped when stream time is `retention` past its start.
struct WindowStoreSizes {
  Millis retention{};
  Millis window_size{};
  bool retain_duplicates = false;  ///< several values for one key and start: then there is no cache
  /// How much time is kept and dropped together; nullopt: half the retention, but a minute at least.
  std::optional<Millis> segment_interval{};
};

/// A store of your own choice in the place of the one that an operator would make. Its sizes hold as they are: whether
/// they suit the operator's windows is not checked, but for joins.
/// Source: org.apache.kafka.streams.state.Stores, KeyValueBytesStoreSupplier, WindowBytesStoreSupplier.
struct StoreSupplier {
  std::string name{};  ///< of the store; in Materialized its store_name says it
  StoreType type = StoreType::kRocksDb;
  /// False: a plain store, which loses the timestamps of rows. They are read as -1; the changelog has them. Stores in
  /// memory always keep them.
  bool keep_timestamps = true;
  /// The format that has a place for the headers of records, whatever dsl.store.format says (Kafka Streams 4.3).
  bool keep_headers = false;
  WindowStoreSizes sizes{};  ///< of window stores; of session stores only the retention
};

/// How KStream::print() writes, and where to. `name` is that of the operator. Source:
/// org.apache.kafka.streams.kstream.Printed.
struct Printed {
  Name name{};
  std::optional<std::string> label{};  ///< nullopt: the name of the node whose records are printed
  /// Path of a file, which is emptied when the topology is built and flushed when a task closes. Empty: `stream`.
  std::string file{};
  /// Borrowed: must live as long as the topology. Null: standard output. Flushed after every line.
  std::ostream* stream = nullptr;
};

/// Name of a branch of KStream::split(): "<name of the split><`name`>".
struct Branched {
  Name name{};
};

/// How the result of an operator is stored.
template <class K, class V>
struct Materialized {
  Name store_name{};  ///< empty: generated, and for table operators no store at all
  SerdePtr<K> key_serde{};
  SerdePtr<V> value_serde{};
  std::optional<StoreType> store_type{};
  bool caching = true;
  bool logging = true;
  std::map<std::string, std::string> topic_configs{};  ///< of the changelog
  std::optional<Millis> retention{};                   ///< of windowed stores; at least size + grace
  /// Keeps every version of a row for so long: a versioned store. Joins then see the row that was valid at a record's
  /// time.
  std::optional<Millis> history_retention{};
  /// Of versioned stores: how much time is kept and dropped together. nullopt: by the history.
  std::optional<Millis> segment_interval{};
  /// Keeps only the rows used last, in memory: an LRU map.
  std::optional<std::int64_t> max_entries{};
  /// The store to use. Excludes store_type, history_retention and max_entries.
  std::optional<StoreSupplier> supplier{};
};

/// Stream-table joins. `name` is that of the join, and the base of the repartition topic's name if the stream needs
/// one. `key_serde` and `value_serde` are the stream's and write that topic, `other_value_serde` is the table's; null
/// as in Produced. Source: org.apache.kafka.streams.kstream.Joined.
template <class K, class V, class Other>
struct Joined {
  Name name{};
  SerdePtr<K> key_serde{};
  SerdePtr<V> value_serde{};
  SerdePtr<Other> other_value_serde{};
  /// Records of the stream wait until stream time is that far past theirs, in a store with a changelog ("<name of the
  /// join>-Buffer"), and then find the row that was valid at their time. Later ones do not wait. For versioned tables
  /// with at least as much history. Source: KIP-923.
  std::optional<Millis> grace{};
};

/// Stream-stream joins. `name` is that of the join, and the base of repartition topics' names. `key_serde`,
/// `value_serde` and `other_value_serde` write those topics and the stores; null as in Produced. `store_type` (nullopt:
/// the application's default), `logging` and `topic_configs` (of the changelogs) are for stores that the join makes.
/// Source: org.apache.kafka.streams.kstream.StreamJoined.
///
/// Names of stores are taken from `this_store` and `other_store`, then `store_name`, then made up.
template <class K, class V, class Other>
struct StreamJoined {
  Name name{};
  Name store_name{};
  SerdePtr<K> key_serde{};
  SerdePtr<V> value_serde{};
  SerdePtr<Other> other_value_serde{};
  std::optional<StoreType> store_type{};
  bool logging = true;
  std::map<std::string, std::string> topic_configs{};
  /// Window stores of your own for the left stream and for the right one. Their sizes are the join's (left out, or:
  /// window size before + after, retention that + grace, duplicates kept); others are refused. They always have a
  /// changelog, with the default settings: `logging` and `topic_configs` are for stores that the join makes. The store
  /// of records without a partner is named after `this_store` and lies where it lies, unless `store_type` says where.
  std::optional<StoreSupplier> this_store{};
  std::optional<StoreSupplier> other_store{};
};

/// Chooses the one partition that the rows of a key are in; nullopt is Kafka's default. Never called with null but for
/// foreign keys of left joins.
template <class K>
using KeyPartitioner = std::function<std::optional<std::vector<std::int32_t>>(std::string_view topic, const K* key,
                                                                              std::int32_t partitions)>;

/// Foreign-key joins of tables. `name` is the base of the names of the join's nodes, topics and store. Where a table's
/// topic is not partitioned by Kafka's default, the join must know how it is: `partitioner` for the left table,
/// `other_partitioner` for the right one. Source: org.apache.kafka.streams.kstream.TableJoined.
template <class K, class KO>
struct TableJoined {
  Name name{};
  KeyPartitioner<K> partitioner{};
  KeyPartitioner<KO> other_partitioner{};
};

/// Settings that the shape of a topology depends on.
struct TopologyConfig {
  StoreType default_store = StoreType::kRocksDb;  ///< dsl.store.suppliers.class
  bool store_headers = false;                     ///< dsl.store.format = HEADERS
  bool explicit_naming = false;                   ///< ensure.explicit.internal.resource.naming
};

/// topology.optimization: rewrites that keep the results and save topics and stores. `reuse_ktable_source_topics`: a
/// table's topic is its changelog. `merge_repartition_topics`: several repartitions of one stream share a topic.
/// `single_store_self_join`: a stream joined with itself is stored once.
/// Source: StreamsConfig.OPTIMIZE, REUSE_KTABLE_SOURCE_TOPICS, MERGE_REPARTITION_TOPICS, SINGLE_STORE_SELF_JOIN.
struct Optimization {
  bool reuse_ktable_source_topics = false;
  bool merge_repartition_topics = false;
  bool single_store_self_join = false;
  /// topology.optimization=all.
  static Optimization all() { return {true, true, true}; }
};

}  // namespace streams
