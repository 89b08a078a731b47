// The order in which Java's collections would iterate over names: describe() texts and the order of stores depend on
// it.
//
// Source: java.util.HashMap, java.util.TreeMap, java.lang.String of OpenJDK.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace streams::detail {

/// String.hashCode() of a UTF-8 text: over its UTF-16 code units.
std::int32_t java_hash(std::string_view text);

/// String.compareTo(): by UTF-16 code units. Negative, 0 or positive.
int java_compare(std::string_view a, std::string_view b);

/// The names in the order of a `new HashSet<String>()` to which they were added one by one. Names that are there
/// twice count once. Differs from Java for 9 or more names that share one of 64 or more buckets: it makes trees then.
std::vector<std::string> java_set_order(const std::vector<std::string>& names);

/// The same for distinct objects with these hash codes: their positions.
std::vector<std::size_t> java_set_order(const std::vector<std::int32_t>& hashes);

/// The names in the order of a `new HashSet<>(collection)`, which is made large enough for all at once.
std::vector<std::string> java_copied_set_order(const std::vector<std::string>& names);

/// A java.util.TreeSet of numbers whose order may change while it is being filled: where a number ends up then depends
/// on the shape of the red-black tree, so this keeps the same tree.
class JavaTreeSet {
 public:
  /// `compare(a, b)`: negative, 0 or positive, as of now. A number that meets an equal one on its way is not added.
  void add(std::size_t value, const std::function<int(std::size_t, std::size_t)>& compare);
  std::vector<std::size_t> in_order() const;

 private:
  static constexpr int kNone = -1;
  struct Node {
    std::size_t value = 0;
    int left = kNone, right = kNone, parent = kNone;
    bool red = true;
  };

  bool is_red(int node) const { return node != kNone && nodes_[static_cast<std::size_t>(node)].red; }
  Node& at(int node) { return nodes_[static_cast<std::size_t>(node)]; }
  const Node& at(int node) const { return nodes_[static_cast<std::size_t>(node)]; }
  void fix_after_insertion(int node);
  void rotate(int node, bool to_left);
  void collect(int node, std::vector<std::size_t>& out) const;

  std::vector<Node> nodes_;
  int root_ = kNone;
};

}  // namespace streams::detail
