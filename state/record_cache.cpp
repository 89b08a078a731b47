// LRU caches of records with Kafka Streams' sizes and orders.
#include <state/record_cache.hpp>

#include <utility>

namespace streams::state {
namespace {

/// Java counts characters of names, not their bytes.
std::size_t utf16_units(BytesView text) {
  std::size_t units = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    units += (byte & 0xc0) == 0x80 ? 0 : byte >= 0xf0 ? 2 : 1;
  }
  return units;
}

std::size_t header_bytes(const Headers& headers) {
  std::size_t bytes = 0;
  for (const Header& header : headers) bytes += utf16_units(header.key) + (header.value ? header.value->size() : 0);
  return bytes;
}

constexpr std::size_t kNodeBytes = 3 * 8;         // entry and links
constexpr std::size_t kContextBytes = 8 + 8 + 4;  // timestamp, offset, partition
constexpr std::size_t kDirtyFlagBytes = 1;
constexpr std::size_t kKeptEntries = 4096;

}  // namespace

CacheSlot* NamedCache::get(BytesView key) {
  auto* node = table_.find(key);
  if (node == nullptr) {
    ++misses_;
    return nullptr;
  }
  ++hits_;
  touch(node->value);
  return &node->value;
}

void NamedCache::touch(CacheSlot& slot) {
  if (&slot == newest_) return;
  unlink(slot);
  push_front(slot);
}

CacheSlot& NamedCache::slot_for(BytesView key) {
  ++puts_;
  auto [node, fresh] = table_.insert(key);
  CacheSlot& slot = node->value;
  if (fresh) {
    slot.key = &node->key;
    slot.born = puts_;
    slot.dirty = false;
    push_front(slot);
  } else {
    bytes_ -= slot.bytes;
    touch(slot);
  }
  return slot;
}

void NamedCache::count(CacheSlot& slot, std::size_t context_bytes) {
  slot.bytes = slot.key->size() + kNodeBytes + kDirtyFlagBytes + slot.value.size() + kContextBytes + context_bytes;
  bytes_ += slot.bytes;
}

void NamedCache::put_clean(BytesView key, BytesView value) {
  CacheSlot& slot = slot_for(key);
  slot.value.assign(value);
  slot.null = false;
  slot.topic = {};
  slot.partition = -1;
  slot.offset = -1;
  slot.timestamp = -1;
  slot.headers = {};
  count(slot, 0);
}

void NamedCache::put_dirty(BytesView key, OptionalView value, const RecordContext& record) {
  CacheSlot& slot = slot_for(key);
  slot.null = !value;
  slot.value.assign(value.value_or(BytesView()));
  slot.topic = record.topic;
  slot.partition = record.partition;
  slot.offset = record.offset;
  slot.timestamp = record.timestamp;
  if (!slot.headers.empty() || !record.headers->empty()) slot.headers = *record.headers;
  if (slot.dirty) mark_clean(slot);  // to become the last one to be flushed
  slot.dirty = true;
  slot.dirty_before = last_dirty_;
  slot.dirty_after = nullptr;
  (last_dirty_ != nullptr ? last_dirty_->dirty_after : first_dirty_) = &slot;
  last_dirty_ = &slot;
  count(slot, utf16_units(slot.topic) + header_bytes(slot.headers));
}

void NamedCache::unlink(CacheSlot& slot) {
  (slot.newer != nullptr ? slot.newer->older : newest_) = slot.older;
  (slot.older != nullptr ? slot.older->newer : oldest_) = slot.newer;
}

void NamedCache::push_front(CacheSlot& slot) {
  slot.newer = nullptr;
  slot.older = newest_;
  (newest_ != nullptr ? newest_->newer : oldest_) = &slot;
  newest_ = &slot;
}

void NamedCache::mark_clean(CacheSlot& slot) {
  slot.dirty = false;
  (slot.dirty_before != nullptr ? slot.dirty_before->dirty_after : first_dirty_) = slot.dirty_after;
  (slot.dirty_after != nullptr ? slot.dirty_after->dirty_before : last_dirty_) = slot.dirty_before;
}

void NamedCache::remove(Table::Node* node) {
  CacheSlot& slot = node->value;
  if (slot.dirty) mark_clean(slot);
  unlink(slot);
  bytes_ -= slot.bytes;
  ++removals_;
  table_.erase(node);
}

namespace {

void copy(DirtyEntry& to, const CacheSlot& from) {
  to.key.assign(*from.key);
  to.value.assign(from.value);
  to.null = from.null;
  to.context = {from.topic, from.partition, from.offset, from.timestamp, &RecordContext::kNoHeaders};
  if (!to.headers.empty() || !from.headers.empty()) to.headers = from.headers;
}

DirtyEntry& entry_at(std::vector<DirtyEntry>& entries, std::size_t at) {
  if (at == entries.size()) entries.emplace_back();
  return entries[at];
}

}  // namespace

