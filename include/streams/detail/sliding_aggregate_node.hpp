// Aggregations over sliding windows.
//
// A record at time t is in every window [start, start + difference] with t - difference <= start <= t. Only windows
// that hold a set of records that no other window holds are kept: those that end with a record (its left window), and
// those that begin right after one (its right window), if anything is in them.
//
// Source: org.apache.kafka.streams.kstream.internals.KStreamSlidingWindowAggregate.
#pragma once

#include <streams/detail/window_aggregate_node.hpp>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

namespace streams::detail {

/// A time difference of 0 can be built, but no window with it. Throws InvalidArgument.
[[noreturn]] void throw_empty_window();

template <class K, class V, class A, class Fold>
class SlidingAggregateNode final : public WindowAggregateBase<K, V, A> {
 public:
  SlidingAggregateNode(TableSettings settings, EmitStrategy emit, SlidingWindows windows, Fold fold)
      : WindowAggregateBase<K, V, A>(std::move(settings), emit), windows_(windows), fold_(std::move(fold)) {}

 protected:
  void on_record(Record<K, V>&& record) override {
    if (!record.key || !record.value) return this->context().dropped(*this, "null key or value");
    const ContextScope scope(this->context(), record.timestamp, record.headers);
    this->observe(record.timestamp);
    close_time_ = this->observed_stream_time() - windows_.grace_ms();
    if (wrapping_sum(record.timestamp, size()) < close_time_) return this->context().dropped(*this, "expired window");
    if (record.timestamp < windows_.size_ms()) return process_early(record);
    if (windows_.size_ms() == 0) throw_empty_window();
    process(record);
    if (this->on_close()) maybe_emit(record);
  }

 private:
  /// What the windows around a record say of its neighbours.
  struct Found {
    std::set<Timestamp> starts;
    Row<A> left, right;  ///< aggregates that the record's left and right window begin with
    bool has_left = false, has_right = false;
    std::optional<Timestamp> previous;  ///< time of the record before
  };

  std::int64_t size() const { return windows_.size_ms(); }

  void process(const Record<K, V>& record) {
    const Timestamp time = record.timestamp;
    Found found;
    bool complete = true;
    const Timestamp from = std::max<Timestamp>(0, time - 2 * size());
    // By a range of one key, as in Kafka Streams: in a cache it looks at other rows than fetching by key does.
    for (auto&& [window, row] : this->store().backward_fetch_range(record.key, record.key, from, time + 1)) {
      const Timestamp start = window.start;
      found.starts.insert(start);
      const Timestamp end = wrapping_sum(start, size());
      if (start == time + 1) {
        found.has_right = true;
      } else if (end > time) {
        if (!found.right) found.right = row;
        update(record, start, std::move(row));
      } else if (end == time) {
        found.has_left = true;
        if (row.timestamp < time) {
          found.previous = row.timestamp;
        } else {
          complete = false;  // a record of the same time was here: all windows exist
        }
        update(record, start, std::move(row));
        if (!complete) return;
      } else {
        found.previous = row.timestamp;
        found.left = std::move(row);
        break;
      }
    }
    create_windows(record, found);
  }

  void create_windows(const Record<K, V>& record, Found& found) {
    const Timestamp time = record.timestamp;
    if (found.previous) {
      const Timestamp start = *found.previous + 1;
      if (!found.starts.contains(start) && start + size() >= time) update(record, start, fresh(time));
    }
    if (!found.has_left) {
      const bool joined = found.previous && time - size() <= *found.previous;
      if (joined) found.left->timestamp = time;
      update(record, time - size(), joined ? std::move(found.left) : fresh(time));
    }
    create_right_window(record, found);
  }

  /// Before the first full window all left windows are one: that which starts at 0.
  void process_early(const Record<K, V>& record) {
    const Timestamp time = record.timestamp;
    Found found;
    Row<A> combined;
    for (auto&& [window, row] : this->store().fetch_range(record.key, record.key, 0, time + 1)) {
      const Timestamp start = window.start;
      found.starts.insert(start);
      if (start == 0) {
        if (row.timestamp < time) found.previous = row.timestamp;
        combined = std::move(row);
      } else if (start <= time) {
        found.right = row;
        update(record, start, std::move(row));
      } else {
        found.has_right = true;
      }
    }
    if (!found.right && combined && combined->timestamp > time) found.right = combined;
    create_right_window(record, found);
    if (found.previous && !found.starts.contains(*found.previous + 1)) update(record, *found.previous + 1, fresh(time));
    update(record, 0, combined ? std::move(combined) : fresh(time));
  }

  void create_right_window(const Record<K, V>& record, const Found& found) {
    if (found.has_right || !found.right || found.right->timestamp <= record.timestamp) return;
    const Timestamp start = record.timestamp + 1;
    if (start > INT64_MAX - size()) throw_window_beyond_time();
    this->put_and_forward(record, start, start + size(), std::nullopt, found.right->value, found.right->timestamp);
  }

  /// The aggregate of nothing; null if the fold has none.
  Row<A> fresh(Timestamp time) {
    std::optional<A> initial = fold_.template initial<A>();
    if (!initial) return std::nullopt;
    return ValueAndTimestamp<A>{std::move(*initial), time, {}};
  }

  void update(const Record<K, V>& record, Timestamp start, Row<A> row) {
    if (start + size() < close_time_) return this->context().dropped(*this, "expired window");
    Timestamp timestamp = record.timestamp;
    std::optional<A> before;
    if (row) {
      timestamp = std::max(timestamp, row->timestamp);
      before = std::move(row->value);
    }
    std::optional<A> old = before;
    std::optional<V> value = record.value;
    std::optional<A> after = fold_.template add<K, V, A>(record.key, value, before);
    this->put_and_forward(record, start, start + size(), std::move(old), std::move(after), timestamp);
  }

  void maybe_emit(const Record<K, V>& record) {
    if (!this->emitter().due(close_time_)) return;
    const Timestamp to = close_time_ - size() - 1;
    if (to < 0) return;
    const Timestamp last = this->emitter().last();
    this->emit_final(record, close_time_, last == -1 ? 0 : std::max<Timestamp>(0, last - size()), to);
  }

  SlidingWindows windows_;
  Fold fold_;
  Timestamp close_time_ = 0;
};

}  // namespace streams::detail
