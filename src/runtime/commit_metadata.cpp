// Encoding and decoding of commit metadata.
#include <runtime/commit_metadata.hpp>

#include <optional>
#include <utility>

namespace streams::runtime {
namespace {

using streams::detail::append_big_endian;
using streams::detail::read_big_endian;

constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr char kVersion1 = 1;
constexpr char kVersion2 = 2;

std::string to_base64(BytesView in) {
  std::string out;
  out.reserve((in.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < in.size(); at += 3) {
    const std::size_t count = std::min<std::size_t>(3, in.size() - at);
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < 3; ++i) bits = bits << 8 | (i < count ? static_cast<unsigned char>(in[at + i]) : 0u);
    for (std::size_t i = 0; i < 4; ++i) out += i <= count ? kDigits[bits >> (18 - 6 * i) & 63] : '=';
  }
  return out;
}

int digit_value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

std::optional<Bytes> from_base64(std::string_view in) {
  while (!in.empty() && in.back() == '=') in.remove_suffix(1);
  if (in.size() % 4 == 1) return std::nullopt;
  Bytes out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : in) {
    const int value = digit_value(c);
    if (value < 0) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out.push_back(static_cast<char>(bits >> count & 0xff));
  }
  return out;
}

/// Takes bytes off the front; `ok` turns false where there are too few.
struct Reader {
  BytesView in;
  bool ok = true;

  template <class Int>
  Int integer() {
    if (in.size() < sizeof(Int)) return ok = false, Int{};
    const Int value = read_big_endian<Int>(in);
    in.remove_prefix(sizeof(Int));
    return value;
  }
  std::string text(std::int32_t length) {
    if (length < 0 || in.size() < static_cast<std::size_t>(length)) return ok = false, std::string{};
    std::string out(in.substr(0, static_cast<std::size_t>(length)));
    in.remove_prefix(static_cast<std::size_t>(length));
    return out;
  }
};

std::optional<ProcessorMetadata> read_processors(Reader& reader) {
  ProcessorMetadata out;
  const auto count = reader.integer<std::int32_t>();
  for (std::int32_t i = 0; i < count && reader.ok; ++i) {
    std::string key = reader.text(reader.integer<std::int32_t>());
    const auto value = reader.integer<std::int64_t>();
    out[std::move(key)] = value;
  }
  if (!reader.ok) return std::nullopt;
  return out;
}

}  // namespace

std::string encode_commit_metadata(Timestamp partition_time, const ProcessorMetadata& processors) {
  Bytes out;
  out.push_back(kVersion2);
  append_big_endian(out, partition_time);
  if (processors.empty()) return to_base64(out);
  append_big_endian(out, static_cast<std::int32_t>(processors.size()));
  for (const auto& [key, value] : processors) {
    append_big_endian(out, static_cast<std::int32_t>(key.size()));
    out += key;
    append_big_endian(out, value);
  }
  return to_base64(out);
}

CommitMetadata decode_commit_metadata(std::string_view text) {
  CommitMetadata out;
  const std::optional<Bytes> bytes = from_base64(text);
  if (!bytes) return out;
  Reader reader{*bytes};
  const auto version = reader.integer<std::int8_t>();
  if (version != kVersion1 && version != kVersion2) return out;
  const auto time = reader.integer<std::int64_t>();
  if (!reader.ok) return out;
  out.partition_time = time;
  if (version == kVersion1 || reader.in.empty()) return out;
  if (auto processors = read_processors(reader)) out.processors = std::move(*processors);
  return out;
}

void merge_metadata(ProcessorMetadata& into, const ProcessorMetadata& from) {
  for (const auto& [key, value] : from) {
    const auto [at, added] = into.emplace(key, value);
    if (!added && at->second < value) at->second = value;
  }
}

}  // namespace streams::runtime
