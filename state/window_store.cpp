// Window stores: rows grouped in segments of time, so that whole segments are dropped when they expire.
#include <state/change_log.hpp>
#include <state/damaged_row.hpp>
#include <state/live_segments.hpp>
#include <state/recent_keys.hpp>
#include <state/window_rows.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace streams::state {
namespace {

using Walk = SegmentedRows<WindowQuery>;

class NoWindows final : public WindowIterator {
 public:
  bool valid() const override { return false; }
  void next() override {}
  BytesView key() const override { return {}; }
  Timestamp start() const override { return 0; }
  BytesView value() const override { return {}; }
};

class SegmentedWindows final : public WindowIterator {
 public:
  explicit SegmentedWindows(Walk walk) : walk_(std::move(walk)) {}
  bool valid() const override { return walk_.valid(); }
  void next() override { walk_.next(); }
  BytesView key() const override { return walk_.key().key; }
  Timestamp start() const override { return walk_.key().start; }
  BytesView value() const override { return walk_.value(); }

 private:
  Walk walk_;
};

/// Rows collected and ordered by start, then key and sequence: the order of Kafka Streams' in-memory window store.
class SortedWindows final : public WindowIterator {
 public:
  SortedWindows(Walk walk, bool reverse) {
    for (; walk.valid(); walk.next()) {
      Bytes key(walk.key().key);
      append_i32(key, walk.key().sequence);
      rows_.push_back({walk.key().start, std::move(key), Bytes(walk.value())});
    }
    std::sort(rows_.begin(), rows_.end(),
              [](const Row& a, const Row& b) { return a.start != b.start ? a.start < b.start : a.key < b.key; });
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

/// Rows in the order of the time index.
class IndexedWindows final : public WindowIterator {
 public:
  IndexedWindows(const ByteStore& rows, std::int64_t interval, const WindowQuery& query, const std::string& store)
      : rows_(rows), interval_(interval), store_(store) {
    Bytes from(1, '\0'), to(1, '\0');
    append_ordered(from, query.from);
    if (query.to == INT64_MAX) {
      to[0] = '\1';
    } else {
      append_ordered(to, query.to + 1);
    }
    index_ = rows_.range(from, to, query.reverse);
    settle();
  }
  bool valid() const override { return index_->valid(); }
  void next() override {
    index_->next();
    settle();
  }
  BytesView key() const override { return index_->key().substr(9, index_->key().size() - 13); }
  Timestamp start() const override { return read_ordered(index_->key().substr(1)); }
  BytesView value() const override { return value_; }

 private:
  void settle() {
    for (; index_->valid(); index_->next()) {
      const BytesView entry = index_->key();
      if (entry.size() < 1 + WindowQuery::kSuffixBytes) throw_damaged_row(store_, entry, WindowQuery::kTooShort);
      row_key_.clear();
      append_ordered(row_key_, start() / interval_);
      append_window_key(row_key_, key(), start(), read_i32(entry.substr(entry.size() - 4)));
      if (rows_.get(row_key_, value_)) return;
    }
  }

  const ByteStore& rows_;
  const std::int64_t interval_;
  const std::string& store_;
  std::unique_ptr<ByteIterator> index_;
  Bytes row_key_;
  Bytes value_;
};

class WindowRows final : public WindowBytes {
 public:
  WindowRows(ByteStore& rows, const WindowSpec& spec, ValueFormat format, const StoreContext& context)
      : rows_(rows),
        spec_(spec),
        format_(format),
        context_(context),
        segments_(rows, spec.retention_ms, spec.segment_interval(), spec.exact_expiry, context_.store) {
    if (!spec_.retain_duplicates) return;
    recent_.emplace(spec_.window_ms, segments_.opened_to());
    rows_.set_beside(0);
  }

  void put(BytesView key, OptionalView value, Timestamp start) override {
    const bool no_op = spec_.retain_duplicates && !value;  // there is no telling which of the duplicates is meant
    if (spec_.retain_duplicates) segments_.set_sequence((segments_.sequence() + 1) & kMaxSequence);
    make_row_key(key, start);
    if (!no_op || spec_.exact_expiry) {
      observe(start);
      if (segments_.expired(start)) {
        if (context_.dropped) context_.dropped();
      } else if (!no_op) {
        store(kept(value), start);
      }
    }
    log_change(context_, format_, BytesView(row_key_).substr(kSegmentBytes), value,
               spec_.logs_headers ? PlainHeaders::kContext : PlainHeaders::kNone);
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
    if (key.size() < WindowQuery::kSuffixBytes) throw_short_changelog_key(context_.store, key, WindowQuery::kTooShort);
    const WindowKey parts = WindowQuery::split(key);
    observe(parts.start);
    if (spec_.retain_duplicates) segments_.set_sequence(std::max(segments_.sequence(), parts.sequence));
    segments_.save();  // nobody flushes before what is restored is committed
    if (segments_.expired(parts.start)) return;
    row_key_.clear();
    append_ordered(row_key_, segments_.of(parts.start));
    row_key_ += key;
    if (!value || format_ == ValueFormat::kPlain) return store(value, parts.start);
    changed_.clear();
    append_restored(changed_, format_, *value, spec_.keep_timestamps ? timestamp : -1,
                    spec_.keep_timestamps ? headers : RecordContext::kNoHeaders);
    store(BytesView(changed_), parts.start);
  }

  void flush() override { segments_.flush(); }

 private:
  /// Stores on disk that are scanned by time keep a row one millisecond longer, as in Kafka Streams: without a grace
  /// period a window's final result could not be read any more otherwise.
  Timestamp live_from() const { return segments_.live_from() - (spec_.time_ordered && !spec_.exact_expiry ? 1 : 0); }

  void make_row_key(BytesView key, Timestamp start) {
    row_key_.clear();
    append_ordered(row_key_, segments_.of(start));
    append_window_key(row_key_, key, start, segments_.sequence());
  }

  /// What the row keeps of a value.
  OptionalView kept(OptionalView value) {
    if (!value || spec_.keep_timestamps) return value;
    changed_.clear();
    append_without_timestamp(changed_, format_, *value);
    return changed_;
  }

  /// Puts or erases the row with key row_key_.
  void store(OptionalView value, Timestamp start) {
    if (value) {
      rows_.put(row_key_, *value);
      segments_.add(start);
      if (recent_) remember(start);
    } else {
      rows_.erase(row_key_);
    }
    if (!spec_.time_ordered) return;
    index_key_.assign(1, '\0');
    append_ordered(index_key_, start);
    const BytesView row = BytesView(row_key_).substr(kSegmentBytes);
    index_key_ += row.substr(0, row.size() - WindowQuery::kSuffixBytes);
    index_key_ += row.substr(row.size() - 4);
    if (value) {
      rows_.put(index_key_, BytesView());
    } else {
      rows_.erase(index_key_);
    }
  }

  /// The row with key row_key_ was put.
  void remember(Timestamp start) {
    const std::size_t key_size = row_key_.size() - kSegmentBytes - WindowQuery::kSuffixBytes;
    if (recent_->add(BytesView(row_key_).substr(kSegmentBytes, key_size), start, rows_.generation()))
      rows_.set_beside(recent_->bytes());
  }

  void observe(Timestamp time) {
    const std::optional<Timestamp> dropped_before = segments_.observe(time);
    if (!dropped_before || !spec_.time_ordered) return;
    Bytes from(1, '\0'), to(1, '\0');
    append_ordered(from, INT64_MIN);
    append_ordered(to, *dropped_before);
    rows_.erase_range(from, to);
  }

  std::unique_ptr<WindowIterator> walk(WindowQuery query) {
    query.from = std::max(query.from, live_from());
    if (query.to < query.from) return std::make_unique<NoWindows>();
    std::optional<RowsIn> where = RowsIn::kAll;
    if (recent_ && query.one_key()) where = recent_->find(*query.key_from, query.from, query.to, rows_.generation());
    if (!where) return std::make_unique<NoWindows>();
    if (spec_.time_ordered && query.all_keys())
      return std::make_unique<IndexedWindows>(rows_, segments_.interval(), query, context_.store);
    const bool by_time = spec_.exact_expiry && !query.one_key();
    const bool reverse = query.reverse;
    Walk rows(rows_, segments_.ids(), segments_.interval(), std::move(query), context_.store, *where);
    if (by_time) return std::make_unique<SortedWindows>(std::move(rows), reverse);
    return std::make_unique<SegmentedWindows>(std::move(rows));
  }

  ByteStore& rows_;
  const WindowSpec spec_;
  const ValueFormat format_;
  const StoreContext context_;
  LiveSegments segments_;
  std::optional<RecentKeys> recent_;  ///< of stream-stream joins, which fetch with every record
  Bytes row_key_;
  Bytes index_key_;
  Bytes changed_;
};

}  // namespace

std::unique_ptr<WindowBytes> make_window_store(ByteStore& rows, const WindowSpec& spec, ValueFormat format,
                                               const StoreContext& context) {
  return std::make_unique<WindowRows>(rows, spec, format, context);
}

}  // namespace streams::state
