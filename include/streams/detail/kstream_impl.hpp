// The members of KStream and BranchedKStream that need the other handles.
#pragma once

#include <streams/global_ktable.hpp>
#include <streams/grouped.hpp>
#include <streams/kstream.hpp>
#include <streams/ktable.hpp>

#include <streams/detail/branched_impl.hpp>
#include <streams/detail/materialize.hpp>
#include <streams/detail/stream_join_builder.hpp>
#include <streams/detail/stream_table_join_builder.hpp>
#include <streams/detail/table_nodes.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace streams {

template <class K, class V>
KStream<K, V> KStream<K, V>::merge(const KStream& other, const Named& named) const {
  detail::check_same_graph(handle_, other.handle_);
  detail::Graph& graph = *handle_.graph;
  detail::Handle merged = handle_;
  merged.repartitioned = std::make_shared<detail::GraphNode*>(nullptr);
  merged.name = graph.name_or_new(named.name, "KSTREAM-MERGE-");
  merged.sources.insert(other.handle_.sources.begin(), other.handle_.sources.end());
  merged.repartition_required = handle_.repartition_required || other.handle_.repartition_required;
  detail::GraphNode node = detail::processor_node(
      {merged.name, detail::step_factory<Record<K, V>, Record<K, V>>(detail::PassThroughStep<K, V>{}), nullptr, {}});
  node.merges = true;
  merged.node = &graph.add({handle_.node, other.handle_.node}, std::move(node));
  return {std::move(merged), nullptr, nullptr};
}

template <class K, class V>
BranchedKStream<K, V> KStream<K, V>::split(const Named& named) const {
  return BranchedKStream<K, V>(*this, named);
}

namespace detail {

template <class K, class V>
SinkSettings<K, V> sink_settings(const std::string& where, const Produced<K, V>& produced, const SerdePtr<K>& key_serde,
                                 const SerdePtr<V>& value_serde) {
  SinkSettings<K, V> settings;
  settings.key_serde = needed_serde<K>(first_serde(produced.key_serde, key_serde), where, "key");
  settings.value_serde = needed_serde<V>(first_serde(produced.value_serde, value_serde), where, "value");
  settings.partitioner = produced.partitioner;
  settings.by_inner_key = true;
  return settings;
}

template <class K, class V>
void add_sink(const Handle& parent, const std::string& given_name, const std::string& topic,
              SinkSettings<K, V> settings) {
  GraphNode node;
  node.name = parent.graph->name_or_new(given_name, "KSTREAM-SINK-");
  NodeFactory factory = [settings = std::move(settings)]() -> std::unique_ptr<NodeBase> {
    return std::make_unique<SinkNode<K, V>>(settings);
  };
  node.write = [factory = std::move(factory), topic](TopologyPlan& plan, const GraphNode& self) {
    if (topic.empty()) {
      plan.add_dynamic_sink(self.name, "TopicNameExtractor", factory, self.parent_names());
    } else {
      plan.add_sink(self.name, topic, factory, self.parent_names());
    }
  };
  parent.graph->add({parent.node}, std::move(node));
}

}  // namespace detail

template <class K, class V>
void KStream<K, V>::to(const std::string& topic, const Produced<K, V>& produced) const {
  detail::check_topic(topic);
  detail::SinkSettings<K, V> settings = detail::sink_settings(topic, produced, key_serde_, value_serde_);
  settings.topic = topic;
  detail::add_sink(handle_, produced.name, topic, std::move(settings));
}

template <class K, class V>
void KStream<K, V>::to(TopicNameExtractor<K, V> topic_of, const Produced<K, V>& produced) const {
  detail::check_function(topic_of, "topicExtractor");
  detail::SinkSettings<K, V> settings =
      detail::sink_settings("a sink with a topic for each record", produced, key_serde_, value_serde_);
  settings.topic_of = std::move(topic_of);
  detail::add_sink(handle_, produced.name, "", std::move(settings));
}

