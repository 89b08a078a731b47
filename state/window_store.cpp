// Window stores: rows grouped in segments of time, so that whole segments are dropped when they expire.
//
// Invariants:
// 1. `segments_` holds the id of every segment that has, or had, a row; ids below the live ones are erased with their rows.
// 2. The row with the empty key holds [i64 stream time][i32 sequence] as of the last flush(): a restart resurrects nothing.
//    Differs from Kafka Streams, which forgets both: after a restart expired rows come back, and duplicates overwrite others.
#include <state/change_log.hpp>
#include <state/merged_rows.hpp>
#include <state/window_rows.hpp>
#include <streams/errors.hpp>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

namespace streams::state {
namespace {

using streams::detail::append_big_endian;
using streams::detail::read_big_endian;

class NoWindows final : public WindowIterator {
 public:
  bool valid() const override { return false; }
  void next() override {}
  BytesView key() const override { return {}; }
  Timestamp start() const override { return 0; }
  BytesView value() const override { return {}; }
};

/// Walks over rows segment by segment, within a segment in the order of changelog keys.
class SegmentedRows final : public WindowIterator {
 public:
  SegmentedRows(const ByteStore& rows, const std::set<std::int64_t>& segments, std::int64_t interval, WindowQuery query)
      : rows_(rows), segments_(segments), query_(std::move(query)),
        first_(query_.from / interval), last_(query_.to / interval) {
    settle();
  }

  bool valid() const override { return walk_ != nullptr; }
  void next() override {
    walk_->next();
    settle();
  }
  BytesView key() const override { return current_.key; }
  Timestamp start() const override { return current_.start; }
  std::int32_t sequence() const { return current_.sequence; }
  BytesView value() const override { return walk_->value(); }

 private:
  void settle() {
    for (;;) {
      if (walk_ && walk_->valid()) {
        current_ = split_window_key(walk_->key().substr(kSegmentBytes));
        if (query_.holds(current_.key, current_.start)) return;
        walk_->next();
      } else if (!open_next_segment()) {
        walk_ = nullptr;
        return;
      }
    }
  }

  bool open_next_segment() {
    if (query_.reverse) {
      auto at = segment_ ? segments_.lower_bound(*segment_) : segments_.upper_bound(last_);
      if (at == segments_.begin() || *--at < first_) return false;
      segment_ = *at;
    } else {
      const auto at = segment_ ? segments_.upper_bound(*segment_) : segments_.lower_bound(first_);
      if (at == segments_.end() || *at > last_) return false;
      segment_ = *at;
    }
    Bytes from, to;
    append_ordered(from, *segment_);
    append_lower_bound(from, query_);
    if (query_.key_to) {
      append_ordered(to, *segment_);
      append_upper_bound(to, query_);
      to.push_back('\0');
    } else {
      append_ordered(to, *segment_ + 1);
    }
    walk_ = rows_.range(from, to, query_.reverse);
    return true;
  }

  const ByteStore& rows_;
  const std::set<std::int64_t>& segments_;
  const WindowQuery query_;
  const std::int64_t first_;
  const std::int64_t last_;
  std::optional<std::int64_t> segment_;
  std::unique_ptr<ByteIterator> walk_;
  WindowKey current_;
};

/// Rows ordered by start, then key and sequence: the order of Kafka Streams' in-memory window store.
class TimeOrderedRows final : public WindowIterator {
 public:
  TimeOrderedRows(SegmentedRows rows, bool reverse) {
    for (; rows.valid(); rows.next()) {
      Bytes key(rows.key());
      append_big_endian(key, rows.sequence());
      rows_.push_back({rows.start(), std::move(key), Bytes(rows.value())});
    }
    std::sort(rows_.begin(), rows_.end(), [](const Row& a, const Row& b) {
      return a.start != b.start ? a.start < b.start : a.key < b.key;
    });
    if (reverse) std::reverse(rows_.begin(), rows_.end());
  }

  bool valid() const override { return at_ < rows_.size(); }
  void next() override { ++at_; }
  BytesView key() const override { return BytesView(rows_[at_].key).substr(0, rows_[at_].key.size() - 4); }
  Timestamp start() const override { return rows_[at_].start; }
  BytesView value() const override { return rows_[at_].value; }

 private:
  struct Row {
    Timestamp start;
    Bytes key;  ///< with the sequence number behind it
    Bytes value;
  };
  std::vector<Row> rows_;
  std::size_t at_ = 0;
};

class WindowRows final : public WindowBytes {
 public:
  WindowRows(ByteStore& rows, const WindowSpec& spec, ValueFormat format, const StoreContext& context)
      : rows_(rows), spec_(spec), interval_(spec.segment_interval()), format_(format), context_(context) {
    find_segments();
    read_progress();
  }

  void put(BytesView key, OptionalView value, Timestamp start) override {
    const bool no_op = spec_.retain_duplicates && !value;  // there is no telling which of the duplicates is meant
    if (spec_.retain_duplicates) sequence_ = (sequence_ + 1) & kMaxSequence;
    make_row_key(key, start);
    if (!no_op || spec_.exact_expiry) observe(start);
    if (!(no_op && !spec_.exact_expiry)) {
      if (expired(start)) {
        if (context_.dropped) context_.dropped();
      } else if (!no_op) {
        store(value, start);
      }
    }
    log_change(context_, format_, BytesView(row_key_).substr(kSegmentBytes), value, PlainHeaders::kContext);
  }

