// Layout of stored values; see the header for the format.
#include <streams/detail/value_codec.hpp>
#include <streams/errors.hpp>

namespace streams::detail {
namespace {

[[noreturn]] void corrupt(const char* what) {
  throw SerializationError(std::string("Stored value is damaged: ") + what);
}

BytesView take(BytesView& in, std::size_t size) {
  if (in.size() < size) corrupt("it ends too early");
  const BytesView part = in.substr(0, size);
  in.remove_prefix(size);
  return part;
}

}  // namespace

void append_varint(Bytes& out, std::int32_t value) {
  auto bits = (static_cast<std::uint32_t>(value) << 1) ^ static_cast<std::uint32_t>(value >> 31);
  for (; bits >= 0x80; bits >>= 7) out.push_back(static_cast<char>(bits | 0x80));
  out.push_back(static_cast<char>(bits));
}

std::int32_t read_varint(BytesView& in) {
  std::uint32_t bits = 0;
  for (int shift = 0;; shift += 7) {
    if (shift > 28) corrupt("a length has more than 32 bits");
    const auto byte = static_cast<unsigned char>(take(in, 1)[0]);
    bits |= static_cast<std::uint32_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) break;
  }
  return static_cast<std::int32_t>(bits >> 1) ^ -static_cast<std::int32_t>(bits & 1);
}

void append_headers(Bytes& out, const Headers& headers) {
  if (headers.empty()) return;
  append_varint(out, static_cast<std::int32_t>(headers.size()));
  for (const Header& header : headers) {
    append_varint(out, static_cast<std::int32_t>(header.key.size()));
    out += header.key;
    append_varint(out, header.value ? static_cast<std::int32_t>(header.value->size()) : -1);
    if (header.value) out += *header.value;
  }
}

Headers parse_headers(BytesView bytes) {
  Headers headers;
  if (bytes.empty()) return headers;
  const std::int32_t count = read_varint(bytes);
  for (std::int32_t i = 0; i < count; ++i) {
    const std::int32_t name_size = read_varint(bytes);
    if (name_size < 0) corrupt("a header has no name");
    std::string name(take(bytes, static_cast<std::size_t>(name_size)));
    const std::int32_t value_size = read_varint(bytes);
    OptionalBytes value;
    if (value_size >= 0) value = Bytes(take(bytes, static_cast<std::size_t>(value_size)));
    headers.add(std::move(name), std::move(value));
  }
  return headers;
}

void append_value_prefix(Bytes& out, state::ValueFormat format, Timestamp timestamp, const Headers& headers) {
  using state::ValueFormat;
  if (format == ValueFormat::kTimestampedHeaders || format == ValueFormat::kHeaders) {
    Bytes block;
    append_headers(block, headers);
    append_varint(out, static_cast<std::int32_t>(block.size()));
    out += block;
  }
  if (format == ValueFormat::kTimestamped || format == ValueFormat::kTimestampedHeaders) {
    append_big_endian(out, timestamp);
  }
}

StoredValue split_value(BytesView bytes, state::ValueFormat format) {
  using state::ValueFormat;
  StoredValue stored;
  if (format == ValueFormat::kTimestampedHeaders || format == ValueFormat::kHeaders) {
    const std::int32_t size = read_varint(bytes);
    if (size < 0) corrupt("its headers have a negative size");
    stored.headers = take(bytes, static_cast<std::size_t>(size));
  }
  if (format == ValueFormat::kTimestamped || format == ValueFormat::kTimestampedHeaders) {
    stored.timestamp = read_big_endian<std::int64_t>(take(bytes, sizeof(std::int64_t)));
  }
  stored.value = bytes;
  return stored;
}

}  // namespace streams::detail
