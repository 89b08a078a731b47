// Session stores: rows grouped in segments of the sessions' ends.
#include <state/change_log.hpp>
#include <state/damaged_row.hpp>
#include <state/live_segments.hpp>
#include <state/session_rows.hpp>
#include <state/sorted_sessions.hpp>
#include <state/window_rows.hpp>

#include <optional>
#include <utility>

namespace streams::state {

void SessionQuery::append_upper_bound(Bytes& out) const {
  append_session_key(out, one_key() ? BytesView(*key_to) : upper_bound_of_keys(*key_to, 0x7f), latest_start, INT64_MAX);
}

namespace {

using Walk = SegmentedRows<SessionQuery>;

class SegmentedSessions final : public SessionIterator {
 public:
  explicit SegmentedSessions(Walk walk) : walk_(std::move(walk)) {}
  bool valid() const override { return walk_.valid(); }
  void next() override { walk_.next(); }
  BytesView key() const override { return walk_.key().key; }
  Timestamp start() const override { return walk_.key().start; }
  Timestamp end() const override { return walk_.key().end; }
  BytesView value() const override { return walk_.value(); }

 private:
  Walk walk_;
};

class SessionRows final : public SessionBytes {
 public:
  SessionRows(ByteStore& rows, const SessionSpec& spec, ValueFormat format, const StoreContext& context)
      : rows_(rows),
        spec_(spec),
        format_(format),
        context_(context),
        segments_(rows, spec.retention_ms, spec.segment_interval(), spec.exact_expiry, context_.store) {}

  void put(BytesView key, Timestamp start, Timestamp end, OptionalView value) override {
    make_row_key(key, start, end);
    observe(end);
    if (!segments_.expired(end)) {
      store(value, start, end);
    } else if (context_.dropped) {
      context_.dropped();
    }
    log_change(context_, format_, BytesView(row_key_).substr(kSegmentBytes), value);
  }

  void remove(BytesView key, Timestamp start, Timestamp end) override {
    make_row_key(key, start, end);
    if (!spec_.exact_expiry) observe(end);
    store(std::nullopt, start, end);
    log_change(context_, format_, BytesView(row_key_).substr(kSegmentBytes), std::nullopt);
  }

  bool get(BytesView key, Timestamp start, Timestamp end, Bytes& out) override {
    if (end < segments_.live_from()) return false;
    make_row_key(key, start, end);
    return rows_.get(row_key_, out);
  }

  std::unique_ptr<SessionIterator> find(BytesView key, Timestamp earliest_end, Timestamp latest_start,
                                        bool reverse) override {
    return walk({Bytes(key), Bytes(key), earliest_end, INT64_MAX, latest_start, reverse});
  }

  std::unique_ptr<SessionIterator> find_range(OptionalView key_from, OptionalView key_to, Timestamp earliest_end,
                                              Timestamp latest_start, bool reverse) override {
    SessionQuery query{{}, {}, earliest_end, INT64_MAX, latest_start, reverse};
    if (key_from) query.key_from.emplace(*key_from);
    if (key_to) query.key_to.emplace(*key_to);
    if (key_from && key_to && *key_from > *key_to) return std::make_unique<SortedSessions>();
    return walk(std::move(query));
  }

  std::unique_ptr<SessionIterator> find_ended(Timestamp earliest_end, Timestamp latest_end) override {
    // On disk only whole segments are out of sight here, as in Kafka Streams: final results are read after they
    // expired.
    const Timestamp from = spec_.exact_expiry ? std::max(earliest_end, segments_.live_from()) : earliest_end;
    SessionQuery query{{}, {}, from, latest_end, INT64_MAX, false};
    auto found = std::make_unique<SortedSessions>();
    if (query.latest_end < query.earliest_end) return found;
    if (spec_.time_ordered) {
      add_indexed(*found, query);
    } else {
      add_all(*found, std::move(query));
    }
    found->sort(order(), false);
    return found;
  }