template <class K, class V>
KStream<K, V> KStream<K, V>::repartition(const Repartitioned<K, V>& repartitioned) const {
  detail::Graph& graph = *handle_.graph;
  const bool named = !repartitioned.name.empty();
  const std::string name = named ? repartitioned.name.text() : graph.new_name("KSTREAM-REPARTITION-");
  const SerdePtr<K> key_serde = detail::first_serde(repartitioned.key_serde, key_serde_);
  const SerdePtr<V> value_serde = detail::first_serde(repartitioned.value_serde, value_serde_);
  auto step = detail::make_repartition<K, V>(graph, name, detail::needed_serde<K>(key_serde, name, "key"),
                                             detail::needed_serde<V>(value_serde, name, "value"), named);
  step->partitions = repartitioned.partitions;
  step->partitioner = repartitioned.partitioner;
  const std::string source = step->source_name;
  detail::GraphNode& node = graph.add({handle_.node}, detail::repartition_node(std::move(step), false));
  return {detail::Handle{handle_.graph, &node, source, {source}, false, std::make_shared<detail::GraphNode*>(nullptr)},
          key_serde, value_serde};
}

template <class K, class V>
KTable<K, V> KStream<K, V>::to_table(const Materialized<K, V>& materialized, const Named& named) const {
  detail::Graph& graph = *handle_.graph;
  const std::string name = graph.name_or_new(named.name, "KSTREAM-TOTABLE-");
  const detail::StorePlan store = detail::store_plan(graph, materialized, "KSTREAM-TOTABLE-");
  const SerdePtr<K> key_serde = detail::first_serde(materialized.key_serde, key_serde_);
  const SerdePtr<V> value_serde = detail::first_serde(materialized.value_serde, value_serde_);
  detail::Handle parent = handle_;
  if (handle_.repartition_required) {
    auto step = detail::make_repartition<K, V>(graph, name, key_serde, value_serde, !named.name.empty());
    parent.sources = {step->source_name};
    parent.repartition_required = false;
    parent.node = &graph.add({handle_.node}, detail::repartition_node(std::move(step), true));
  }
  return detail::add_table_source<K, V>(parent, name, store, key_serde, value_serde);
}

template <class K, class V>
KGroupedStream<K, V> KStream<K, V>::group_by_key(const Grouped<K, V>& grouped) const {
  return KGroupedStream<K, V>(handle_, grouped.name, detail::first_serde(grouped.key_serde, key_serde_),
                              detail::first_serde(grouped.value_serde, value_serde_));
}

template <class K, class V>
template <class F, class K2>
KGroupedStream<K2, V> KStream<K, V>::group_by(F selector, const Grouped<K2, V>& grouped) const {
  const KStream<K2, V> rekeyed = select_key(std::move(selector), Named{grouped.name});
  return KGroupedStream<K2, V>(rekeyed.handle_, grouped.name, grouped.key_serde,
                               detail::first_serde(grouped.value_serde, value_serde_));
}

template <class K, class V>
template <class V2, class F, class Out>
KStream<K, Out> KStream<K, V>::join(const KStream<K, V2>& other, F joiner, const JoinWindows& windows,
                                    const StreamJoined<K, V, V2>& joined) const {
  detail::check_function(joiner, "joiner");
  return detail::StreamJoinBuilder<K, V, V2, Out, F>(*this, other, detail::JoinKind::kInner, windows, joined,
                                                     std::move(joiner))
      .build();
}
template <class K, class V>
template <class V2, class F, class Out>
KStream<K, Out> KStream<K, V>::left_join(const KStream<K, V2>& other, F joiner, const JoinWindows& windows,
                                         const StreamJoined<K, V, V2>& joined) const {
  detail::check_function(joiner, "joiner");
  return detail::StreamJoinBuilder<K, V, V2, Out, F>(*this, other, detail::JoinKind::kLeft, windows, joined,
                                                     std::move(joiner))
      .build();
}
template <class K, class V>
template <class V2, class F, class Out>
KStream<K, Out> KStream<K, V>::outer_join(const KStream<K, V2>& other, F joiner, const JoinWindows& windows,
                                          const StreamJoined<K, V, V2>& joined) const {
  detail::check_function(joiner, "joiner");
  return detail::StreamJoinBuilder<K, V, V2, Out, F>(*this, other, detail::JoinKind::kOuter, windows, joined,
                                                     std::move(joiner))
      .build();
}

