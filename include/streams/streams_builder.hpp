// StreamsBuilder: where a topology begins.
//
// Source: org.apache.kafka.streams.StreamsBuilder.
#pragma once

#include <streams/global_ktable.hpp>
#include <streams/kstream.hpp>
#include <streams/ktable.hpp>
#include <streams/options.hpp>
#include <streams/topology.hpp>

#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace streams {

/// Builds a topology from streams and tables. Use it from one thread. The handles that it gives may outlive it.
///
/// Topics must exist with the same number of partitions where streams and tables meet in joins; what the application
/// needs for itself (changelogs, repartition topics) it creates.
class StreamsBuilder {
 public:
  explicit StreamsBuilder(const TopologyConfig& config = {}) : graph_(std::make_shared<detail::Graph>(config)) {}

  /// The records of a topic, or of several as one stream.
  template <class K, class V>
  KStream<K, V> stream(const std::string& topic) {
    return stream<K, V>(std::vector<std::string>{topic});
  }
  template <class K, class V>
  KStream<K, V> stream(const std::string& topic, const Consumed<K, V>& consumed) {
    return stream<K, V>(std::vector<std::string>{topic}, consumed);
  }
  template <class K, class V>
  KStream<K, V> stream(const std::vector<std::string>& topics) {
    check_serdes<K, V>();
    return stream<K, V>(topics, Consumed<K, V>{});
  }
  template <class K, class V>
  KStream<K, V> stream(const std::vector<std::string>& topics, const Consumed<K, V>& consumed) {
    detail::check_topics(topics);
    return source<K, V>(topics, "", consumed);
  }
  /// stream<K, V>({"orders", "returns"})
  template <class K, class V>
  KStream<K, V> stream(std::initializer_list<std::string> topics) {
    return stream<K, V>(std::vector<std::string>(topics));
  }
  template <class K, class V>
  KStream<K, V> stream(std::initializer_list<std::string> topics, const Consumed<K, V>& consumed) {
    return stream<K, V>(std::vector<std::string>(topics), consumed);
  }
  /// The records of every topic whose whole name matches, also of those that are created later.
  template <class K, class V>
  KStream<K, V> stream(const TopicPattern& pattern) {
    check_serdes<K, V>();
    return source<K, V>({}, pattern.regex, Consumed<K, V>{});
  }
  template <class K, class V>
  KStream<K, V> stream(const TopicPattern& pattern, const Consumed<K, V>& consumed) {
    return source<K, V>({}, pattern.regex, consumed);
  }

  /// The latest value of every key of a topic. Records without a key are dropped; a null value deletes the row.
  template <class K, class V>
  KTable<K, V> table(const std::string& topic) {
    check_serdes<K, V>();
    return table<K, V>(topic, Consumed<K, V>{});
  }
  template <class K, class V>
  KTable<K, V> table(const std::string& topic, const Consumed<K, V>& consumed,
                     const Materialized<K, V>& materialized = {}) {
    detail::check_topic(topic);
    const detail::StorePlan store = detail::store_plan(*graph_, materialized, topic + "-");
    const std::string source_name = graph_->suffixed_or_new(consumed.name, "-source", "KSTREAM-SOURCE-");
    const std::string name = graph_->name_or_new(consumed.name, "KTABLE-SOURCE-");
    const SerdePtr<K> key_serde = detail::needed_serde<K>(consumed.key_serde, topic, "key");
    const SerdePtr<V> value_serde = detail::needed_serde<V>(consumed.value_serde, topic, "value");
    auto table = std::make_shared<detail::SourceTable<K, V>>(store.name, store.named);
    detail::TableSourcePlan plan{
        {source_name, {topic}, "", consumed.offset_reset, source_factory(consumed, key_serde, value_serde)},
        detail::table_source_plan(*graph_, name, store, key_serde, value_serde, table),
        topic,
        std::make_shared<bool>(false),
        store.versioned()};
    detail::Handle handle{graph_, &graph_->add({&graph_->root()}, detail::table_source_node(std::move(plan))),
                          name,   {source_name},
                          false,  std::make_shared<detail::GraphNode*>(nullptr)};
    return detail::TableParts<K, V>::make(std::move(handle), key_serde, value_serde, store.named ? store.name : "",
                                          std::move(table));
  }
  template <class K, class V>
  KTable<K, V> table(const std::string& topic, const Materialized<K, V>& materialized) {
    return table<K, V>(topic,
                       Consumed<K, V>{.key_serde = materialized.key_serde, .value_serde = materialized.value_serde},
                       materialized);
  }

