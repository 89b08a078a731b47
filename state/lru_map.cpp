// A key-value store that forgets the row used longest ago. Source: MemoryLRUCache, MemoryNavigableLRUCache.
//
// Evictions of plain stores go to the changelog, those of timestamped ones do not: restoring evicts them again.
#include <state/change_log.hpp>

#include <algorithm>
#include <list>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace streams::state {
namespace {

class LruMap final : public KeyValueBytes {
 public:
  LruMap(ByteStore& rows, ValueFormat format, std::int64_t max_entries, const StoreContext& context)
      : rows_(rows),
        format_(format),
        max_entries_(static_cast<std::size_t>(std::max<std::int64_t>(max_entries, 0))),
        context_(context),
        inner_(make_key_value_store(rows, format, context)) {
    for (const auto all = rows_.range(std::nullopt, std::nullopt); all->valid(); all->next()) use(all->key());
  }

  bool get(BytesView key, Bytes& out) override {
    const auto found = places_.find(key);
    if (found == places_.end()) return false;
    by_use_.splice(by_use_.begin(), by_use_, found->second);
    return inner_->get(key, out);
  }

  void put(BytesView key, OptionalView value) override {
    if (value) {
      use(key);
      evict(format_ == ValueFormat::kPlain);
    } else {
      forget(key);
    }
    inner_->put(key, value);
    if (max_entries_ == 0) rows_.erase(key);
  }

  std::unique_ptr<ByteIterator> range(OptionalView from, OptionalView to, bool reverse) override {
    return inner_->range(from, to, reverse);
  }
  std::unique_ptr<ByteIterator> prefix(BytesView prefix) override { return inner_->prefix(prefix); }
  std::int64_t approximate_entries() const override { return static_cast<std::int64_t>(places_.size()); }

  void restore(BytesView key, OptionalView value, Timestamp timestamp, const Headers& headers) override {
    if (value) {
      use(key);
    } else {
      forget(key);
    }
    inner_->restore(key, value, timestamp, headers);
    evict(false);
  }

 private:
  void use(BytesView key) {
    const auto found = places_.find(key);
    if (found != places_.end()) return by_use_.splice(by_use_.begin(), by_use_, found->second);
    by_use_.emplace_front(key);
    places_.emplace(by_use_.front(), by_use_.begin());
  }
  void forget(BytesView key) {
    const auto found = places_.find(key);
    if (found == places_.end()) return;
    const auto place = found->second;
    places_.erase(found);
    by_use_.erase(place);
  }
  void evict(bool log) {
    while (by_use_.size() > max_entries_) {
      const Bytes eldest = by_use_.back();
      rows_.erase(eldest);
      if (log) log_change(context_, format_, eldest, std::nullopt);
      forget(eldest);
    }
  }

  ByteStore& rows_;
  const ValueFormat format_;
  const std::size_t max_entries_;
  const StoreContext context_;
  const std::unique_ptr<KeyValueBytes> inner_;
  std::list<Bytes> by_use_;                                                  ///< the last one used is first
  std::unordered_map<std::string_view, std::list<Bytes>::iterator> places_;  ///< keys are views into by_use_
};

}  // namespace

std::unique_ptr<KeyValueBytes> make_lru_map(ByteStore& rows, ValueFormat format, std::int64_t max_entries,
                                            const StoreContext& context) {
  return std::make_unique<LruMap>(rows, format, max_entries, context);
}

}  // namespace streams::state
