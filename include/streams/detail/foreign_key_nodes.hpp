// The five processors of a foreign-key join.
//
// Left: an update is sent as a subscription to the partition of its foreign key. Right: subscriptions are kept, and
// answered at once and with each update of the right row. Left again: answers to values that are still current are
// joined. Source: org.apache.kafka.streams.kstream.internals.foreignkeyjoin.SubscriptionSendProcessorSupplier,
// SubscriptionReceiveProcessorSupplier, SubscriptionJoinProcessorSupplier, ForeignTableJoinProcessorSupplier,
// ResponseJoinProcessorSupplier.
#pragma once

#include <streams/detail/foreign_key_format.hpp>
#include <streams/detail/invoke.hpp>
#include <streams/detail/table.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace streams::detail {

/// What the processors of one join share; written while the topology is built, read when a task is made.
template <class K, class V, class KO, class VO>
struct ForeignKeySettings {
  bool left_join = false;
  bool versioned_left = false, versioned_right = false;
  std::string subscription_topic, response_topic;  ///< as planned
  std::string store;                               ///< of the subscriptions
  SerdePtr<K> key_serde;
  SerdePtr<V> value_serde;
  SerdePtr<KO> foreign_key_serde;
  SerdePtr<VO> foreign_value_serde;
};

using SubscriptionStore = TimestampedKeyValueStore<Bytes, Subscription>;

/// The partition of a task from its id.
std::int32_t partition_of_task(const std::string& task_id);
[[noreturn]] void throw_null_in_join_topic(std::string_view topic);

/// A serde with the name of the topic that it works for.
template <class T>
class TopicCodec {
 public:
  void open(const SerdePtr<T>& serde, std::string topic) {
    serde_ = serde;
    topic_ = std::move(topic);
  }
  Bytes bytes(const T& value) const {
    Bytes out;
    serde_->serialize(topic_, value, out);
    return out;
  }
  T value(BytesView bytes) const { return serde_->deserialize(topic_, bytes); }

 private:
  SerdePtr<T> serde_;
  std::string topic_;
};

template <class K, class V, class KO, class VO, class F>
class SubscriptionSendNode final : public Node<Record<K, Change<V>>, Record<KO, Subscription>> {
 public:
  using Settings = std::shared_ptr<const ForeignKeySettings<K, V, KO, VO>>;
  SubscriptionSendNode(Settings settings, F key_of) : settings_(std::move(settings)), foreign_key_(std::move(key_of)) {}
  void init(TaskContext& context) override {
    NodeBase::init(context);
    const std::string topic = context.topic_name(settings_->subscription_topic);
    primary_keys_.open(settings_->key_serde, topic + "-pk");
    foreign_keys_.open(settings_->foreign_key_serde, topic + "-fk");
    hashed_values_.open(settings_->value_serde, topic + "-vh");
    partition_ = partition_of_task(context.task_id());
  }

 protected:
  using Instruction = SubscriptionInstruction;

  void on_record(Record<K, Change<V>>&& record) override {
    const Change<V>& update = *record.value;
    if (settings_->versioned_left && !update.is_latest) return this->context().dropped(*this, "out-of-order update");
    if (!update.old_value && !update.new_value) return;
    std::optional<KO> old_key = foreign_key_of(record.key, update.old_value);
    std::optional<KO> new_key = foreign_key_of(record.key, update.new_value);
    if (!settings_->left_join && !new_key && update.new_value) this->context().dropped(*this, "null foreign key");
    if (!settings_->left_join && !new_key && !old_key) return;

    Subscription message;
    message.primary_key = primary_keys_.bytes(*record.key);
    message.primary_partition = partition_;
    if (update.new_value) message.hash = murmur3_hash128(hashed_values_.bytes(*update.new_value));
    if (settings_->left_join) {
      send_left(record, std::move(old_key), std::move(new_key), message);
    } else {
      send_inner(record, std::move(old_key), std::move(new_key), message);
    }
  }

 private:
  /// Responses are wanted in any case: each makes a result, if only with the left value.
  void send_left(Record<K, Change<V>>& record, std::optional<KO>&& old_key, std::optional<KO>&& new_key,
                 Subscription& message) {
    if (old_key && changed(*old_key, new_key))
      send(record, std::move(old_key), message, Instruction::kDeleteKeyNoPropagate);
    send(record, std::move(new_key), message, Instruction::kPropagateNullIfNoFkValAvailable);
  }

