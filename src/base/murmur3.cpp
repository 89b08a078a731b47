// Murmur3, 128 bits, for 64-bit machines.
#include <streams/detail/foreign_key_format.hpp>

#include <bit>

namespace streams::detail {
namespace {

constexpr std::uint64_t kSeed = 104729;
constexpr std::uint64_t kFactor1 = 0x87c37b91114253d5;
constexpr std::uint64_t kFactor2 = 0x4cf5ad432745937f;
constexpr std::size_t kBlock = 16;

/// Up to eight bytes, little-endian.
std::uint64_t read(BytesView bytes) {
  std::uint64_t word = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) word = word << 8 | static_cast<unsigned char>(bytes[i]);
  return word;
}

std::uint64_t mix1(std::uint64_t word) { return std::rotl(word * kFactor1, 31) * kFactor2; }
std::uint64_t mix2(std::uint64_t word) { return std::rotl(word * kFactor2, 33) * kFactor1; }

std::uint64_t finish(std::uint64_t hash) {
  hash = (hash ^ hash >> 33) * 0xff51afd7ed558ccd;
  hash = (hash ^ hash >> 33) * 0xc4ceb9fe1a85ec53;
  return hash ^ hash >> 33;
}

}  // namespace

Hash128 murmur3_hash128(BytesView bytes) {
  const std::uint64_t size = bytes.size();
  std::uint64_t first = kSeed, second = kSeed;
  for (; bytes.size() >= kBlock; bytes.remove_prefix(kBlock)) {
    first = (std::rotl(first ^ mix1(read(bytes.substr(0, 8))), 27) + second) * 5 + 0x52dce729;
    second = (std::rotl(second ^ mix2(read(bytes.substr(8, 8))), 31) + first) * 5 + 0x38495ab5;
  }
  if (bytes.size() > 8) second ^= mix2(read(bytes.substr(8)));
  first ^= mix1(read(bytes.substr(0, 8)));
  first ^= size;
  second ^= size;
  first += second;
  second += first;
  first = finish(first);
  second = finish(second);
  first += second;
  second += first;
  return {first, second};
}

}  // namespace streams::detail
