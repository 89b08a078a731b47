// A record cache in front of a window store. Source: CachingWindowStore, TimeOrderedCachingWindowStore,
// SegmentedCacheFunction.
//
// Cached rows have the keys of window_rows.hpp with sequence number 0; in front of stores that are scanned by time they
// are ordered by start first, and may have an index of empty entries by key beside them (`cache_index`). Differs from
// Kafka Streams in two places where it gives rows twice or in no order: ranges with one open key bound, and ranges over
// in-memory stores.
#include <state/cached_rows.hpp>
#include <state/merged_rows.hpp>
#include <state/window_rows.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <type_traits>
#include <utility>

namespace streams::state {
namespace {

/// Windows whose rows have the keys [0][i64 start][key][i32 sequence] within their segment.
/// Source: PrefixedWindowKeySchemas.TimeFirstWindowKeySchema.
struct TimedWindowQuery : WindowQuery {
  bool all_keys() const { return false; }  // the cache is searched segment by segment even so
  bool ends(const WindowKey& row) const { return reverse ? row.start < from : row.start > to; }
  static WindowKey split(BytesView bytes) {
    return {bytes.substr(9, bytes.size() - 13), read_i64(bytes.substr(1)), read_i32(bytes.substr(bytes.size() - 4))};
  }
  bool bounded_above() const { return true; }
  void append_first_row(Bytes& out) const { append_start(out, 0); }
  void append_lower_bound(Bytes& out) const {
    append_start(out, std::max<Timestamp>(0, from));
    if (key_from) out += *key_from;
    if (one_key()) append_i32(out, 0);
  }
  void append_upper_bound(Bytes& out) const {
    if (!key_to) return out.push_back('\1');
    append_start(out, to);
    if (one_key()) {
      out += *key_to;
    } else {
      out.append(key_to->size(), '\xff');
    }
    append_i32(out, kMaxSequence);
  }
  static void append_start(Bytes& out, Timestamp start) {
    out.push_back('\0');
    append_i64(out, start);
  }
};

constexpr char kIndexPrefix = '\1';

/// The key of a cached row within its segment.
template <class Query>
void append_cached_key(Bytes& out, BytesView key, Timestamp start) {
  if constexpr (std::is_same_v<Query, TimedWindowQuery>) {
    TimedWindowQuery::append_start(out, start);
    out += key;
    append_i32(out, 0);
  } else {
    append_window_key(out, key, start, 0);
  }
}

/// Rows with the keys of cached ones as windows.
template <class Query>
class KeyedWindows final : public WindowIterator {
 public:
  explicit KeyedWindows(std::unique_ptr<ByteIterator> rows) : rows_(std::move(rows)) { split(); }
  bool valid() const override { return rows_->valid(); }
  void next() override {
    rows_->next();
    split();
  }
  BytesView key() const override { return current_.key; }
  Timestamp start() const override { return current_.start; }
  BytesView value() const override { return rows_->value(); }

 private:
  void split() {
    if (rows_->valid()) current_ = Query::split(rows_->key().substr(kSegmentBytes));
  }
  std::unique_ptr<ByteIterator> rows_;
  WindowKey current_;
};

/// Rows ordered by start and key, collected beforehand.
class CollectedWindows final : public WindowIterator {
 public:
  using Rows = std::map<std::pair<Timestamp, Bytes>, Bytes>;
  CollectedWindows(Rows rows, bool reverse) : rows_(std::move(rows)), reverse_(reverse) {
    at_ = reverse && !rows_.empty() ? std::prev(rows_.end()) : rows_.begin();
  }
  bool valid() const override { return at_ != rows_.end(); }
  void next() override {
    if (!reverse_) {
      ++at_;
    } else {
      at_ = at_ == rows_.begin() ? rows_.end() : std::prev(at_);
    }
  }
  BytesView key() const override { return at_->first.second; }
  Timestamp start() const override { return at_->first.first; }
  BytesView value() const override { return at_->second; }

