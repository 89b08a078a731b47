// Windowed joins of two streams.
//
// Each side keeps its records in a window store and looks up those of the other side. Records of an outer side that
// found no partner wait in a store of their own, ordered by time, until their window has closed.
//
// Source: org.apache.kafka.streams.kstream.internals.KStreamJoinWindow, KStreamKStreamJoin, KStreamKStreamSelfJoin,
// KStreamImplJoin.
#pragma once

#include <streams/detail/invoke.hpp>
#include <streams/detail/outer_join_store.hpp>
#include <streams/detail/table.hpp>
#include <streams/windows.hpp>

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace streams::detail {

/// The window store of one side: plain, or with timestamps and headers where dsl.store.format asks for these.
template <class K, class V>
class JoinWindow {
 public:
  void init(TaskContext& context, const NodeBase& node, const std::string& store) {
    stamped_ = dynamic_cast<TimestampedWindowShell<K, V>*>(&context.store(node, store));
    if (stamped_ == nullptr) plain_ = &store_as<PlainWindowShell<K, V>>(context, node, store);
  }
  void put(const Record<K, V>& record) {
    if (plain_ != nullptr) return plain_->put(*record.key, record.value, record.timestamp);
    Row<V> row;
    if (record.value) row = ValueAndTimestamp<V>{*record.value, record.timestamp, record.headers};
    stamped_->put(*record.key, row, record.timestamp);
  }
  /// Calls fn(time, value) for the records of a key with from <= time <= to, in order of time.
  template <class Fn>
  void for_each(const K& key, Timestamp from, Timestamp to, Fn&& fn) const {
    from = std::max<Timestamp>(0, from);
    to = std::max<Timestamp>(0, to);
    if (plain_ != nullptr) {
      for (auto&& [time, value] : plain_->fetch(key, from, to)) fn(time, std::optional<V>(std::move(value)));
    } else {
      for (auto&& [time, row] : stamped_->fetch(key, from, to)) fn(time, std::optional<V>(std::move(row.value)));
    }
  }

 private:
  PlainWindowShell<K, V>* plain_ = nullptr;
  TimestampedWindowShell<K, V>* stamped_ = nullptr;
};

/// Keeps the records of one side, where the other side's look for partners.
template <class K, class V>
class JoinWindowNode final : public Node<Record<K, V>, Record<K, V>> {
 public:
  /// `forward_first`: what is downstream looks into this very store, and must not find the record there yet.
  JoinWindowNode(std::string store, bool forward_first)
      : store_name_(std::move(store)), forward_first_(forward_first) {}
  void init(TaskContext& context) override {
    NodeBase::init(context);
    window_.init(context, *this, store_name_);
  }

 protected:
  void on_record(Record<K, V>&& record) override {
    if (forward_first_) {
      this->forward(Record<K, V>(record));
      return keep(record);
    }
    keep(record);
    this->forward(std::move(record));
  }

 private:
  void keep(const Record<K, V>& record) {
    if (!record.key) return;
    const ContextScope scope(this->context(), record.timestamp, record.headers);
    window_.put(record);
  }

  std::string store_name_;
  bool forward_first_;
  JoinWindow<K, V> window_;
};

/// Time as both sides of a join in a task see it.
struct JoinTime {
  static constexpr Timestamp kNever = std::numeric_limits<Timestamp>::max();
  std::int64_t emit_interval_ms = 1000;
  Timestamp stream_time = -1;
  Timestamp min_time = kNever;  ///< of the records that wait for a partner
  Timestamp next_time_to_emit = 0;
};

struct JoinSideSettings {
  std::string name;                                        ///< of the join: what both sides share is kept under it
  std::string other_store;                                 ///< window store of the other side
  std::string outer_store;                                 ///< empty: no side is outer
  bool outer = false;                                      ///< records of this side are emitted without a partner too
  std::int64_t before_ms = 0, after_ms = 0, grace_ms = 0;  ///< of the join, as the left side sees it
};

template <class F, class K, class L, class R, class Out>
struct StreamJoiner {
  F function;
  std::optional<Out> operator()(const std::optional<K>& key, const std::optional<L>& left,
                                const std::optional<R>& right) {
    return std::optional<Out>(call_with_key(function, key, In<L>{left}, In<R>{right}));
  }
};

template <class K, class L, class R, class Out, class Joiner, bool left_side>
class StreamJoinSide final : public Node<Record<K, std::conditional_t<left_side, L, R>>, Record<K, Out>> {
  using This = std::conditional_t<left_side, L, R>;
  using Other = std::conditional_t<left_side, R, L>;
  using OuterStore = OuterJoinStore<K, L, R>;

 public:
  StreamJoinSide(JoinSideSettings settings, Joiner joiner)
      : settings_(std::move(settings)), joiner_(std::move(joiner)) {}

  void init(TaskContext& context) override {
    NodeBase::init(context);
    other_window_.init(context, *this, settings_.other_store);
    auto& shared = context.shared[settings_.name];
    if (!shared) shared = std::make_shared<JoinTime>();
    time_ = std::static_pointer_cast<JoinTime>(shared);
    if (settings_.outer_store.empty()) return;
    outer_store_ = &store_as<OuterStore>(context, *this, settings_.outer_store);
    time_->emit_interval_ms = emit_interval(context, "__emit.interval.ms.kstreams.outer.join.spurious.results.fix__");
  }

 protected:
  void on_record(Record<K, This>&& record) override {
    const Timestamp timestamp = record.timestamp;
    time_->stream_time = std::max(time_->stream_time, timestamp);
    if (settings_.outer && !record.key && record.value) return emit(record, std::nullopt, timestamp);
    if (!record.key || !record.value) return this->context().dropped(*this, "null key or value");
    const ContextScope scope(this->context(), timestamp, record.headers);
    if (outer_store_ != nullptr && timestamp == time_->stream_time) emit_without_partner(record.headers);

    const Timestamp to = wrapping_sum(timestamp, left_side ? settings_.after_ms : settings_.before_ms);
    bool found = false;
    other_window_.for_each(*record.key, timestamp - (left_side ? settings_.before_ms : settings_.after_ms), to,
                           [&](Timestamp other_time, std::optional<Other>&& other) {
                             found = true;
                             // Values of one key and time are dropped together: none of them waits for a partner any
                             // longer.
                             if (outer_store_ != nullptr)
                               outer_store_->erase_if_present({*record.key, other_time, !left_side});
                             emit(record, other, std::max(timestamp, other_time));
                           });
    if (found || !settings_.outer) return;
    if (std::max<Timestamp>(0, to) < time_->stream_time || outer_store_ == nullptr)
      return emit(record, std::nullopt, timestamp);
    time_->min_time = std::min(time_->min_time, timestamp);
    outer_store_->append({*record.key, timestamp, left_side}, waiting_value(std::move(record.value)));
  }

 private:
  std::optional<Out> join(const std::optional<K>& key, const std::optional<This>& mine,
                          const std::optional<Other>& other) {
    if constexpr (left_side) {
      return joiner_(key, mine, other);
    } else {
      return joiner_(key, other, mine);
    }
  }
  void emit(const Record<K, This>& record, const std::optional<Other>& other, Timestamp timestamp) {
    this->forward({record.key, join(record.key, record.value, other), timestamp, record.headers});
  }
  static EitherValue<L, R> waiting_value(std::optional<This>&& value) {
    EitherValue<L, R> either;
    if constexpr (left_side) {
      either.left = std::move(value);
    } else {
      either.right = std::move(value);
    }
    return either;
  }

  std::int64_t window_ms_after(bool of_left) const { return of_left ? settings_.after_ms : settings_.before_ms; }

  /// Emits the records whose window has closed without a partner.
  void emit_without_partner(const Headers& headers) {
    JoinTime& time = *time_;
    const std::int64_t after = window_ms_after(left_side);
    // Unknown until the store was scanned once: then it is scanned, unless nothing can close yet (as in Kafka Streams).
    const bool unknown = time.min_time == JoinTime::kNever && after + settings_.grace_ms > 0;
    if (!unknown && time.min_time >= time.stream_time - after - settings_.grace_ms) return;
    const Timestamp now = this->context().now_ms();
    if (now < time.next_time_to_emit) return;
    time.next_time_to_emit = now + time.emit_interval_ms;
    time.min_time = JoinTime::kNever;

    bool left_open = false, right_open = false;
    Bytes previous;
    outer_store_->for_each([&](const Bytes& bytes, const JoinSideKey<K>& key, const EitherValue<L, R>& value) {
      time.min_time = key.timestamp;
      if (left_open && right_open) return false;
      if (wrapping_sum(key.timestamp, window_ms_after(key.left) + settings_.grace_ms) >= time.stream_time) {
        (key.left ? left_open : right_open) = true;
        return true;
      }
      const std::optional<K> out_key(key.key);
      this->forward({out_key, joiner_(out_key, value.left, value.right), key.timestamp, headers});
      if (!previous.empty() && previous != bytes) outer_store_->erase(previous);
      previous = bytes;
      return true;
    });
    if (!previous.empty()) outer_store_->erase(previous);
  }

  JoinSideSettings settings_;
  Joiner joiner_;
  JoinWindow<K, Other> other_window_;
  OuterStore* outer_store_ = nullptr;
  std::shared_ptr<JoinTime> time_;
};

/// A stream joined with itself, on one store (topology.optimization).
template <class K, class V, class Out, class Joiner>
class SelfJoinNode final : public Node<Record<K, V>, Record<K, Out>> {
 public:
  SelfJoinNode(JoinSideSettings settings, Joiner joiner) : settings_(std::move(settings)), joiner_(std::move(joiner)) {}
  void init(TaskContext& context) override {
    NodeBase::init(context);
    window_.init(context, *this, settings_.other_store);
  }

 protected:
  void on_record(Record<K, V>&& record) override {
    if (!record.key || !record.value) return this->context().dropped(*this, "null key or value");
    const ContextScope scope(this->context(), record.timestamp, record.headers);
    const Timestamp timestamp = record.timestamp;
    stream_time_ = std::max(stream_time_, timestamp);
    const std::int64_t retention = settings_.before_ms + settings_.after_ms + settings_.grace_ms;
    bool self_due = timestamp > stream_time_ - retention + 1;

    const auto look_up = [&](std::int64_t before, std::int64_t after, auto&& with) {
      window_.for_each(*record.key, timestamp - before, wrapping_sum(timestamp, after), with);
    };
    look_up(settings_.before_ms, settings_.after_ms, [&](Timestamp other_time, std::optional<V>&& other) {
      emit(record, record.value, other, std::max(timestamp, other_time));
    });
    // In a loop of its own, so that results come in the order of an inner join of two streams.
    look_up(settings_.after_ms, settings_.before_ms, [&](Timestamp other_time, std::optional<V>&& other) {
      if (other_time > timestamp && self_due) {
        emit(record, record.value, record.value, timestamp);
        self_due = false;
      }
      emit(record, other, record.value, std::max(timestamp, other_time));
    });
    if (self_due) emit(record, record.value, record.value, timestamp);
  }

 private:
  void emit(const Record<K, V>& record, const std::optional<V>& left, const std::optional<V>& right,
            Timestamp timestamp) {
    this->forward({record.key, joiner_(record.key, left, right), timestamp, record.headers});
  }
  JoinSideSettings settings_;
  Joiner joiner_;
  JoinWindow<K, V> window_;
  Timestamp stream_time_ = -1;
};

}  // namespace streams::detail
