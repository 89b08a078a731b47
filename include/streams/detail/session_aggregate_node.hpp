// Aggregations over sessions: a record extends the sessions that it is near to, and joins them into one.
//
// Source: org.apache.kafka.streams.kstream.internals.KStreamSessionWindowAggregate.
#pragma once

#include <streams/detail/session_store.hpp>
#include <streams/detail/window_aggregate_node.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace streams::detail {

template <class K, class V>
class SessionStoreGetter final : public ValueGetter<Windowed<K>, V> {
 public:
  explicit SessionStoreGetter(std::string store) : name_(std::move(store)) {}
  void init(TaskContext& context, NodeBase& node) override {
    store_ = &store_as<SessionShell<K, V>>(context, node, name_);
  }
  Row<V> get(const Windowed<K>& key) override {
    std::optional<V> value = store_->fetch_session(key.key, key.start, key.end);
    if (!value) return std::nullopt;
    return ValueAndTimestamp<V>{std::move(*value), key.end, {}};
  }
  Row<V> get_as_of(const Windowed<K>& key, Timestamp) override { return get(key); }

 private:
  std::string name_;
  SessionShell<K, V>* store_ = nullptr;
};

template <class K, class V>
class SessionTable final : public Table<Windowed<K>, V> {
 public:
  explicit SessionTable(std::string store) { settings.store = std::move(store); }
  bool enable_old_values(bool) override { return settings.send_old_values = true; }
  TableView<Windowed<K>, V> view() override {
    return {{settings.store}, [store = settings.store]() -> std::unique_ptr<ValueGetter<Windowed<K>, V>> {
              return std::make_unique<SessionStoreGetter<K, V>>(store);
            }};
  }
  TableSettings settings;
};

/// merge(key, one aggregate, other aggregate) gives that of both sessions.
template <class Merger>
struct SessionMerge {
  Merger merger;
  template <class K, class A>
  std::optional<A> operator()(const std::optional<K>& key, const std::optional<A>& one, const std::optional<A>& other) {
    return std::optional<A>(call(merger, In<K>{key}, In<A>{one}, In<A>{other}));
  }
};
template <class Reducer>
struct ReduceMerge {
  Reducer reducer;
  template <class K, class A>
  std::optional<A> operator()(const std::optional<K>&, const std::optional<A>& one, const std::optional<A>& other) {
    if (!one) return other;
    return std::optional<A>(call(reducer, In<A>{one}, In<A>{other}));
  }
};
struct CountMerge {
  template <class K, class A>
  std::optional<A> operator()(const std::optional<K>&, const std::optional<A>& one, const std::optional<A>& other) {
    return *one + *other;
  }
};

template <class K, class V, class A, class Fold, class Merge>
class SessionAggregateNode final : public Node<Record<K, V>, Record<Windowed<K>, Change<A>>> {
 public:
  SessionAggregateNode(TableSettings settings, EmitStrategy emit, SessionWindows windows, Fold fold, Merge merge)
      : settings_(std::move(settings)),
        emit_(emit),
        windows_(windows),
        fold_(std::move(fold)),
        merge_(std::move(merge)) {}

  void init(TaskContext& context) override {
    NodeBase::init(context);
    store_ = &store_as<SessionShell<K, A>>(context, *this, settings_.store);
    if (emit_ == EmitStrategy::kOnWindowClose) return emitter_.init(context, *this, settings_.store);
    cached_ = store_->on_flush(
        [this](Windowed<K>&& session, std::optional<A>&& fresh, std::optional<A>&& old) {
          const Timestamp end = session.end;
          // What comes out of a cache has the headers that the row has, if rows can have any: put_aggregate() gave
          // none, and a row that is gone has none.
          const bool bare = store_->keeps_headers();
          this->forward({std::move(session), Change<A>{std::move(fresh), std::move(old)}, end,
                         bare ? Headers() : *this->context().record.headers});
        },
        settings_.send_old_values);
  }

 protected:
  void on_record(Record<K, V>&& record) override {
    if (!record.key) return this->context().dropped(*this, "null key");
    const ContextScope scope(this->context(), record.timestamp, record.headers);
    const Timestamp time = record.timestamp;
    observed_stream_time_ = std::max(observed_stream_time_, time);
    const std::int64_t gap = windows_.gap_ms();
    const Timestamp close_time = observed_stream_time_ - windows_.grace_ms() - gap;

    Windowed<K> session{*record.key, time, time};
    std::optional<A> aggregate = fold_.template initial<A>();
    std::vector<std::pair<Windowed<K>, A>> merged;
    for (auto&& found : store_->find_sessions(*record.key, time - gap, wrapping_sum(time, gap))) {
      aggregate = merge_(record.key, aggregate, std::optional<A>(found.second));
      session.start = std::min(session.start, found.first.start);
      session.end = std::max(session.end, found.first.end);
      merged.push_back(std::move(found));
    }
    if (session.end < close_time) {
      this->context().dropped(*this, "expired window");
    } else {
      if (session.start != time || session.end != time) {
        for (auto& [old_session, old] : merged) {
          store_->remove(old_session);
          forward_update(old_session, std::optional<A>(std::move(old)), std::nullopt);
        }
      }
      std::optional<A> fresh = fold_.template add<K, V, A>(record.key, record.value, aggregate);
      store_->put_aggregate(session, fresh);
      forward_update(session, std::nullopt, std::move(fresh));
    }
    if (emit_ == EmitStrategy::kOnWindowClose) maybe_emit(record, close_time);
  }

 private:
  void forward_update(const Windowed<K>& session, std::optional<A> old, std::optional<A> fresh) {
    if (cached_ || emit_ == EmitStrategy::kOnWindowClose) return;
    if (!settings_.send_old_values) old.reset();
    this->forward({session, Change<A>{std::move(fresh), std::move(old)}, session.end, {}});
  }
  void maybe_emit(const Record<K, V>& record, Timestamp close_time) {
    if (!emitter_.due(close_time)) return;
    const Timestamp to = close_time - 1;
    const Timestamp from = std::max<Timestamp>(0, emitter_.last());
    if (to < 0 || to < from) return;
    std::size_t count = 0;
    for (auto&& [session, value] : store_->find_ended(from, to)) {
      ++count;
      const Timestamp end = session.end;
      this->forward({std::move(session), Change<A>{std::move(value), std::nullopt}, end, record.headers});
    }
    emitter_.emitted(close_time, count);
  }

  TableSettings settings_;
  EmitStrategy emit_;
  SessionWindows windows_;
  Fold fold_;
  Merge merge_;
  SessionShell<K, A>* store_ = nullptr;
  WindowCloseEmitter emitter_;
  bool cached_ = false;
  Timestamp observed_stream_time_ = -1;
};

}  // namespace streams::detail