 private:
  const Rows rows_;
  const bool reverse_;
  Rows::const_iterator at_;
};

template <class Query>
class CachingWindowStore final : public WindowBytes {
 public:
  CachingWindowStore(std::unique_ptr<WindowBytes> inner, const WindowSpec& spec, std::shared_ptr<RecordCache> cache,
                     std::string name, RecordContext& record)
      : inner_(std::move(inner)),
        spec_(spec),
        interval_(cached_segment_interval(spec)),
        cache_(std::move(cache)),
        name_(std::move(name)),
        record_(record),
        rows_(cache_->add(name_, [this](const DirtyEntry& entry) {
          return spec_.cache_index ? write_indexed(entry) : write(entry);
        })) {}
  ~CachingWindowStore() override { cache_->remove(name_); }

  void put(BytesView key, OptionalView value, Timestamp start) override {
    make_row_key(key, start);
    cache_->put_dirty(rows_, row_key_, value, record_);
    if (spec_.cache_index) put_index(key, start);
  }

  bool get(BytesView key, Timestamp start, Bytes& out) override {
    make_row_key(key, start);
    const CacheSlot* slot = rows_.get(row_key_);
    if (slot == nullptr) return inner_->get(key, start, out);
    if (!slot->null) out.assign(slot->value);
    return !slot->null;
  }

  std::unique_ptr<WindowIterator> fetch(BytesView key, Timestamp from, Timestamp to, bool reverse) override {
    return merged({Bytes(key), Bytes(key), from, to, reverse},
                  spec_.exact_expiry ? CacheLook::kAllBetween : CacheLook::kSegments);
  }

  std::unique_ptr<WindowIterator> fetch_range(OptionalView key_from, OptionalView key_to, Timestamp from, Timestamp to,
                                              bool reverse) override {
    if (key_from && key_to && *key_from > *key_to) return inner_->fetch_range(key_from, key_to, from, to, reverse);
    WindowQuery query{{}, {}, from, to, reverse};
    if (key_from) query.key_from.emplace(*key_from);
    if (key_to) query.key_to.emplace(*key_to);
    return merged(std::move(query), spec_.exact_expiry ? CacheLook::kAllFromStart : CacheLook::kSegments);
  }

  std::unique_ptr<WindowIterator> all(bool reverse) override {
    return merged({{}, {}, INT64_MIN, INT64_MAX, reverse}, CacheLook::kSegments);
  }

  void restore(BytesView key, OptionalView value, Timestamp timestamp, const Headers& headers) override {
    inner_->restore(key, value, timestamp, headers);
  }

  void flush() override {
    cache_->flush(rows_);
    inner_->flush();
  }

  bool set_flush_listener(WindowFlushListener listener, bool send_old_values) override {
    listener_ = std::move(listener);
    send_old_values_ = send_old_values;
    return true;
  }

 private:
  void make_row_key(BytesView key, Timestamp start) {
    row_key_.clear();
    append_ordered(row_key_, start / interval_);
    append_cached_key<Query>(row_key_, key, start);
  }

  void put_index(BytesView key, Timestamp start) {
    RecordContext record = record_;
    record.topic = {};
    record.headers = &RecordContext::kNoHeaders;
    row_key_.clear();
    append_ordered(row_key_, start / interval_);
    row_key_.push_back(kIndexPrefix);
    append_window_key(row_key_, key, start, 0);
    cache_->put_dirty(rows_, row_key_, BytesView(), record);
  }

  /// Entries of the index are written through as the rows that they stand for, once in a flush, unless those left the
  /// cache.
  void write_indexed(const DirtyEntry& entry) {
    if (flush_ != rows_.flushes()) written_.clear();
    flush_ = rows_.flushes();
    if (entry.key[kSegmentBytes] != kIndexPrefix) {
      if (written_.insert(entry.key).second) write(entry);
      return;
    }
    const WindowKey row = WindowQuery::split(BytesView(entry.key).substr(kSegmentBytes + 1));
    make_row_key(row.key, row.start);
    if (written_.count(row_key_) > 0) return;
    const CacheSlot* slot = rows_.get(row_key_);
    if (slot == nullptr) return;
    written_.insert(row_key_);
    write({row_key_,
           slot->value,
           slot->null,
           {slot->topic, slot->partition, slot->offset, slot->timestamp, &RecordContext::kNoHeaders},
           slot->headers});
  }

