// A sum of hashes, so that the order of rows does not matter.
#include "divergence.hpp"

namespace operations {
namespace {

/// FNV-1a, and a last mixing so that sums of similar rows do not cancel out.
std::uint64_t hash_of(streams::BytesView bytes, std::uint64_t hash) {
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  hash ^= hash >> 32;
  return hash * 0x9e3779b97f4a7c15;
}

}  // namespace

void Digest::add(streams::BytesView key, streams::BytesView value) {
  ++rows;
  sum += hash_of(value, hash_of(key, 0xcbf29ce484222325));
}

Digest digest(const Rows& rows) {
  Digest out;
  for (const auto& [key, value] : rows) out.add(key, value);
  return out;
}

std::vector<streams::Bytes> differences(const Rows& log, const Rows& copy) {
  std::vector<streams::Bytes> keys;
  auto l = log.begin();
  auto c = copy.begin();
  while (l != log.end() || c != copy.end()) {
    if (c == copy.end() || (l != log.end() && l->first < c->first)) {
      keys.push_back((l++)->first);
    } else if (l == log.end() || c->first < l->first) {
      keys.push_back((c++)->first);
    } else {
      if (l->second != c->second) keys.push_back(l->first);
      ++l;
      ++c;
    }
  }
  return keys;
}

}  // namespace operations