  /// A null is wanted only where there may have been a result before.
  void send_inner(Record<K, Change<V>>& record, std::optional<KO>&& old_key, std::optional<KO>&& new_key,
                  Subscription& message) {
    if (!new_key) return send(record, std::move(old_key), message, Instruction::kDeleteKeyAndPropagate);
    const bool moved = old_key && changed(*old_key, new_key);
    if (moved) send(record, std::move(old_key), message, Instruction::kDeleteKeyNoPropagate);
    send(record, std::move(new_key), message,
         moved ? Instruction::kPropagateNullIfNoFkValAvailable : Instruction::kPropagateOnlyIfFkValAvailable);
  }

  void send(const Record<K, Change<V>>& record, std::optional<KO>&& key, Subscription& message,
            Instruction instruction) {
    message.instruction = instruction;
    this->forward({std::move(key), message, record.timestamp, record.headers});
  }

  std::optional<KO> foreign_key_of(const std::optional<K>& key, const std::optional<V>& value) {
    if (!value) return std::nullopt;
    return std::optional<KO>(call_with_key(foreign_key_, key, In<V>{value}));
  }
  bool changed(const KO& old_key, const std::optional<KO>& new_key) const {
    return !new_key || foreign_keys_.bytes(old_key) != foreign_keys_.bytes(*new_key);
  }

  Settings settings_;
  F foreign_key_;
  TopicCodec<K> primary_keys_;
  TopicCodec<KO> foreign_keys_;
  TopicCodec<V> hashed_values_;
  std::int32_t partition_ = 0;
};

/// Keeps the subscriptions in their store.
template <class K, class V, class KO, class VO>
class SubscriptionReceiveNode final : public Node<Record<KO, Subscription>, Record<KO, Subscription>> {
 public:
  using Settings = std::shared_ptr<const ForeignKeySettings<K, V, KO, VO>>;
  explicit SubscriptionReceiveNode(Settings settings) : settings_(std::move(settings)) {}
  void init(TaskContext& context) override {
    NodeBase::init(context);
    store_ = &store_as<SubscriptionStore>(context, *this, settings_->store);
    foreign_keys_.open(settings_->foreign_key_serde, context.topic_name(settings_->subscription_topic) + "-fk");
  }

 protected:
  void on_record(Record<KO, Subscription>&& record) override {
    using Instruction = SubscriptionInstruction;
    if (!record.value) throw_null_in_join_topic(settings_->subscription_topic);
    const Instruction instruction = record.value->instruction;
    if (record.key) {
      Bytes key;
      append_combined_key(key, foreign_keys_.bytes(*record.key), record.value->primary_key);
      if (instruction == Instruction::kDeleteKeyAndPropagate || instruction == Instruction::kDeleteKeyNoPropagate) {
        store_->put(key, std::nullopt);
      } else {
        store_->put(key, ValueAndTimestamp<Subscription>{*record.value, record.timestamp, record.headers});
      }
    } else if (instruction != Instruction::kPropagateNullIfNoFkValAvailable) {
      return this->context().dropped(*this, "null foreign key");
    }
    this->forward(std::move(record));
  }

 private:
  Settings settings_;
  SubscriptionStore* store_ = nullptr;
  TopicCodec<KO> foreign_keys_;
};

/// Answers a subscription with the right row as it is now.
template <class K, class V, class KO, class VO>
class SubscriptionJoinNode final : public Node<Record<KO, Subscription>, Record<K, SubscriptionResponse>> {
 public:
  using Settings = std::shared_ptr<const ForeignKeySettings<K, V, KO, VO>>;
  SubscriptionJoinNode(Settings settings, std::unique_ptr<ValueGetter<KO, VO>> right)
      : settings_(std::move(settings)), right_(std::move(right)) {}
  void init(TaskContext& context) override {
    NodeBase::init(context);
    right_->init(context, *this);
    primary_keys_.open(settings_->key_serde, context.topic_name(settings_->subscription_topic) + "-pk");
    foreign_values_.open(settings_->foreign_value_serde, context.topic_name(settings_->response_topic));
  }
  void close() override { right_->close(); }

 protected:
  void on_record(Record<KO, Subscription>&& record) override {
    using Instruction = SubscriptionInstruction;
    const Subscription& subscription = *record.value;
    Row<VO> row;
    if (record.key) row = right_->get(*record.key);
    const Instruction instruction = subscription.instruction;
    if (instruction == Instruction::kDeleteKeyNoPropagate) return;
    if (instruction == Instruction::kPropagateOnlyIfFkValAvailable && !row) return;
    SubscriptionResponse response{subscription.hash, std::nullopt, subscription.primary_partition};
    if (row && instruction != Instruction::kDeleteKeyAndPropagate)
      response.foreign_value = foreign_values_.bytes(row->value);
    const Timestamp timestamp = row ? std::max(record.timestamp, row->timestamp) : record.timestamp;
    this->forward(
        {primary_keys_.value(subscription.primary_key), std::move(response), timestamp, std::move(record.headers)});
  }

