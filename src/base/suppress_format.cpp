// Byte formats of suppression buffers; see the header.
#include <streams/detail/suppress_format.hpp>

#include <streams/errors.hpp>

#include <algorithm>
#include <string>

namespace streams::detail {
namespace {

constexpr std::int32_t kNull = -1;  // in changelogs: do not change
constexpr std::int32_t kSameAsPrior = -2;

/// Characters as Java counts them: UTF-16 code units.
std::int64_t utf16_length(std::string_view text) {
  std::int64_t units = 0;
  for (const unsigned char byte : text) {
    if ((byte & 0xc0U) != 0x80U) units += byte >= 0xf0U ? 2 : 1;
  }
  return units;
}

std::int64_t size_of(const OptionalBytes& bytes) { return bytes ? static_cast<std::int64_t>(bytes->size()) : 0; }

void append_sized(Bytes& out, BytesView bytes) {
  append_big_endian(out, static_cast<std::int32_t>(bytes.size()));
  out += bytes;
}

void append_nullable(Bytes& out, const OptionalBytes& bytes) {
  if (bytes) return append_sized(out, *bytes);
  append_big_endian(out, kNull);
}

BytesView take(BytesView& bytes, std::size_t size) {
  if (bytes.size() < size)
    throw SerializationError("These bytes are no row of a suppression buffer: they end too early");
  const BytesView taken = bytes.substr(0, size);
  bytes.remove_prefix(size);
  return taken;
}

template <class Int>
Int take_integer(BytesView& bytes) {
  return read_big_endian<Int>(take(bytes, sizeof(Int)));
}

OptionalBytes take_value(BytesView& bytes, std::int32_t size) {
  if (size == kNull) return std::nullopt;
  if (size < 0)
    throw SerializationError("These bytes are no row of a suppression buffer: a value has size " +
                             std::to_string(size));
  return Bytes(take(bytes, static_cast<std::size_t>(size)));
}

OptionalBytes take_nullable(BytesView& bytes) { return take_value(bytes, take_integer<std::int32_t>(bytes)); }

}  // namespace

std::int64_t memory_estimate(const BufferedContext& context) {
  std::int64_t size =
      2 * static_cast<std::int64_t>(sizeof(std::int64_t)) + static_cast<std::int64_t>(sizeof(std::int32_t));
  size += utf16_length(context.topic);
  for (const Header& header : context.headers) size += utf16_length(header.key) + size_of(header.value);
  return size;
}

std::int64_t memory_estimate(const BufferedUpdate& update) {
  const std::int64_t old_size = update.prior == update.old_value ? 0 : size_of(update.old_value);
  return size_of(update.prior) + old_size + size_of(update.new_value) + memory_estimate(update.context);
}

void append_buffered_context(Bytes& out, const BufferedContext& context) {
  append_big_endian(out, context.timestamp);
  append_big_endian(out, context.offset);
  append_sized(out, context.topic);
  append_big_endian(out, context.partition);
  append_big_endian(out, static_cast<std::int32_t>(context.headers.size()));
  for (const Header& header : context.headers) {
    append_sized(out, header.key);
    append_nullable(out, header.value);
  }
}

void append_buffered_update(Bytes& out, const BufferedUpdate& update) {
  append_buffered_context(out, update.context);
  append_nullable(out, update.prior);
  if (update.old_value && update.old_value == update.prior) {
    append_big_endian(out, kSameAsPrior);
  } else {
    append_nullable(out, update.old_value);
  }
  append_nullable(out, update.new_value);
}

BufferedContext parse_buffered_context(BytesView& bytes) {
  BufferedContext context;
  context.timestamp = take_integer<Timestamp>(bytes);
  context.offset = take_integer<std::int64_t>(bytes);
  context.topic = take(bytes, static_cast<std::size_t>(std::max(0, take_integer<std::int32_t>(bytes))));
  context.partition = take_integer<std::int32_t>(bytes);
  for (auto left = take_integer<std::int32_t>(bytes); left > 0; --left) {
    OptionalBytes key = take_nullable(bytes);
    OptionalBytes value = take_nullable(bytes);
    context.headers.add(std::move(key).value_or(Bytes()), std::move(value));
  }
  return context;
}

BufferedUpdate parse_buffered_update(BytesView& bytes) {
  BufferedUpdate update;
  update.context = parse_buffered_context(bytes);
  update.prior = take_nullable(bytes);
  const auto old_size = take_integer<std::int32_t>(bytes);
  update.old_value = old_size == kSameAsPrior ? update.prior : take_value(bytes, old_size);
  update.new_value = take_nullable(bytes);
  return update;
}

std::string_view KeptTopics::kept(std::string_view topic) {
  const auto found = topics_.find(topic);
  return found != topics_.end() ? *found : *topics_.emplace(topic).first;
}

}  // namespace streams::detail