  bool get(BytesView key, Timestamp start, Bytes& out) override {
    if (start < live_from()) return false;
    if (spec_.retain_duplicates && spec_.exact_expiry) return false;  // as there: a key alone is not the key of any row
    make_row_key(key, start);
    return rows_.get(row_key_, out);
  }

  std::unique_ptr<WindowIterator> fetch(BytesView key, Timestamp from, Timestamp to, bool reverse) override {
    return walk({Bytes(key), Bytes(key), from, to, reverse});
  }

  std::unique_ptr<WindowIterator> fetch_range(OptionalView key_from, OptionalView key_to, Timestamp from, Timestamp to,
                                              bool reverse) override {
    if (key_from && key_to && *key_from > *key_to) return std::make_unique<NoWindows>();
    WindowQuery query{{}, {}, from, to, reverse};
    if (key_from) query.key_from.emplace(*key_from);
    if (key_to) query.key_to.emplace(*key_to);
    return walk(std::move(query));
  }

  std::unique_ptr<WindowIterator> all(bool reverse) override {
    return walk({{}, {}, spec_.exact_expiry ? INT64_MIN : 0, INT64_MAX, reverse});
  }

  void restore(BytesView key, OptionalView value, Timestamp timestamp, const Headers& headers) override {
    if (key.size() < kWindowSuffixBytes) {
      throw SerializationError("A changelog record of a window store has a key of " + std::to_string(key.size()) +
                               " bytes; time and sequence number alone take 12.");
    }
    const WindowKey parts = split_window_key(key);
    observe(parts.start);
    if (spec_.retain_duplicates) sequence_ = std::max(sequence_, parts.sequence);
    if (expired(parts.start)) return;
    row_key_.clear();
    append_ordered(row_key_, segment_of(parts.start));
    row_key_ += key;
    if (!value || format_ == ValueFormat::kPlain) return store(value, parts.start);
    restored_.clear();
    append_restored(restored_, format_, *value, timestamp, headers);
    store(BytesView(restored_), parts.start);
  }

  void flush() override {
    Bytes progress;
    append_big_endian(progress, observed_);
    append_big_endian(progress, sequence_);
    if (progress == saved_progress_) return;
    rows_.put(BytesView(), progress);
    saved_progress_ = std::move(progress);
  }

 private:
  std::int64_t segment_of(Timestamp time) const { return time / interval_; }
  /// The first start that reads still show.
  Timestamp live_from() const { return observed_ - spec_.retention_ms + 1; }
  std::int64_t min_live_segment() const { return segment_of(observed_ - spec_.retention_ms); }
  bool expired(Timestamp start) const {
    return spec_.exact_expiry ? start < live_from() : segment_of(start) < min_live_segment();
  }

  void make_row_key(BytesView key, Timestamp start) {
    row_key_.clear();
    append_ordered(row_key_, segment_of(start));
    append_window_key(row_key_, key, start, sequence_);
  }

  void store(OptionalView value, Timestamp start) {
    if (value) {
      rows_.put(row_key_, *value);
      segments_.insert(segment_of(start));
    } else {
      rows_.erase(row_key_);
    }
  }

  void observe(Timestamp time) {
    if (time <= observed_) return;
    observed_ = time;
    const std::int64_t live = min_live_segment();
    if (segments_.empty() || *segments_.begin() >= live) return;
    Bytes from, to;
    append_ordered(from, *segments_.begin());
    append_ordered(to, live);
    rows_.erase_range(from, to);
    segments_.erase(segments_.begin(), segments_.lower_bound(live));
  }

  std::unique_ptr<WindowIterator> walk(WindowQuery query) {
    query.from = std::max(query.from, live_from());
    if (query.to < query.from) return std::make_unique<NoWindows>();
    const bool by_time = spec_.exact_expiry && !query.one_key();
    const bool reverse = query.reverse;
    if (!by_time) return std::make_unique<SegmentedRows>(rows_, segments_, interval_, std::move(query));
    return std::make_unique<TimeOrderedRows>(SegmentedRows(rows_, segments_, interval_, std::move(query)), reverse);
  }

  void find_segments() {
    Bytes from(1, '\0');
    for (;;) {
      const auto rows = rows_.range(from, std::nullopt);
      if (!rows->valid()) return;
      const std::int64_t segment = read_ordered(rows->key());
      segments_.insert(segment);
      from.clear();
      append_ordered(from, segment + 1);
    }
  }

  void read_progress() {
    if (!segments_.empty()) observed_ = *segments_.rbegin() * interval_;
    if (!rows_.get(BytesView(), saved_progress_) || saved_progress_.size() != 12) return;
    observed_ = std::max(observed_, read_big_endian<std::int64_t>(saved_progress_));
    sequence_ = read_big_endian<std::int32_t>(BytesView(saved_progress_).substr(8));
  }

  ByteStore& rows_;
  const WindowSpec spec_;
  const std::int64_t interval_;
  const ValueFormat format_;
  const StoreContext context_;
  std::set<std::int64_t> segments_;
  Timestamp observed_ = -1;  ///< the highest start that was put: the store's stream time
  std::int32_t sequence_ = 0;
  Bytes saved_progress_;
  Bytes row_key_;
  Bytes restored_;
};

}  // namespace

std::unique_ptr<WindowBytes> make_window_store(ByteStore& rows, const WindowSpec& spec, ValueFormat format,
                                               const StoreContext& context) {
  return std::make_unique<WindowRows>(rows, spec, format, context);
}

}  // namespace streams::state
