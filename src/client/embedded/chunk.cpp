// Packing of records into chunks. Headers are stored as name length, value length (-1: null), name, value.
#include "client/embedded/chunk.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace streams::client::embedded {
namespace {

std::size_t size_of(const OptionalView& bytes) { return bytes ? bytes->size() : 0; }
std::int32_t length_of(const OptionalView& bytes) { return bytes ? static_cast<std::int32_t>(bytes->size()) : -1; }
std::size_t length_of(std::int32_t length) { return length < 0 ? 0 : static_cast<std::size_t>(length); }

std::size_t headers_size(const Headers* headers) {
  std::size_t size = 0;
  if (headers == nullptr) return size;
  for (const Header& h : *headers) size += 2 * sizeof(std::int32_t) + h.key.size() + (h.value ? h.value->size() : 0);
  return size;
}

char* put(char* out, BytesView bytes) {
  if (!bytes.empty()) std::memcpy(out, bytes.data(), bytes.size());
  return out + bytes.size();
}

char* put_length(char* out, std::int32_t length) {
  std::memcpy(out, &length, sizeof length);
  return out + sizeof length;
}

std::int32_t get_length(const char*& in) {
  std::int32_t length = 0;
  std::memcpy(&length, in, sizeof length);
  in += sizeof length;
  return length;
}

}  // namespace

OptionalView Entry::key() const {
  if (key_size < 0) return std::nullopt;
  return BytesView(data, length_of(key_size));
}

OptionalView Entry::value() const {
  if (value_size < 0) return std::nullopt;
  return BytesView(data + length_of(key_size), length_of(value_size));
}

Headers Entry::headers() const {
  Headers headers;
  const char* in = data + length_of(key_size) + length_of(value_size);
  const char* const end = in + headers_size;
  while (in != end) {
    const std::int32_t name_size = get_length(in);
    const std::int32_t content_size = get_length(in);
    std::string name(in, length_of(name_size));
    in += length_of(name_size);
    OptionalBytes content;
    if (content_size >= 0) content.emplace(in, length_of(content_size));
    in += length_of(content_size);
    headers.add(std::move(name), std::move(content));
  }
  return headers;
}

std::size_t stored_size(const NewEntry& entry) {
  return sizeof(Entry) + size_of(entry.key) + size_of(entry.value) + headers_size(entry.headers);
}

std::size_t stored_size(const Entry& entry) {
  return sizeof(Entry) + length_of(entry.key_size) + length_of(entry.value_size) + entry.headers_size;
}

Chunk::Chunk(std::size_t capacity, std::int64_t base_offset)
    : capacity_((capacity + alignof(Entry) - 1) / alignof(Entry) * alignof(Entry)), base_offset_(base_offset) {
  arena_ = std::make_unique_for_overwrite<char[]>(capacity_);
}

void Chunk::append(const NewEntry& entry) {
  char* const data = arena_.get() + used_;
  char* out = put(data, entry.key.value_or(BytesView{}));
  out = put(out, entry.value.value_or(BytesView{}));
  const char* const headers = out;
  if (entry.headers != nullptr) {
    for (const Header& h : *entry.headers) {
      out = put_length(out, static_cast<std::int32_t>(h.key.size()));
      out = put_length(out, h.value ? static_cast<std::int32_t>(h.value->size()) : -1);
      out = put(out, h.key);
      if (h.value) out = put(out, *h.value);
    }
  }
  used_ = static_cast<std::size_t>(out - arena_.get());
  add({entry.offset, entry.timestamp, entry.producer_id, data, length_of(entry.key), length_of(entry.value),
       static_cast<std::uint32_t>(out - headers), entry.kind, false});
}

void Chunk::append(const Entry& entry) {
  const std::size_t size = stored_size(entry) - sizeof(Entry);
  char* const data = arena_.get() + used_;
  put(data, BytesView(entry.data, size));
  used_ += size;
  add(entry).data = data;
}

Entry& Chunk::add(const Entry& entry) {
  Entry* const added = new (slot(count_)) Entry(entry);
  ++count_;
  max_timestamp_ = std::max(max_timestamp_, entry.timestamp);
  return *added;
}

std::size_t Chunk::lower_bound(std::int64_t offset) const {
  std::size_t low = 0;
  std::size_t high = count_;
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if (entry(middle).offset < offset)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

}  // namespace streams::client::embedded