  void restore(BytesView key, OptionalView value, Timestamp timestamp, const Headers& headers) override {
    if (key.size() < SessionQuery::kSuffixBytes)
      throw_short_changelog_key(context_.store, key, SessionQuery::kTooShort);
    const SessionKey parts = SessionQuery::split(key);
    observe(parts.end);
    segments_.save();  // nobody flushes before what is restored is committed
    if (segments_.expired(parts.end)) return;
    row_key_.clear();
    append_ordered(row_key_, segments_.of(parts.end));
    row_key_ += key;
    if (!value || format_ == ValueFormat::kPlain) return store(value, parts.start, parts.end);
    restored_.clear();
    append_restored(restored_, format_, *value, timestamp, headers);
    store(BytesView(restored_), parts.start, parts.end);
  }

  void flush() override { segments_.flush(); }

 private:
  SessionOrder order() const {
    return spec_.exact_expiry ? SessionOrder::kEndKeyLatestStart : SessionOrder::kEndStartKey;
  }

  void make_row_key(BytesView key, Timestamp start, Timestamp end) {
    row_key_.clear();
    append_ordered(row_key_, segments_.of(end));
    append_session_key(row_key_, key, start, end);
  }

  /// Puts or erases the row with key row_key_.
  void store(OptionalView value, Timestamp start, Timestamp end) {
    if (value) {
      rows_.put(row_key_, *value);
      segments_.add(end);
    } else {
      rows_.erase(row_key_);
    }
    if (!spec_.time_ordered) return;
    index_key_.assign(1, '\0');
    append_ordered(index_key_, end);
    append_ordered(index_key_, start);
    index_key_ += SessionQuery::split(BytesView(row_key_).substr(kSegmentBytes)).key;
    if (value) {
      rows_.put(index_key_, BytesView());
    } else {
      rows_.erase(index_key_);
    }
  }

  void observe(Timestamp time) {
    const std::optional<Timestamp> dropped_before = segments_.observe(time);
    if (!dropped_before || !spec_.time_ordered) return;
    Bytes from(1, '\0'), to(1, '\0');
    append_ordered(from, INT64_MIN);
    append_ordered(to, *dropped_before);
    rows_.erase_range(from, to);
  }

  std::unique_ptr<SessionIterator> walk(SessionQuery query) {
    query.earliest_end = std::max(query.earliest_end, segments_.live_from());
    if (!spec_.exact_expiry) return std::make_unique<SegmentedSessions>(rows_of(std::move(query)));
    auto found = std::make_unique<SortedSessions>();
    const bool reverse = query.reverse;
    add_all(*found, std::move(query));
    found->sort(order(), reverse);
    return found;
  }

  Walk rows_of(SessionQuery query) {
    return {rows_, segments_.ids(), segments_.interval(), std::move(query), context_.store};
  }

  void add_all(SortedSessions& to, SessionQuery query) {
    for (Walk rows = rows_of(std::move(query)); rows.valid(); rows.next()) {
      to.add(rows.key().key, rows.key().start, rows.key().end, rows.value());
    }
  }

  void add_indexed(SortedSessions& found, const SessionQuery& query) {
    Bytes from(1, '\0'), to(1, '\0'), value;
    append_ordered(from, query.earliest_end);
    if (query.latest_end == INT64_MAX) {
      to[0] = '\1';
    } else {
      append_ordered(to, query.latest_end + 1);
    }
    for (const auto index = rows_.range(from, to); index->valid(); index->next()) {
      const BytesView entry = index->key();
      if (entry.size() < 1 + SessionQuery::kSuffixBytes)
        throw_damaged_row(context_.store, entry, SessionQuery::kTooShort);
      const Timestamp end = read_ordered(entry.substr(1));
      const Timestamp start = read_ordered(entry.substr(9));
      make_row_key(entry.substr(17), start, end);
      if (rows_.get(row_key_, value)) found.add(entry.substr(17), start, end, value);
    }
  }

  ByteStore& rows_;
  const SessionSpec spec_;
  const ValueFormat format_;
  const StoreContext context_;
  LiveSegments segments_;
  Bytes row_key_;
  Bytes index_key_;
  Bytes restored_;
};

}  // namespace

std::unique_ptr<SessionBytes> make_session_store(ByteStore& rows, const SessionSpec& spec, ValueFormat format,
                                                 const StoreContext& context) {
  return std::make_unique<SessionRows>(rows, spec, format, context);
}

}  // namespace streams::state
