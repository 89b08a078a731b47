// Java's hash sets and tree sets, as far as the order of their elements goes.
#include "topology/java_order.hpp"

#include <algorithm>
#include <bit>
#include <unordered_set>

namespace streams::detail {
namespace {

/// Decodes UTF-8; malformed bytes become U+FFFD, as in Java.
std::u16string utf16(std::string_view text) {
  std::u16string out;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i++]);
    const int more = lead < 0x80 ? 0 : lead >= 0xf0 && lead < 0xf8 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : -1;
    char32_t code = more <= 0 ? lead : lead & (0x3f >> more);
    bool good = more >= 0 && lead < 0xf8;
    for (int k = 0; good && k < more; ++k) {
      good = i < text.size() && (static_cast<unsigned char>(text[i]) & 0xc0) == 0x80;
      if (good) code = code << 6 | (static_cast<unsigned char>(text[i++]) & 0x3f);
    }
    if (!good) code = 0xfffd;
    if (code < 0x10000) {
      out.push_back(static_cast<char16_t>(code));
    } else {
      out.push_back(static_cast<char16_t>(0xd800 + ((code - 0x10000) >> 10)));
      out.push_back(static_cast<char16_t>(0xdc00 + ((code - 0x10000) & 0x3ff)));
    }
  }
  return out;
}

/// The buckets of a HashMap with keys of these hash codes, all different.
class HashTable {
 public:
  explicit HashTable(std::size_t capacity) : buckets_(capacity) {}

  void add(std::int32_t hash, std::size_t item) {
    const auto bits = static_cast<std::uint32_t>(hash);
    const std::uint32_t spread = bits ^ bits >> 16;
    std::vector<Entry>& bucket = bucket_of(spread);
    bucket.push_back({spread, item});
    // A bucket of nine makes a small table grow; a large one turns the bucket into a tree.
    if (bucket.size() > 8 && buckets_.size() < 64) grow();
    if (++size_ > buckets_.size() * 3 / 4) grow();
  }

  std::vector<std::size_t> items() const {
    std::vector<std::size_t> out;
    for (const std::vector<Entry>& bucket : buckets_) {
      for (const Entry& entry : bucket) out.push_back(entry.item);
    }
    return out;
  }

 private:
  struct Entry {
    std::uint32_t spread;
    std::size_t item;
  };

  std::vector<Entry>& bucket_of(std::uint32_t spread) { return buckets_[spread & (buckets_.size() - 1)]; }

  /// Doubles the table; keys that stay together keep their order.
  void grow() {
    std::vector<std::vector<Entry>> old(buckets_.size() * 2);
    old.swap(buckets_);
    for (const std::vector<Entry>& bucket : old) {
      for (const Entry& entry : bucket) bucket_of(entry.spread).push_back(entry);
    }
  }

  std::vector<std::vector<Entry>> buckets_;
  std::size_t size_ = 0;
};

constexpr std::size_t kDefaultCapacity = 16;

std::vector<std::string> order(const std::vector<std::string>& names, std::size_t capacity) {
  HashTable table(capacity);
  std::unordered_set<std::string_view> seen;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (seen.insert(names[i]).second) table.add(java_hash(names[i]), i);
  }
  std::vector<std::string> out;
  for (const std::size_t i : table.items()) out.push_back(names[i]);
  return out;
}

}  // namespace

std::int32_t java_hash(std::string_view text) {
  std::uint32_t hash = 0;
  for (const char16_t unit : utf16(text)) hash = hash * 31 + unit;
  return static_cast<std::int32_t>(hash);
}

int java_compare(std::string_view a, std::string_view b) { return utf16(a).compare(utf16(b)); }

std::vector<std::string> java_set_order(const std::vector<std::string>& names) {
  return order(names, kDefaultCapacity);
}

std::vector<std::size_t> java_set_order(const std::vector<std::int32_t>& hashes) {
  HashTable table(kDefaultCapacity);
  for (std::size_t i = 0; i < hashes.size(); ++i) table.add(hashes[i], i);
  return table.items();
}

std::vector<std::string> java_copied_set_order(const std::vector<std::string>& names) {
  // JDK 19 and later: HashMap.newHashMap(max(size, 12)). Older ones differ for 12, 24, 48, ... names.
  const std::size_t size = std::max<std::size_t>(names.size(), 12);
  return order(names, std::bit_ceil((size * 4 + 2) / 3));
}

void JavaTreeSet::add(std::size_t value, const std::function<int(std::size_t, std::size_t)>& compare) {
  const int added = static_cast<int>(nodes_.size());
  int parent = kNone;
  bool left = false;
  for (int node = root_; node != kNone; node = left ? at(node).left : at(node).right) {
    const int order = compare(value, at(node).value);
    if (order == 0) return;
    parent = node;
    left = order < 0;
  }
  nodes_.push_back({value, kNone, kNone, parent, true});
  if (parent == kNone) {
    root_ = added;
  } else {
    (left ? at(parent).left : at(parent).right) = added;
  }
  fix_after_insertion(added);
}

void JavaTreeSet::fix_after_insertion(int node) {
  while (node != root_ && is_red(at(node).parent)) {
    const int parent = at(node).parent;
    const int grand = at(parent).parent;
    const bool on_left = parent == at(grand).left;
    const int uncle = on_left ? at(grand).right : at(grand).left;
    if (is_red(uncle)) {
      at(parent).red = at(uncle).red = false;
      at(grand).red = true;
      node = grand;
      continue;
    }
    if (node == (on_left ? at(parent).right : at(parent).left)) {
      node = parent;
      rotate(node, on_left);
    }
    at(at(node).parent).red = false;
    at(grand).red = true;
    rotate(grand, !on_left);
  }
  at(root_).red = false;
}

void JavaTreeSet::rotate(int node, bool to_left) {
  const int child = to_left ? at(node).right : at(node).left;
  const int inner = to_left ? at(child).left : at(child).right;
  const int parent = at(node).parent;
  (to_left ? at(node).right : at(node).left) = inner;
  if (inner != kNone) at(inner).parent = node;
  at(child).parent = parent;
  if (parent == kNone) {
    root_ = child;
  } else {
    (at(parent).left == node ? at(parent).left : at(parent).right) = child;
  }
  (to_left ? at(child).left : at(child).right) = node;
  at(node).parent = child;
}

std::vector<std::size_t> JavaTreeSet::in_order() const {
  std::vector<std::size_t> out;
  collect(root_, out);
  return out;
}

void JavaTreeSet::collect(int node, std::vector<std::size_t>& out) const {
  if (node == kNone) return;
  collect(at(node).left, out);
  out.push_back(at(node).value);
  collect(at(node).right, out);
}

}  // namespace streams::detail