 private:
  Settings settings_;
  std::unique_ptr<ValueGetter<KO, VO>> right_;
  TopicCodec<K> primary_keys_;
  TopicCodec<VO> foreign_values_;
};

/// Tells an update of the right table to all who subscribed to its key.
template <class K, class V, class KO, class VO>
class ForeignTableJoinNode final : public Node<Record<KO, Change<VO>>, Record<K, SubscriptionResponse>> {
 public:
  using Settings = std::shared_ptr<const ForeignKeySettings<K, V, KO, VO>>;
  explicit ForeignTableJoinNode(Settings settings) : settings_(std::move(settings)) {}
  void init(TaskContext& context) override {
    NodeBase::init(context);
    const std::string topic = context.topic_name(settings_->subscription_topic);
    store_ = &store_as<SubscriptionStore>(context, *this, settings_->store);
    primary_keys_.open(settings_->key_serde, topic + "-pk");
    foreign_keys_.open(settings_->foreign_key_serde, topic + "-fk");
    foreign_values_.open(settings_->foreign_value_serde, context.topic_name(settings_->response_topic));
  }

 protected:
  void on_record(Record<KO, Change<VO>>&& record) override {
    if (!record.key) return this->context().dropped(*this, "null key");
    const Change<VO>& update = *record.value;
    if (settings_->versioned_right && !update.is_latest) return this->context().dropped(*this, "out-of-order update");
    Bytes prefix;
    append_combined_key(prefix, foreign_keys_.bytes(*record.key), {});
    std::optional<Bytes> value;  // serialised once for all, but only if there is anybody
    for (const auto& [key, subscription] : store_->prefix_scan(prefix)) {
      if (!value && update.new_value) value = foreign_values_.bytes(*update.new_value);
      this->forward({primary_keys_.value(BytesView(key).substr(prefix.size())),
                     SubscriptionResponse{subscription.value.hash, value, subscription.value.primary_partition},
                     record.timestamp, record.headers});
    }
  }

 private:
  Settings settings_;
  SubscriptionStore* store_ = nullptr;
  TopicCodec<K> primary_keys_;
  TopicCodec<KO> foreign_keys_;
  TopicCodec<VO> foreign_values_;
};

/// Joins responses with the left row, unless that has changed since it subscribed.
template <class K, class V, class KO, class VO, class Out, class Joiner>
class ResponseJoinNode final : public Node<Record<K, SubscriptionResponse>, Record<K, Out>> {
 public:
  using Settings = std::shared_ptr<const ForeignKeySettings<K, V, KO, VO>>;
  ResponseJoinNode(Settings settings, std::unique_ptr<ValueGetter<K, V>> left, Joiner joiner)
      : settings_(std::move(settings)), left_(std::move(left)), joiner_(std::move(joiner)) {}
  void init(TaskContext& context) override {
    NodeBase::init(context);
    left_->init(context, *this);
    hashed_values_.open(settings_->value_serde, context.topic_name(settings_->subscription_topic) + "-vh");
    foreign_values_.open(settings_->foreign_value_serde, context.topic_name(settings_->response_topic));
  }
  void close() override { left_->close(); }

 protected:
  void on_record(Record<K, SubscriptionResponse>&& record) override {
    if (!record.key || !record.value) throw_null_in_join_topic(settings_->response_topic);
    const SubscriptionResponse& response = *record.value;
    Row<V> row = left_->get(*record.key);
    std::optional<Hash128> hash;
    if (row) hash = murmur3_hash128(hashed_values_.bytes(row->value));
    if (hash != response.hash) return this->context().dropped(*this, "response to a value that has changed since");

    std::optional<V> left;
    if (row) left = std::move(row->value);
    std::optional<VO> right;
    if (response.foreign_value) right = foreign_values_.value(*response.foreign_value);
    std::optional<Out> result;
    if (right || (settings_->left_join && left)) result = joiner_(record.key, left, right);
    this->forward({std::move(record.key), std::move(result), record.timestamp, std::move(record.headers)});
  }

 private:
  Settings settings_;
  std::unique_ptr<ValueGetter<K, V>> left_;
  Joiner joiner_;
  TopicCodec<V> hashed_values_;
  TopicCodec<VO> foreign_values_;
};

}  // namespace streams::detail