template <class K, class V>
template <class T, class F, class Out>
KStream<K, Out> KStream<K, V>::join(const KTable<K, T>& table, F joiner, const Joined<K, V, T>& joined) const {
  return detail::join_with_table<K, V, T, Out>(*this, table, std::move(joiner), joined, false);
}
template <class K, class V>
template <class T, class F, class Out>
KStream<K, Out> KStream<K, V>::left_join(const KTable<K, T>& table, F joiner, const Joined<K, V, T>& joined) const {
  return detail::join_with_table<K, V, T, Out>(*this, table, std::move(joiner), joined, true);
}
template <class K, class V>
template <class K2, class T, class Selector, class F, class Out>
KStream<K, Out> KStream<K, V>::join(const GlobalKTable<K2, T>& table, Selector selector, F joiner,
                                    const Named& named) const {
  return detail::join_with_global<K, V, K2, T, Out>(*this, table.view(), std::move(selector), std::move(joiner), named,
                                                    false);
}
template <class K, class V>
template <class K2, class T, class Selector, class F, class Out>
KStream<K, Out> KStream<K, V>::left_join(const GlobalKTable<K2, T>& table, Selector selector, F joiner,
                                         const Named& named) const {
  return detail::join_with_global<K, V, K2, T, Out>(*this, table.view(), std::move(selector), std::move(joiner), named,
                                                    true);
}

template <class K, class V>
template <class Text>
void KStream<K, V>::printed_as(Text text, const Printed& printed) const {
  std::string name = handle_.graph->name_or_new(printed.name, "KSTREAM-PRINTER-");
  detail::NodeFactory factory = [printer = detail::make_line_printer(printed),
                                 label = printed.label.value_or(handle_.name),
                                 text = std::move(text)]() -> std::unique_ptr<detail::NodeBase> {
    return std::make_unique<detail::PrintNode<K, V, Text>>(printer, label, text);
  };
  detail::add_processor(handle_, {std::move(name), std::move(factory), nullptr, {}});
}

template <class K, class V>
template <class Supplier>
detail::Handle KStream<K, V>::processor(Supplier supplier, const Named& named, const char* prefix,
                                        const std::vector<std::string>& stores) const {
  using Types = detail::SuppliedTypes<Supplier>;
  static_assert(std::is_same_v<typename Types::KeyIn, K> && std::is_same_v<typename Types::ValueIn, V>,
                "streams: the processor must take the key and value types of the stream: Processor<K, V, ...>.");
  std::string name = named.name.empty() ? handle_.graph->new_name(prefix) : named.name.text();
  std::vector<StoreBuilder> brought;
  if constexpr (detail::BringsStores<Supplier>) brought = supplier.stores();
  detail::NodeFactory factory = detail::processor_factory(name, std::move(supplier));
  return detail::add_processor(handle_, {std::move(name), std::move(factory),
                                         [brought] {
                                           std::vector<detail::StoreSpec> specs;
                                           for (const StoreBuilder& store : brought) specs.push_back(store.spec());
                                           return specs;
                                         },
                                         stores});
}

template <class K, class V>
template <ProcessorSupplier Supplier>
auto KStream<K, V>::process(Supplier supplier, const Named& named, const std::vector<std::string>& stores) const {
  using Types = detail::SuppliedTypes<Supplier>;
  static_assert(!Types::kFixedKey,
                "streams: process() takes a Processor; give a FixedKeyProcessor to process_values().");
  detail::Handle handle = processor(std::move(supplier), named, "KSTREAM-PROCESSOR-", stores);
  handle.repartition_required = true;
  if constexpr (!std::is_void_v<typename Types::KeyOut>) {
    return KStream<typename Types::KeyOut, typename Types::ValueOut>(std::move(handle), nullptr, nullptr);
  }
}

template <class K, class V>
template <ProcessorSupplier Supplier>
auto KStream<K, V>::process_values(Supplier supplier, const Named& named,
                                   const std::vector<std::string>& stores) const {
  using Types = detail::SuppliedTypes<Supplier>;
  static_assert(Types::kFixedKey,
                "streams: process_values() takes a FixedKeyProcessor; give a Processor to process().");
  return KStream<K, typename Types::ValueOut>(processor(std::move(supplier), named, "KSTREAM-PROCESSVALUES-", stores),
                                              key_serde_, nullptr);
}

}  // namespace streams
