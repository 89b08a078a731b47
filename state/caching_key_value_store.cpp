// A record cache in front of a key-value store. Source: CachingKeyValueStore.
#include <state/key_bytes.hpp>
#include <state/merged_rows.hpp>
#include <state/record_cache.hpp>

#include <utility>

namespace streams::state {
namespace {

/// Rows of the store below, looked for again when entries leave the cache for it. Back of MergedRows.
/// Differs from Kafka Streams, where a walk misses rows that are evicted before it reaches them.
class RowsBelow {
 public:
  RowsBelow(const NamedCache& cache, KeyValueBytes& inner, KeyBounds bounds)
      : cache_(cache), inner_(inner), bounds_(std::move(bounds)) {
    open();
  }
  bool valid() const { return rows_->valid() && !(bounds_.to && !bounds_.reverse && rows_->key() >= *bounds_.to); }
  void next() { rows_->next(); }
  BytesView key() const { return rows_->key(); }
  BytesView value() const { return rows_->value(); }
  bool changed() const { return removals_ != cache_.removals(); }
  void seek_after(BytesView key) {
    (bounds_.reverse ? bounds_.to : bounds_.from) = bounds_.reverse ? Bytes(key) : after_key(key);
    open();
  }

 private:
  static OptionalView view(const OptionalBytes& bytes) { return bytes ? OptionalView(*bytes) : std::nullopt; }
  void open() {
    removals_ = cache_.removals();
    rows_ = inner_.range(view(bounds_.from), view(bounds_.to), bounds_.reverse);
    if (bounds_.reverse && rows_->valid() && bounds_.to && rows_->key() == *bounds_.to) rows_->next();
  }

  const NamedCache& cache_;
  KeyValueBytes& inner_;
  KeyBounds bounds_;
  std::uint64_t removals_ = 0;
  std::unique_ptr<ByteIterator> rows_;
};

class CachingKeyValueStore final : public KeyValueBytes {
 public:
  CachingKeyValueStore(std::unique_ptr<KeyValueBytes> inner, std::shared_ptr<RecordCache> cache, std::string name,
                       RecordContext& record)
      : inner_(std::move(inner)),
        cache_(std::move(cache)),
        name_(std::move(name)),
        record_(record),
        rows_(cache_->add(name_, [this](const DirtyEntry& entry) { write_through(entry); })) {}
  ~CachingKeyValueStore() override { cache_->remove(name_); }

  bool get(BytesView key, Bytes& out) override {
    if (cache_->reads() == CacheReads::kPastTheCache) return inner_->get(key, out);
    if (const CacheSlot* slot = rows_.get(key)) {
      if (!slot->null) out.assign(slot->value);
      return !slot->null;
    }
    if (!inner_->get(key, out)) return false;
    cache_->put_clean(rows_, key, out);
    return true;
  }

  void put(BytesView key, OptionalView value) override { cache_->put_dirty(rows_, key, value, record_); }

  std::unique_ptr<ByteIterator> range(OptionalView from, OptionalView to, bool reverse) override {
    if (from && to && *from > *to) return std::make_unique<NoRows>();
    KeyBounds bounds;
    if (from) bounds.from.emplace(*from);
    if (to) bounds.to = after_key(*to);
    bounds.reverse = reverse;
    return merged(std::move(bounds));
  }

  std::unique_ptr<ByteIterator> prefix(BytesView prefix) override {
    return merged({Bytes(prefix), after_prefix(prefix), false});
  }

  std::int64_t approximate_entries() const override { return inner_->approximate_entries(); }

  void restore(BytesView key, OptionalView value, Timestamp timestamp, const Headers& headers) override {
    inner_->restore(key, value, timestamp, headers);
  }

  void flush() override {
    cache_->flush(rows_);
    inner_->flush();
  }

  bool set_flush_listener(FlushListener listener, bool send_old_values) override {
    listener_ = std::move(listener);
    send_old_values_ = send_old_values;
    return true;
  }

 private:
  std::unique_ptr<ByteIterator> merged(KeyBounds bounds) {
    const bool reverse = bounds.reverse;
    return std::make_unique<MergedRows<CacheWalk, RowsBelow>>(CacheWalk(rows_, bounds, rows_.puts()),
                                                              RowsBelow(rows_, *inner_, bounds), reverse);
  }

  void write_through(const DirtyEntry& entry) {
    const OptionalView fresh = entry.view();
    if (!listener_) {
      const EntryContext scope(record_, entry);
      return inner_->put(entry.key, fresh);
    }
    Bytes old;
    const bool had = (!fresh || send_old_values_) && inner_->get(entry.key, old);
    if (!fresh && !had) return;  // nobody below ever knew of it
    const EntryContext scope(record_, entry);
    inner_->put(entry.key, fresh);
    listener_(entry.key, fresh, had && send_old_values_ ? OptionalView(old) : std::nullopt);
  }

  const std::unique_ptr<KeyValueBytes> inner_;
  const std::shared_ptr<RecordCache> cache_;
  const std::string name_;
  RecordContext& record_;
  NamedCache& rows_;
  FlushListener listener_;
  bool send_old_values_ = false;
};

}  // namespace

std::unique_ptr<KeyValueBytes> make_caching(std::unique_ptr<KeyValueBytes> inner, std::shared_ptr<RecordCache> cache,
                                            const std::string& namespace_name, RecordContext& record) {
  return std::make_unique<CachingKeyValueStore>(std::move(inner), std::move(cache), namespace_name, record);
}

}  // namespace streams::state