  std::unique_ptr<WindowIterator> below(const WindowQuery& query) const {
    const auto view = [](const OptionalBytes& bytes) { return bytes ? OptionalView(*bytes) : std::nullopt; };
    if (query.one_key()) return inner_->fetch(*query.key_from, query.from, query.to, query.reverse);
    if (query.all_keys() && query.from == INT64_MIN && query.to == INT64_MAX) return inner_->all(query.reverse);
    return inner_->fetch_range(view(query.key_from), view(query.key_to), query.from, query.to, query.reverse);
  }

  /// Whether the store below gives the rows in the order of the cached ones.
  bool same_order(const WindowQuery& query) const {
    if (query.one_key()) return true;
    return !spec_.exact_expiry && (!spec_.time_ordered || query.all_keys());
  }

  std::unique_ptr<WindowIterator> merged(WindowQuery query, CacheLook look) {
    const bool reverse = query.reverse;
    CachedSegments<Query> cached(rows_, Query{query}, interval_, look);
    if (!same_order(query)) return collected(std::move(cached), *below(query), reverse);
    const auto append_key = [interval = interval_](Bytes& out, const WindowIterator& row) {
      append_ordered(out, row.start() / interval);
      append_cached_key<Query>(out, row.key(), row.start());
    };
    RowsBelowCache<WindowIterator, decltype(append_key)> inner(
        rows_, [this, query = std::move(query)] { return below(query); }, append_key, reverse);
    return std::make_unique<KeyedWindows<Query>>(
        std::make_unique<MergedRows<decltype(cached), decltype(inner)>>(std::move(cached), std::move(inner), reverse));
  }

  static std::unique_ptr<WindowIterator> collected(CachedSegments<Query> cached, WindowIterator& inner, bool reverse) {
    CollectedWindows::Rows rows;
    for (; inner.valid(); inner.next()) rows[{inner.start(), Bytes(inner.key())}] = Bytes(inner.value());
    for (; cached.valid(); cached.next()) {
      const WindowKey row = Query::split(cached.key().substr(kSegmentBytes));
      const std::pair<Timestamp, Bytes> place{row.start, Bytes(row.key)};
      if (cached.value()) {
        rows[place] = Bytes(*cached.value());
      } else {
        rows.erase(place);
      }
    }
    return std::make_unique<CollectedWindows>(std::move(rows), reverse);
  }

  void write(const DirtyEntry& entry) {
    const WindowKey row = Query::split(BytesView(entry.key).substr(kSegmentBytes));
    const OptionalView fresh = entry.view();
    if (!listener_) {
      const EntryContext scope(record_, entry);
      return inner_->put(row.key, fresh, row.start);
    }
    Bytes old;
    const bool had = (!fresh || send_old_values_) && inner_->get(row.key, row.start, old);
    if (!fresh && !had) return;  // nobody below ever knew of it
    const EntryContext scope(record_, entry);
    inner_->put(row.key, fresh, row.start);
    listener_(row.key, row.start, fresh, had && send_old_values_ ? OptionalView(old) : std::nullopt);
  }

  const std::unique_ptr<WindowBytes> inner_;
  const WindowSpec spec_;
  const std::int64_t interval_;
  const std::shared_ptr<RecordCache> cache_;
  const std::string name_;
  RecordContext& record_;
  NamedCache& rows_;
  WindowFlushListener listener_;
  bool send_old_values_ = false;
  Bytes row_key_;
  std::set<Bytes> written_;  ///< rows of the flush under way, with an index
  std::uint64_t flush_ = 0;
};

}  // namespace

std::unique_ptr<WindowBytes> make_caching(std::unique_ptr<WindowBytes> inner, const WindowSpec& spec,
                                          std::shared_ptr<RecordCache> cache, const std::string& namespace_name,
                                          RecordContext& record) {
  if (spec.time_ordered && !spec.exact_expiry) {  // in memory there is only one order
    return std::make_unique<CachingWindowStore<TimedWindowQuery>>(std::move(inner), spec, std::move(cache),
                                                                  namespace_name, record);
  }
  return std::make_unique<CachingWindowStore<WindowQuery>>(std::move(inner), spec, std::move(cache), namespace_name,
                                                           record);
}

}  // namespace streams::state
