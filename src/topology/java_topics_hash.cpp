// Hash codes as java.util.Objects, AbstractSet and AbstractMap compute them.
#include "topology/java_topics_hash.hpp"

#include "topology/java_order.hpp"

#include <initializer_list>

namespace streams::detail {
namespace {

using Hash = std::uint32_t;  // wraps around like a Java int

constexpr Hash kHashOfFalse = 1237;

Hash hash_of(const std::string& text) { return static_cast<Hash>(java_hash(text)); }

Hash hash_of(std::int64_t number) {
  const auto bits = static_cast<std::uint64_t>(number);
  return static_cast<Hash>(bits ^ bits >> 32);
}

/// Objects.hash()
Hash combined(std::initializer_list<Hash> parts) {
  Hash out = 1;
  for (const Hash part : parts) out = 31 * out + part;
  return out;
}

}  // namespace

std::int32_t java_changelog_hash(const std::string& topic, const StoreSpec& store) {
  Hash configs = 0;
  for (const auto& [key, value] : store.topic_configs) configs += hash_of(key) ^ hash_of(value);
  const bool timed =
      store.kind == StoreKind::kWindow || store.kind == StoreKind::kSession || store.kind == StoreKind::kVersioned;
  return static_cast<std::int32_t>(timed
                                       ? combined({hash_of(topic), configs, hash_of(store.retention_ms), kHashOfFalse})
                                       : combined({hash_of(topic), configs, kHashOfFalse}));
}

std::int32_t java_topics_hash(const std::set<std::string>& source_topics,
                              const std::map<std::string, std::int32_t>& changelogs) {
  Hash sources = 0;
  for (const std::string& topic : source_topics) sources += hash_of(topic);
  Hash logs = 0;
  for (const auto& [topic, hash] : changelogs) logs += hash_of(topic) ^ static_cast<Hash>(hash);
  // A negative hash of the changelogs is extended by its sign, as in Java.
  const auto bits = static_cast<std::uint64_t>(sources) << 32 |
                    static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<std::int32_t>(logs)));
  return static_cast<std::int32_t>(static_cast<std::int64_t>(bits) % 0xffffffffLL);
}

}  // namespace streams::detail