  /// A table of which every instance holds all rows, whatever the partitions it reads.
  template <class K, class V>
  GlobalKTable<K, V> global_table(const std::string& topic) {
    check_serdes<K, V>();
    return global_table<K, V>(topic, Consumed<K, V>{});
  }
  template <class K, class V>
  GlobalKTable<K, V> global_table(const std::string& topic, const Consumed<K, V>& consumed,
                                  const Materialized<K, V>& materialized = {}) {
    detail::check_topic(topic);
    detail::StorePlan store = detail::store_plan(*graph_, materialized, topic + "-");
    if (store.versioned()) throw TopologyError("GlobalTables cannot be versioned.");
    store.logging = false;
    const std::string source_name = graph_->suffixed_or_new(consumed.name, "-source", "KSTREAM-SOURCE-");
    const std::string name = graph_->name_or_new(consumed.name, "KTABLE-SOURCE-");
    const SerdePtr<K> key_serde = detail::needed_serde<K>(consumed.key_serde, topic, "key");
    const SerdePtr<V> value_serde = detail::needed_serde<V>(consumed.value_serde, topic, "value");
    auto table = std::make_shared<detail::SourceTable<K, V>>(store.name, true);
    detail::ProcessorPlan processor = detail::table_source_plan(*graph_, name, store, key_serde, value_serde, table);
    graph_->add({&graph_->root()}, detail::global_table_node({processor.stores().front(), source_name, topic, name,
                                                              source_factory(consumed, key_serde, value_serde),
                                                              processor.factory, consumed.offset_reset}));
    return GlobalKTable<K, V>(store.name);
  }
  template <class K, class V>
  GlobalKTable<K, V> global_table(const std::string& topic, const Materialized<K, V>& materialized) {
    return global_table<K, V>(
        topic, Consumed<K, V>{.key_serde = materialized.key_serde, .value_serde = materialized.value_serde},
        materialized);
  }

  /// A store for processors: name it in KStream::process().
  StreamsBuilder& add_state_store(const StoreBuilder& store) {
    graph_->add({&graph_->root()}, detail::state_store_node(store.spec()));
    return *this;
  }
  /// A store that every instance fills from all partitions of a topic with a processor of yours; every other processor
  /// may read it.
  template <class K, class V, ProcessorSupplier Supplier>
  StreamsBuilder& add_global_store(const StoreBuilder& store, const std::string& topic, Supplier supplier,
                                   const Consumed<K, V>& consumed = {}) {
    const std::string source_name = graph_->suffixed_or_new(consumed.name, "-source", "KSTREAM-SOURCE-");
    const std::string name = graph_->name_or_new(consumed.name, "KTABLE-SOURCE-");
    detail::GlobalStorePlan global{store.spec(),
                                   source_name,
                                   topic,
                                   name,
                                   source_factory(consumed, detail::needed_serde<K>(consumed.key_serde, topic, "key"),
                                                  detail::needed_serde<V>(consumed.value_serde, topic, "value")),
                                   detail::processor_factory(name, std::move(supplier)),
                                   consumed.offset_reset};
    global.reprocess_on_restore = true;
    graph_->add({&graph_->root()}, detail::global_table_node(std::move(global)));
    return *this;
  }

  /// The topology of all that was built so far. Throws TopologyError where it cannot work.
  Topology build(const Optimization& optimization = {}) { return Topology(graph_->build(optimization)); }

 private:
  template <class K, class V>
  static constexpr void check_serdes() {
    detail::check_default_serde<K>();
    detail::check_default_serde<V>();
  }
  template <class K, class V>
  static detail::SourceFactory source_factory(const Consumed<K, V>& consumed, SerdePtr<K> key_serde,
                                              SerdePtr<V> value_serde) {
    return [key_serde, value_serde,
            extractor = consumed.timestamp_extractor]() -> std::unique_ptr<detail::SourceNodeBase> {
      return std::make_unique<detail::SourceNode<K, V>>(key_serde, value_serde, extractor);
    };
  }
  template <class K, class V>
  KStream<K, V> source(const std::vector<std::string>& topics, const std::string& pattern,
                       const Consumed<K, V>& consumed) {
    const std::string name = graph_->name_or_new(consumed.name, "KSTREAM-SOURCE-");
    const SerdePtr<K> key_serde = detail::needed_serde<K>(consumed.key_serde, name, "key");
    const SerdePtr<V> value_serde = detail::needed_serde<V>(consumed.value_serde, name, "value");
    detail::GraphNode& node =
        graph_->add({&graph_->root()}, detail::stream_source_node({name, topics, pattern, consumed.offset_reset,
                                                                   source_factory(consumed, key_serde, value_serde)}));
    return KStream<K, V>({graph_, &node, name, {name}, false, std::make_shared<detail::GraphNode*>(nullptr)}, key_serde,
                         value_serde);
  }

  std::shared_ptr<detail::Graph> graph_;
};

}  // namespace streams
