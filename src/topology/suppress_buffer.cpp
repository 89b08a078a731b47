// Rows of suppression buffers and their changelog.
#include <streams/detail/suppress_buffer.hpp>

#include <streams/errors.hpp>

#include <algorithm>

namespace streams::detail {
namespace {

const Headers& changelog_headers() {
  static const Headers headers{{"v", Bytes("\x03")}};
  return headers;
}

/// Arrays.hashCode(byte[]), spread as java.util.HashMap does.
std::uint32_t java_bucket_hash(BytesView bytes) {
  std::uint32_t hash = 1;
  for (const char byte : bytes) hash = 31 * hash + static_cast<std::uint32_t>(static_cast<signed char>(byte));
  return hash ^ hash >> 16;
}

std::int64_t row_size(BytesView key, const BufferedUpdate& update) {
  return static_cast<std::int64_t>(sizeof(Timestamp) + key.size()) + memory_estimate(update);
}

}  // namespace

void DirtyKeys::add(const Bytes& key) {
  const auto [at, fresh] = keys_.insert(key);
  if (!fresh) return;
  added_.push_back(&*at);
  if (added_.size() > capacity_ / 4 * 3) capacity_ *= 2;
}

void DirtyKeys::drain(const std::function<void(const Bytes&)>& use) {
  const std::uint32_t mask = static_cast<std::uint32_t>(capacity_ - 1);
  std::stable_sort(added_.begin(), added_.end(), [mask](const Bytes* a, const Bytes* b) {
    return (java_bucket_hash(*a) & mask) < (java_bucket_hash(*b) & mask);
  });
  for (const Bytes* key : added_) use(*key);
  added_.clear();
  keys_.clear();
}

void SuppressRows::put(Timestamp time, Bytes&& key, OptionalBytes&& old_value, OptionalBytes&& new_value,
                       const RecordContext& context, const Headers& headers) {
  if (logging_) dirty_.add(key);
  const BufferedUpdate* before = find(key);
  BufferedUpdate update;
  update.prior = before != nullptr ? before->prior : old_value;
  update.old_value = std::move(old_value);
  update.new_value = std::move(new_value);
  update.context = {context.timestamp, context.offset, topics_.kept(context.topic), context.partition, headers};
  put(time, std::move(key), std::move(update));
}

void SuppressRows::put(Timestamp time, Bytes&& key, BufferedUpdate&& update) {
  bytes_ += row_size(key, update);
  const auto found = index_.find(key);
  if (found != index_.end()) {
    BufferedUpdate& row = found->second->second;
    bytes_ -= row_size(key, row);
    row = std::move(update);
    return;
  }
  const auto row = rows_.emplace(Place{time, std::move(key)}, std::move(update)).first;
  index_.emplace(row->first.key, row);
}

const BufferedUpdate* SuppressRows::find(BytesView key) const {
  const auto found = index_.find(key);
  return found == index_.end() ? nullptr : &found->second->second;
}

void SuppressRows::remove(Rows::iterator row) {
  bytes_ -= row_size(row->first.key, row->second);
  index_.erase(row->first.key);
  rows_.erase(row);
}

void SuppressRows::remove_first() {
  if (logging_) dirty_.add(rows_.begin()->first.key);
  remove(rows_.begin());
}

void SuppressRows::restore(BytesView key, OptionalView value, const Headers& headers) {
  if (!value) {
    const auto found = index_.find(key);
    if (found != index_.end()) remove(found->second);
    return;
  }
  const Header* version = headers.last("v");
  if (version == nullptr || version->value != changelog_headers().begin()->value) {
    throw SerializationError(
        "A changelog record of a suppression buffer was written by Kafka Streams before 2.6, whose formats are not "
        "read. "
        "Let that version drain the buffer, or upgrade with a Kafka Streams in between.");
  }
  BytesView bytes = *value;
  BufferedUpdate update = parse_buffered_update(bytes);
  if (bytes.size() != sizeof(Timestamp))
    throw SerializationError("A changelog record of a suppression buffer has no time");
  update.context.topic = topics_.kept(update.context.topic);
  put(read_big_endian<Timestamp>(bytes), Bytes(key), std::move(update));
}

void SuppressRows::flush(StoreHost& host, const StoreSpec& spec) {
  Bytes value;
  dirty_.drain([&](const Bytes& key) {
    const auto found = index_.find(key);
    if (found == index_.end()) return host.log(spec, key, std::nullopt, -1, Headers());
    value.clear();
    append_buffered_update(value, found->second->second);
    append_big_endian(value, found->second->first.time);
    host.log(spec, key, value, -1, changelog_headers());
  });
}

}  // namespace streams::detail
