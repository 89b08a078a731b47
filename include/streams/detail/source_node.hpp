// Sources: where bytes become typed records.
#pragma once

#include <streams/detail/node.hpp>
#include <streams/serde.hpp>
#include <streams/timestamp.hpp>

#include <memory>
#include <optional>
#include <utility>

namespace streams::detail {

/// Decodes the records of any number of partitions, one lane each, and hands them to its children.
/// What the serdes and the extractor throw goes to whoever drives the lane.
/// Source: org.apache.kafka.streams.processor.internals.SourceNode, RecordQueue.
template <class K, class V>
class SourceNode final : public SourceNodeBase {
 public:
  SourceNode(SerdePtr<K> key_serde, SerdePtr<V> value_serde, TimestampExtractor<K, V> extractor = nullptr)
      : key_serde_(std::move(key_serde)), value_serde_(std::move(value_serde)), extractor_(std::move(extractor)) {}

  void link(NodeBase& child) override { out_.link(*this, child); }
  bool childless() const override { return out_.empty(); }
  std::unique_ptr<SourceLane> make_lane() override { return std::make_unique<Lane>(*this); }

 private:
  class Lane final : public SourceLane {
   public:
    explicit Lane(const SourceNode& node) : node_(node) {}

    void decode(RawRecord&& raw) override {
      key_.reset();
      value_.reset();
      topic_ = raw.topic;
      partition_ = raw.partition;
      offset_ = raw.offset;
      timestamp_ = raw.timestamp;
      headers_ = std::move(raw.headers);
      if (raw.key) key_.emplace(node_.key_serde_->deserialize(raw.topic, *raw.key));
      if (raw.value) value_.emplace(node_.value_serde_->deserialize(raw.topic, *raw.value));
    }

    std::optional<Timestamp> extract(Timestamp partition_time) override {
      if (!node_.extractor_) return std::nullopt;
      const ConsumedRecord<K, V> record{key_, value_, timestamp_, topic_, partition_, offset_, headers_};
      return node_.extractor_(record, partition_time);
    }

    /// The lane keeps its headers: the context points to them until the record is done with. No headers, no copy.
    void process(Timestamp timestamp) override {
      node_.out_.emit(Record<K, V>{std::move(key_), std::move(value_), timestamp, headers_});
    }

    const Headers& headers() const override { return headers_; }

   private:
    const SourceNode& node_;
    std::optional<K> key_;
    std::optional<V> value_;
    std::string_view topic_;
    std::int32_t partition_ = 0;
    std::int64_t offset_ = 0;
    Timestamp timestamp_ = 0;
    Headers headers_;
  };

  SerdePtr<K> key_serde_;
  SerdePtr<V> value_serde_;
  TimestampExtractor<K, V> extractor_;
  Output<Record<K, V>> out_;
};

}  // namespace streams::detail
