// The typed parts of a step through an internal topic.
#pragma once

#include <streams/detail/graph.hpp>
#include <streams/detail/node.hpp>
#include <streams/detail/sink_node.hpp>
#include <streams/detail/source_node.hpp>

#include <memory>
#include <string>
#include <utility>

namespace streams::detail {

/// Internal topics never hold records without a timestamp. Source:
/// org.apache.kafka.streams.processor.FailOnInvalidTimestamp.
Timestamp fail_on_invalid_timestamp(std::string_view topic, std::int32_t partition, std::int64_t offset,
                                    Timestamp timestamp);

template <class K, class V>
SourceFactory internal_source(SerdePtr<K> key_serde, SerdePtr<V> value_serde) {
  return [key_serde, value_serde]() -> std::unique_ptr<SourceNodeBase> {
    return std::make_unique<SourceNode<K, V>>(
        key_serde, value_serde, [](const ConsumedRecord<K, V>& record, Timestamp) {
          return fail_on_invalid_timestamp(record.topic, record.partition, record.offset, record.timestamp);
        });
  };
}

/// Drops records without a key where nothing downstream wants them.
template <class K, class V>
class RepartitionFilter final : public Node<Record<K, V>, Record<K, V>> {
 public:
  explicit RepartitionFilter(bool drop_null_keys) : drop_null_keys_(drop_null_keys) {}

 protected:
  void on_record(Record<K, V>&& record) override {
    if (record.key || !drop_null_keys_) this->forward(std::move(record));
  }

 private:
  bool drop_null_keys_;
};

template <class K, class V>
class RepartitionOf final : public Repartition {
 public:
  SerdePtr<K> key_serde;
  SerdePtr<V> value_serde;
  StreamPartitioner<K, V> partitioner;

  NodeFactory make_filter() const override {
    return [drop = drop_null_keys]() -> std::unique_ptr<NodeBase> {
      return std::make_unique<RepartitionFilter<K, V>>(drop);
    };
  }
  NodeFactory make_sink() const override {
    SinkSettings<K, V> settings;
    settings.topic = topic;
    settings.key_serde = needed_serde<K>(key_serde, topic, "key");
    settings.value_serde = needed_serde<V>(value_serde, topic, "value");
    settings.partitioner = partitioner;
    return [settings]() -> std::unique_ptr<NodeBase> { return std::make_unique<SinkNode<K, V>>(settings); };
  }
  SourceFactory make_source() const override {
    return internal_source<K, V>(needed_serde<K>(key_serde, topic, "key"),
                                 needed_serde<V>(value_serde, topic, "value"));
  }
  std::shared_ptr<Repartition> clone() const override { return std::make_shared<RepartitionOf>(*this); }
  void inherit_serdes(const Repartition& other) override {
    const auto* same = dynamic_cast<const RepartitionOf*>(&other);
    if (same == nullptr) return;
    if (!key_serde) key_serde = same->key_serde;
    if (!value_serde) value_serde = same->value_serde;
  }
};

/// Takes three numbers, whether or not the step is used in the end. `named`: the prefix comes from the user.
template <class K, class V>
std::shared_ptr<RepartitionOf<K, V>> make_repartition(Graph& graph, const std::string& prefix, SerdePtr<K> key_serde,
                                                      SerdePtr<V> value_serde, bool named) {
  const RepartitionNames names = graph.repartition_names(prefix);
  if (!named) graph.note_unnamed_repartition(names.topic);
  auto step = std::make_shared<RepartitionOf<K, V>>();
  step->topic = names.topic;
  step->sink_name = names.sink;
  step->filter_name = names.filter;
  step->source_name = names.source;
  step->key_serde = std::move(key_serde);
  step->value_serde = std::move(value_serde);
  return step;
}

}  // namespace streams::detail
