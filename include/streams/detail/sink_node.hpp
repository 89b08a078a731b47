// Sinks: where typed records become bytes and leave the task.
#pragma once

#include <streams/detail/node.hpp>
#include <streams/partitioner.hpp>
#include <streams/serde.hpp>

#include <optional>
#include <string>
#include <utility>

namespace streams::detail {

[[noreturn]] void throw_sink_has_no_children(const std::string& sink, const std::string& child);
/// Java's ProducerRecord refuses negative timestamps and partitions; so do the sinks.
void check_sink_timestamp(Timestamp timestamp);
void check_sink_partition(std::int32_t partition);

/// How a sink writes. Either `topic` (as planned: internal topics without the application id) or `topic_of`.
template <class K, class V>
struct SinkSettings {
  std::string topic;
  TopicNameExtractor<K, V> topic_of;
  SerdePtr<K> key_serde;
  SerdePtr<V> value_serde;
  StreamPartitioner<K, V> partitioner;
  /// Default partition by Serde::partition_key rather than by the whole key. The DSL's to() does so for windowed keys;
  /// its repartition topics and the sinks of the Processor API do not.
  bool by_inner_key = false;
};

/// Sends every record to a topic. What user functions throw goes to the error boundary of the node above.
/// Source: org.apache.kafka.streams.processor.internals.SinkNode, RecordCollectorImpl.
template <class K, class V>
class SinkNode final : public NodeBase, public Receiver<Record<K, V>> {
 public:
  explicit SinkNode(SinkSettings<K, V> settings) : settings_(std::move(settings)) {}

  void link(NodeBase& child) override { throw_sink_has_no_children(name(), child.name()); }
  bool childless() const override { return true; }
  void init(TaskContext& task) override {
    NodeBase::init(task);
    if (settings_.topic_of) return;
    fixed_topic_ = task.topic_name(settings_.topic);
    outlet_ = task.outlet(*this, fixed_topic_);
  }

  void process(Record<K, V>&& record) override {
    if (settings_.topic_of) {
      RecordContext own = context().record;
      own.timestamp = record.timestamp;
      own.headers = &record.headers;
      send(record, settings_.topic_of(key_of(record), value_of(record), own));
    } else {
      send(record, fixed_topic_);
    }
    done_with(record.timestamp);
  }

 private:
  static const K* key_of(const Record<K, V>& record) { return record.key ? &*record.key : nullptr; }
  static const V* value_of(const Record<K, V>& record) { return record.value ? &*record.value : nullptr; }

  void send(const Record<K, V>& record, const std::string& topic) {
    OutputRecord output;
    output.topic = topic;
    output.outlet = outlet_;
    output.timestamp = record.timestamp;
    output.headers = &record.headers;
    if (!settings_.partitioner) return write(record, output, nullptr);
    const auto chosen = settings_.partitioner(topic, key_of(record), value_of(record), context().partitions(topic));
    if (!chosen) return write(record, output, nullptr);
    if (chosen->empty()) return context().dropped(*this, "the partitioner chose no partition");
    write(record, output, &*chosen);
  }

  void write(const Record<K, V>& record, OutputRecord& output, const std::vector<std::int32_t>* partitions) {
    if (!encode(record.key, settings_.key_serde, output.topic, key_bytes_, output.key, true)) return;
    if (!encode(record.value, settings_.value_serde, output.topic, value_bytes_, output.value, false)) return;
    check_sink_timestamp(record.timestamp);
    output.partition_key = output.key;
    if (settings_.by_inner_key && output.key) output.partition_key = settings_.key_serde->partition_key(*output.key);
    if (partitions == nullptr) return context().send(*this, output);
    for (const std::int32_t partition : *partitions) {
      check_sink_partition(partition);
      output.partition = partition;
      context().send(*this, output);
    }
  }

  /// False: it cannot be written, and the handler said to drop the record.
  template <class T>
  bool encode(const std::optional<T>& from, const SerdePtr<T>& serde, std::string_view topic, Bytes& buffer,
              OptionalView& to, bool is_key) {
    if (!from) return true;
    try {
      buffer.clear();
      serde->serialize(topic, *from, buffer);
    } catch (...) {
      context().serialization_failed(*this, topic, is_key);
      return false;
    }
    to = buffer;
    return true;
  }

  SinkSettings<K, V> settings_;
  std::string fixed_topic_;
  int outlet_ = -1;                ///< of the fixed topic
  Bytes key_bytes_, value_bytes_;  ///< reused from record to record
};

}  // namespace streams::detail
