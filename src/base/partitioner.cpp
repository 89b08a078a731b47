// murmur2 as Kafka's clients compute it.
#include <streams/partitioner.hpp>

namespace streams {

std::int32_t murmur2(BytesView bytes) {
  constexpr std::uint32_t kSeed = 0x9747b28c;
  constexpr std::uint32_t kMultiplier = 0x5bd1e995;
  const auto byte = [bytes](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i])); };

  const std::size_t whole = bytes.size() & ~std::size_t{3};
  std::uint32_t hash = kSeed ^ static_cast<std::uint32_t>(bytes.size());
  for (std::size_t i = 0; i < whole; i += 4) {
    std::uint32_t k = byte(i) | byte(i + 1) << 8 | byte(i + 2) << 16 | byte(i + 3) << 24;
    k *= kMultiplier;
    k ^= k >> 24;
    k *= kMultiplier;
    hash = hash * kMultiplier ^ k;
  }
  const std::size_t rest = bytes.size() - whole;
  if (rest == 3) hash ^= byte(whole + 2) << 16;
  if (rest >= 2) hash ^= byte(whole + 1) << 8;
  if (rest >= 1) hash = (hash ^ byte(whole)) * kMultiplier;
  hash ^= hash >> 13;
  hash *= kMultiplier;
  hash ^= hash >> 15;
  return static_cast<std::int32_t>(hash);
}

std::int32_t partition_for_key(BytesView key, std::int32_t partitions) {
  return (murmur2(key) & 0x7fffffff) % partitions;
}

}  // namespace streams
