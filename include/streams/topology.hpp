// Topology: sources, processors, sinks and stores, connected by name. StreamsBuilder makes one too.
//
// Source: org.apache.kafka.streams.Topology.
#pragma once

#include <streams/detail/processor_node.hpp>
#include <streams/detail/sink_node.hpp>
#include <streams/detail/source_node.hpp>
#include <streams/detail/topology_plan.hpp>
#include <streams/options.hpp>
#include <streams/stores.hpp>

#include <concepts>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace streams {

/// A regular expression (ECMAScript syntax) for the whole names of topics.
struct TopicPattern {
  std::string regex;  ///< another text throws TopologyError when the topology is built
};

/// How a source reads.
template <class K, class V>
struct SourceOptions {
  SerdePtr<K> key_serde = {};  ///< null: DefaultSerde<K>
  SerdePtr<V> value_serde = {};
  TimestampExtractor<K, V> timestamp_extractor = {};  ///< null: the application's default
  std::optional<AutoOffsetReset> offset_reset = {};   ///< nullopt: the application's default
};

/// How a sink writes.
template <class K, class V>
struct SinkOptions {
  SerdePtr<K> key_serde = {};  ///< null: DefaultSerde<K>
  SerdePtr<V> value_serde = {};
  StreamPartitioner<K, V> partitioner = {};  ///< null: Kafka's default partitioner
};

/// What an application does, as a graph. Copies are cheap and share one graph. Build it on one thread, then hand it on.
///
/// Every call checks its part at once and throws TopologyError where a name is taken or unknown, a topic has a source
/// already, or nodes cannot be connected. Whether the types of connected nodes fit is checked when the graph is made.
class Topology {
 public:
  Topology() : plan_(std::make_shared<detail::TopologyPlan>()) {}
  /// Over a plan that somebody else began.
  explicit Topology(std::shared_ptr<detail::TopologyPlan> plan) : plan_(std::move(plan)) {}

  /// Reads topics; several are read as if they were one.
  template <class K, class V>
  Topology& add_source(const std::string& name, const std::vector<std::string>& topics,
                       const SourceOptions<K, V>& options = {}) {
    plan_->add_source({name, topics, "", options.offset_reset, source_factory(options)});
    return *this;
  }
  /// Reads every topic that matches, also those that are created later: add_source<K, V>("all",
  /// TopicPattern{"orders-.*"}).
  template <class K, class V, std::same_as<TopicPattern> Pattern>
  Topology& add_source(const std::string& name, const Pattern& pattern, const SourceOptions<K, V>& options = {}) {
    plan_->add_source({name, {}, pattern.regex, options.offset_reset, source_factory(options)});
    return *this;
  }

  /// Hands what the parents forward to processors that the supplier makes, one per task. `stores` and the stores that
  /// the supplier brings are connected to it.
  template <ProcessorSupplier Supplier>
  Topology& add_processor(const std::string& name, Supplier supplier, const std::vector<std::string>& parents,
                          const std::vector<std::string>& stores = {}) {
    const std::vector<StoreBuilder> brought = stores_of(supplier);
    plan_->add_processor(name, detail::processor_factory(name, std::move(supplier)), parents);
    for (const StoreBuilder& store : brought) plan_->add_store(store.spec(), {name});
    if (!stores.empty()) plan_->connect(name, stores);
    return *this;
  }

  /// Writes what the parents forward to a topic, which must exist.
  template <class K, class V>
  Topology& add_sink(const std::string& name, const std::string& topic, const std::vector<std::string>& parents,
                     const SinkOptions<K, V>& options = {}) {
    plan_->add_sink(name, topic, sink_factory<K, V>(topic, nullptr, options), parents);
    return *this;
  }
  /// Writes each record to the topic that `topic_of` says.
  template <class K, class V>
  Topology& add_sink(const std::string& name, TopicNameExtractor<K, V> topic_of,
                     const std::vector<std::string>& parents, const SinkOptions<K, V>& options = {}) {
    detail::check_function(topic_of, "topicExtractor");
    plan_->add_dynamic_sink(name, "TopicNameExtractor", sink_factory<K, V>("", std::move(topic_of), options), parents);
    return *this;
  }

  /// Adds a store and connects it to these processors; those that share a store are in one sub-topology.
  Topology& add_state_store(const StoreBuilder& store, const std::vector<std::string>& processors = {}) {
    plan_->add_store(store.spec(), processors);
    return *this;
  }
  /// Connects stores that were added before.
  Topology& connect_processor_and_state_stores(const std::string& processor, const std::vector<std::string>& stores) {
    plan_->connect(processor, stores);
    return *this;
  }

  /// A store that every instance keeps in full: all partitions of the topic go to its processor, which fills it. Every
  /// other processor may read it without being connected to it. It has no changelog: the topic is read again.
  template <class K, class V, ProcessorSupplier Supplier>
  Topology& add_global_store(const StoreBuilder& store, const std::string& source_name, const std::string& topic,
                             const std::string& processor_name, Supplier supplier,
                             const SourceOptions<K, V>& options = {}) {
    detail::GlobalStorePlan global{store.spec(),
                                   source_name,
                                   topic,
                                   processor_name,
                                   source_factory(options),
                                   detail::processor_factory(processor_name, std::move(supplier)),
                                   options.offset_reset};
    global.reprocess_on_restore = true;
    plan_->add_global_store(std::move(global));
    return *this;
  }
  /// A store that its processor fills from a topic, partition by partition, and that has no changelog but that topic
  /// (KIP-813). The topic is read from its beginning.
  template <class K, class V, ProcessorSupplier Supplier>
  Topology& add_read_only_state_store(const StoreBuilder& store, const std::string& source_name,
                                      const std::string& topic, const std::string& processor_name, Supplier supplier,
                                      const SourceOptions<K, V>& options = {}) {
    plan_->add_read_only_store(store.spec(), {source_name, {topic}, "", options.offset_reset, source_factory(options)},
                               processor_name, detail::processor_factory(processor_name, std::move(supplier)));
    return *this;
  }

  /// The same text as Kafka Streams'.
  std::string describe() const { return plan_->describe(); }
  const detail::TopologyPlan& plan() const { return *plan_; }

 private:
  template <class K, class V>
  static detail::SourceFactory source_factory(const SourceOptions<K, V>& options) {
    return [key = serde_or_default(options.key_serde), value = serde_or_default(options.value_serde),
            extractor = options.timestamp_extractor]() -> std::unique_ptr<detail::SourceNodeBase> {
      return std::make_unique<detail::SourceNode<K, V>>(key, value, extractor);
    };
  }
  template <class K, class V>
  static detail::NodeFactory sink_factory(const std::string& topic, TopicNameExtractor<K, V> topic_of,
                                          const SinkOptions<K, V>& options) {
    detail::SinkSettings<K, V> settings;
    settings.topic = topic;
    settings.topic_of = std::move(topic_of);
    settings.key_serde = serde_or_default(options.key_serde);
    settings.value_serde = serde_or_default(options.value_serde);
    settings.partitioner = options.partitioner;
    return [settings = std::move(settings)]() -> std::unique_ptr<detail::NodeBase> {
      return std::make_unique<detail::SinkNode<K, V>>(settings);
    };
  }
  template <class Supplier>
  static std::vector<StoreBuilder> stores_of(const Supplier& supplier) {
    if constexpr (detail::BringsStores<Supplier>) {
      return supplier.stores();
    } else {
      return {};
    }
  }

  std::shared_ptr<detail::TopologyPlan> plan_;
};

}  // namespace streams