void NamedCache::evict() {
  if (oldest_ == nullptr) return;
  CacheSlot& eldest = *oldest_;
  const bool dirty = eldest.dirty;
  std::vector<DirtyEntry> entries = std::exchange(entries_, {});
  if (dirty) copy(entry_at(entries, 0), eldest);
  remove(table_.find(*eldest.key));
  if (dirty) flush_all(entries, 1);
  entries_ = std::move(entries);
}

void NamedCache::flush() {
  if (first_dirty_ == nullptr) return;
  std::vector<DirtyEntry> entries = std::exchange(entries_, {});
  flush_all(entries, 0);
  entries_ = std::move(entries);
}

/// The first `count` entries are there already; adds the dirty ones and hands all to the listener.
void NamedCache::flush_all(std::vector<DirtyEntry>& entries, std::size_t count) {
  ++flushes_;
  const std::size_t first = count;
  while (first_dirty_ != nullptr) {
    CacheSlot& slot = *first_dirty_;
    copy(entry_at(entries, count++), slot);
    mark_clean(slot);
  }
  for (std::size_t i = 0; i < count; ++i) listener_(entries[i]);
  for (std::size_t i = first; i < count; ++i) {
    if (!entries[i].null) continue;
    if (auto* node = table_.find(entries[i].key)) remove(node);
  }
  if (entries.size() > kKeptEntries) std::vector<DirtyEntry>().swap(entries);
}

NamedCache& RecordCache::add(const std::string& name, NamedCache::Listener listener) {
  remove(name);
  return *(caches_[name] = std::make_unique<NamedCache>(std::move(listener)));
}

void RecordCache::remove(const std::string& name) {
  const auto found = caches_.find(name);
  if (found == caches_.end()) return;
  bytes_ -= found->second->bytes();
  caches_.erase(found);
}

const NamedCache* RecordCache::find(const std::string& name) const {
  const auto found = caches_.find(name);
  return found == caches_.end() ? nullptr : found->second.get();
}

/// Books what a cache grew or shrank by, even if a listener threw.
class RecordCache::Booking {
 public:
  Booking(RecordCache& all, const NamedCache& cache) : all_(all), cache_(cache), before_(cache.bytes()) {}
  ~Booking() { all_.bytes_ += cache_.bytes() - before_; }
  Booking(const Booking&) = delete;
  Booking& operator=(const Booking&) = delete;

 private:
  RecordCache& all_;
  const NamedCache& cache_;
  const std::size_t before_;
};

void RecordCache::put_clean(NamedCache& cache, BytesView key, BytesView value) {
  if (reads_ != CacheReads::kByOwner) return;
  {
    const Booking booking(*this, cache);
    cache.put_clean(key, value);
  }
  shrink(cache);
}

void RecordCache::put_dirty(NamedCache& cache, BytesView key, OptionalView value, const RecordContext& record) {
  {
    const Booking booking(*this, cache);
    cache.put_dirty(key, value, record);
  }
  shrink(cache);
}

void RecordCache::flush(NamedCache& cache) {
  const Booking booking(*this, cache);
  cache.flush();
}

void RecordCache::evict_from(NamedCache& cache) {
  const Booking booking(*this, cache);
  cache.evict();
}

void RecordCache::shrink(NamedCache& cache) {
  while (bytes_ > max_bytes_ && !cache.empty()) evict_from(cache);
}

void RecordCache::resize(std::size_t max_bytes) {
  max_bytes_ = max_bytes;
  bool any = true;
  while (bytes_ > max_bytes_ && any) {
    any = false;
    for (const auto& [name, cache] : caches_) {
      if (bytes_ <= max_bytes_) return;
      any = any || !cache->empty();
      evict_from(*cache);
    }
  }
}

std::shared_ptr<RecordCache> make_record_cache(std::size_t max_bytes) {
  return std::make_shared<RecordCache>(max_bytes);
}

CacheWalk::CacheWalk(NamedCache& cache, KeyBounds bounds, std::uint64_t puts)
    : cache_(cache), puts_(puts), walk_(cache.table(), std::move(bounds)) {
  look();
}

void CacheWalk::next() {
  if (walk_.changed()) {
    walk_.seek_after(key_);
  } else {
    walk_.next();
  }
  look();
}

void CacheWalk::seek_after(BytesView key) {
  if (!valid()) return;
  const int order = key_.compare(key);
  if (walk_.bounds().reverse ? order >= 0 : order <= 0) next();
}

void CacheWalk::look() {
  while (walk_.valid() && walk_.node()->value.born > puts_) walk_.next();
  if (!walk_.valid()) return;
  CacheSlot& slot = walk_.node()->value;
  cache_.touch(slot);
  key_.assign(*slot.key);
  value_.assign(slot.value);
  null_ = slot.null;
}

}  // namespace streams::state
