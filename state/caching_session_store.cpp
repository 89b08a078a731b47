// A record cache in front of a session store. Source: CachingSessionStore.
//
// Cached rows have the keys of session_rows.hpp.
#include <state/cached_rows.hpp>
#include <state/merged_rows.hpp>
#include <state/session_rows.hpp>
#include <state/sorted_sessions.hpp>

#include <map>
#include <utility>

namespace streams::state {
namespace {

using Cached = CachedSegments<SessionQuery>;

/// Rows with keys of session_rows.hpp as sessions.
class KeyedSessions final : public SessionIterator {
 public:
  explicit KeyedSessions(std::unique_ptr<ByteIterator> rows) : rows_(std::move(rows)) { split(); }
  bool valid() const override { return rows_->valid(); }
  void next() override {
    rows_->next();
    split();
  }
  BytesView key() const override { return current_.key; }
  Timestamp start() const override { return current_.start; }
  Timestamp end() const override { return current_.end; }
  BytesView value() const override { return rows_->value(); }

 private:
  void split() {
    if (rows_->valid()) current_ = SessionQuery::split(rows_->key().substr(kSegmentBytes));
  }
  std::unique_ptr<ByteIterator> rows_;
  SessionKey current_;
};

class CachingSessionStore final : public SessionBytes {
 public:
  CachingSessionStore(std::unique_ptr<SessionBytes> inner, const SessionSpec& spec, std::shared_ptr<RecordCache> cache,
                      std::string name, RecordContext& record)
      : inner_(std::move(inner)),
        spec_(spec),
        interval_(cached_segment_interval(spec)),
        cache_(std::move(cache)),
        name_(std::move(name)),
        record_(record),
        rows_(cache_->add(name_, [this](const DirtyEntry& entry) { write_through(entry); })) {}
  ~CachingSessionStore() override { cache_->remove(name_); }

  void put(BytesView key, Timestamp start, Timestamp end, OptionalView value) override {
    make_row_key(key, start, end);
    cache_->put_dirty(rows_, row_key_, value, record_);
  }
  void remove(BytesView key, Timestamp start, Timestamp end) override { put(key, start, end, std::nullopt); }

  bool get(BytesView key, Timestamp start, Timestamp end, Bytes& out) override {
    make_row_key(key, start, end);
    const CacheSlot* slot = rows_.get(row_key_);
    if (slot == nullptr) return inner_->get(key, start, end, out);
    if (!slot->null) out.assign(slot->value);
    return !slot->null;
  }

  std::unique_ptr<SessionIterator> find(BytesView key, Timestamp earliest_end, Timestamp latest_start,
                                        bool reverse) override {
    return merged({Bytes(key), Bytes(key), earliest_end, INT64_MAX, latest_start, reverse},
                  spec_.exact_expiry ? CacheLook::kAllBetween : CacheLook::kSegments);
  }
  std::unique_ptr<SessionIterator> find_range(OptionalView key_from, OptionalView key_to, Timestamp earliest_end,
                                              Timestamp latest_start, bool reverse) override {
    if (key_from && key_to && *key_from > *key_to) return std::make_unique<SortedSessions>();
    SessionQuery query{{}, {}, earliest_end, INT64_MAX, latest_start, reverse};
    if (key_from) query.key_from.emplace(*key_from);
    if (key_to) query.key_to.emplace(*key_to);
    return merged(std::move(query), CacheLook::kAllFromStart);
  }
  std::unique_ptr<SessionIterator> find_ended(Timestamp earliest_end, Timestamp latest_end) override {
    return collected({{}, {}, earliest_end, latest_end, INT64_MAX, false},
                     *inner_->find_ended(earliest_end, latest_end), CacheLook::kSegments);
  }

  void restore(BytesView key, OptionalView value, Timestamp timestamp, const Headers& headers) override {
    inner_->restore(key, value, timestamp, headers);
  }
  void flush() override {
    cache_->flush(rows_);
    inner_->flush();
  }
  bool set_flush_listener(SessionFlushListener listener, bool send_old_values) override {
    listener_ = std::move(listener);
    send_old_values_ = send_old_values;
    return true;
  }

 private:
  void make_row_key(BytesView key, Timestamp start, Timestamp end) {
    row_key_.clear();
    append_ordered(row_key_, end / interval_);
    append_session_key(row_key_, key, start, end);
  }

  std::unique_ptr<SessionIterator> below(const SessionQuery& query) const {
    const auto view = [](const OptionalBytes& bytes) { return bytes ? OptionalView(*bytes) : std::nullopt; };
    if (query.one_key()) return inner_->find(*query.key_from, query.earliest_end, query.latest_start, query.reverse);
    return inner_->find_range(view(query.key_from), view(query.key_to), query.earliest_end, query.latest_start,
                              query.reverse);
  }

  std::unique_ptr<SessionIterator> merged(SessionQuery query, CacheLook look) {
    if (spec_.exact_expiry) return collected(query, *below(query), look);
    const bool reverse = query.reverse;
    Cached cached(rows_, query, interval_, look);
    const auto append_key = [interval = interval_](Bytes& out, const SessionIterator& row) {
      append_ordered(out, row.end() / interval);
      append_session_key(out, row.key(), row.start(), row.end());
    };
    RowsBelowCache<SessionIterator, decltype(append_key)> inner(
        rows_, [this, query = std::move(query)] { return below(query); }, append_key, reverse);
    return std::make_unique<KeyedSessions>(
        std::make_unique<MergedRows<Cached, decltype(inner)>>(std::move(cached), std::move(inner), reverse));
  }

  /// Where rows below come in another order than cached ones.
  std::unique_ptr<SessionIterator> collected(const SessionQuery& query, SessionIterator& inner, CacheLook look) {
    std::map<std::tuple<Bytes, Timestamp, Timestamp>, Bytes> rows;
    for (; inner.valid(); inner.next()) rows[{Bytes(inner.key()), inner.start(), inner.end()}] = Bytes(inner.value());
    for (Cached cached(rows_, query, interval_, look); cached.valid(); cached.next()) {
      const SessionKey row = SessionQuery::split(cached.key().substr(kSegmentBytes));
      const std::tuple<Bytes, Timestamp, Timestamp> place{Bytes(row.key), row.start, row.end};
      if (cached.value()) {
        rows[place] = Bytes(*cached.value());
      } else {
        rows.erase(place);
      }
    }
    auto found = std::make_unique<SortedSessions>();
    for (const auto& [place, value] : rows)
      found->add(std::get<0>(place), std::get<1>(place), std::get<2>(place), value);
    found->sort(spec_.exact_expiry ? SessionOrder::kEndKeyLatestStart : SessionOrder::kEndStartKey, query.reverse);
    return found;
  }

  void write_through(const DirtyEntry& entry) {
    const SessionKey row = SessionQuery::split(BytesView(entry.key).substr(kSegmentBytes));
    const OptionalView fresh = entry.view();
    if (!listener_) {
      const EntryContext scope(record_, entry);
      return inner_->put(row.key, row.start, row.end, fresh);
    }
    Bytes old;
    const bool had = (!fresh || send_old_values_) && inner_->get(row.key, row.start, row.end, old);
    if (!fresh && !had) return;  // nobody below ever knew of it
    const EntryContext scope(record_, entry);
    inner_->put(row.key, row.start, row.end, fresh);
    listener_(row.key, row.start, row.end, fresh, had && send_old_values_ ? OptionalView(old) : std::nullopt);
  }

  const std::unique_ptr<SessionBytes> inner_;
  const SessionSpec spec_;
  const std::int64_t interval_;
  const std::shared_ptr<RecordCache> cache_;
  const std::string name_;
  RecordContext& record_;
  NamedCache& rows_;
  SessionFlushListener listener_;
  bool send_old_values_ = false;
  Bytes row_key_;
};

}  // namespace

std::unique_ptr<SessionBytes> make_caching(std::unique_ptr<SessionBytes> inner, const SessionSpec& spec,
                                           std::shared_ptr<RecordCache> cache, const std::string& namespace_name,
                                           RecordContext& record) {
  return std::make_unique<CachingSessionStore>(std::move(inner), spec, std::move(cache), namespace_name, record);
}

}  // namespace streams::state
