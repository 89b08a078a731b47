// A hash table from bytes to values with an ordered view that is only built when somebody asks for it.
//
// Invariants:
// 1. Nodes stay where they are until they are erased; erased and cleared nodes are used again, buffers included.
// 2. The ordered view, once built, is kept up to date: a table that is scanned once will be scanned again.
// 3. `version` changes with every insertion and removal, so that a walk knows when to look for its place again.
#pragma once

#include <streams/bytes.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace streams::state {

template <class Value>
class ByteTable {
 public:
  struct Node {
    Bytes key;
    Value value;
    std::size_t hash = 0;
    Node* next = nullptr;  ///< in the same bucket, or in the list of free nodes
  };
  struct ByKey {
    using is_transparent = void;
    bool operator()(const Node* a, const Node* b) const { return a->key < b->key; }
    bool operator()(const Node* a, BytesView b) const { return a->key < b; }
    bool operator()(BytesView a, const Node* b) const { return a < b->key; }
  };
  using Ordered = std::set<Node*, ByKey>;

  ByteTable() : buckets_(kMinBuckets, nullptr) {}
  ByteTable(const ByteTable&) = delete;
  ByteTable& operator=(const ByteTable&) = delete;

  std::size_t size() const { return size_; }
  std::uint64_t version() const { return version_; }

  Node* find(BytesView key) const {
    const std::size_t hash = hash_of(key);
    for (Node* node = buckets_[hash & (buckets_.size() - 1)]; node != nullptr; node = node->next) {
      if (node->hash == hash && node->key == key) return node;
    }
    return nullptr;
  }

  /// The node of the key, and whether it is new. The value of a new node is whatever its former owner left: set it.
  std::pair<Node*, bool> insert(BytesView key) {
    const std::size_t hash = hash_of(key);
    Node** bucket = &buckets_[hash & (buckets_.size() - 1)];
    for (Node* node = *bucket; node != nullptr; node = node->next) {
      if (node->hash == hash && node->key == key) return {node, false};
    }
    if (size_ >= buckets_.size()) {
      resize(buckets_.size() * 2);
      bucket = &buckets_[hash & (buckets_.size() - 1)];
    }
    Node* node = allocate();
    node->key.assign(key);
    node->hash = hash;
    node->next = *bucket;
    *bucket = node;
    ++size_;
    ++version_;
    if (ordered_) ordered_->insert(node);
    return {node, true};
  }

  void erase(Node* node) {
    if (ordered_) ordered_->erase(node);
    Node** link = &buckets_[node->hash & (buckets_.size() - 1)];
    while (*link != node) link = &(*link)->next;
    *link = node->next;
    node->next = free_;
    free_ = node;
    --size_;
    ++version_;
  }

  /// `keep`: up to some number of nodes stay, to be used again.
  void clear(bool keep = true) {
    if (size_ == 0) return;
    if (ordered_) ordered_->clear();
    if (!keep || storage_.size() > kMaxKeptNodes) {
      storage_.clear();
      storage_.shrink_to_fit();
      free_ = nullptr;
    } else {
      for_each([this](Node* node) {
        node->next = free_;
        free_ = node;
      });
    }
    std::size_t buckets = size_ < buckets_.size() / 8 ? std::max(kMinBuckets, buckets_.size() / 2) : buckets_.size();
    if (!keep) {
      buckets = kMinBuckets;
      std::vector<Node*>().swap(buckets_);
      ordered_.reset();
    }
    buckets_.assign(buckets, nullptr);
    size_ = 0;
    ++version_;
  }

  /// Calls fn(Node*) for every node, in no order. `fn` may relink the node it is given.
  template <class Fn>
  void for_each(Fn&& fn) const {
    for (Node* node : buckets_) {
      while (node != nullptr) {
        Node* next = node->next;
        fn(node);
        node = next;
      }
    }
  }

  const Ordered& ordered() const {
    if (!ordered_) {
      std::vector<Node*> nodes;
      nodes.reserve(size_);
      for_each([&](Node* node) { nodes.push_back(node); });
      std::sort(nodes.begin(), nodes.end(), ByKey());
      ordered_.emplace(nodes.begin(), nodes.end());
    }
    return *ordered_;
  }

  /// Calls fn(Node*) for the nodes with from <= key < to, in no order; fn may erase the node. Does not build the
  /// ordered view.
  template <class Fn>
  void for_each_between(BytesView from, BytesView to, Fn&& fn) const {
    if (!ordered_) {
      return for_each([&](Node* node) {
        if (node->key >= from && node->key < to) fn(node);
      });
    }
    for (auto at = ordered_->lower_bound(from); at != ordered_->end() && (*at)->key < to;) fn(*at++);
  }

 private:
  static constexpr std::size_t kMinBuckets = 64;
  static constexpr std::size_t kMaxKeptNodes = 64 * 1024;

  static std::size_t hash_of(BytesView key) { return std::hash<BytesView>()(key); }

  Node* allocate() {
    if (free_ == nullptr) return &storage_.emplace_back();
    return std::exchange(free_, free_->next);
  }

  void resize(std::size_t count) {
    std::vector<Node*> buckets(count, nullptr);
    for_each([&](Node* node) {
      Node*& bucket = buckets[node->hash & (count - 1)];
      node->next = bucket;
      bucket = node;
    });
    buckets_ = std::move(buckets);
  }

  std::vector<Node*> buckets_;  ///< a power of two of them
  std::size_t size_ = 0;
  std::uint64_t version_ = 0;
  std::deque<Node> storage_;
  Node* free_ = nullptr;
  mutable std::optional<Ordered> ordered_;
};

/// Where a walk over rows goes: from <= key < to, in key order or in reverse.
struct KeyBounds {
  OptionalBytes from;
  OptionalBytes to;
  bool reverse = false;

  bool empty() const { return from && to && *from >= *to; }
};

/// Walks over the nodes of a table. `Bounds` is KeyBounds, or a reference to them.
template <class Value, class Bounds = KeyBounds>
class TableWalk {
 public:
  using Table = ByteTable<Value>;
  using Node = typename Table::Node;

  TableWalk(const Table& table, Bounds bounds) : table_(table), bounds_(std::forward<Bounds>(bounds)) { seek_first(); }

  bool valid() const { return node_ != nullptr; }
  bool changed() const { return version_ != table_.version(); }
  Node* node() const { return node_; }
  const KeyBounds& bounds() const { return bounds_; }

  /// Not after a change: then seek_after().
  void next() {
    if (bounds_.reverse) {
      step_back(at_);
    } else {
      settle(std::next(at_));
    }
  }

  /// Goes to the first row beyond the key, in the direction of the walk.
  void seek_after(BytesView key) {
    const auto& nodes = table_.ordered();
    if (bounds_.reverse) {
      if (bounds_.to && key >= *bounds_.to) return seek_first();
      step_back(nodes.lower_bound(key));
    } else {
      if (bounds_.from && key < *bounds_.from) return seek_first();
      settle(nodes.upper_bound(key));
    }
  }

 private:
  using Place = typename Table::Ordered::const_iterator;

  void seek_first() {
    const auto& nodes = table_.ordered();
    if (bounds_.reverse) {
      step_back(bounds_.to ? nodes.lower_bound(BytesView(*bounds_.to)) : nodes.end());
    } else {
      settle(bounds_.from ? nodes.lower_bound(BytesView(*bounds_.from)) : nodes.begin());
    }
  }

  void step_back(Place after) {
    if (after == table_.ordered().begin()) return settle(table_.ordered().end());
    settle(std::prev(after));
  }

  void settle(Place place) {
    at_ = place;
    version_ = table_.version();
    node_ = place == table_.ordered().end() || outside((*place)->key) ? nullptr : *place;
  }

  bool outside(const Bytes& key) const {
    return bounds_.reverse ? bounds_.from && key < *bounds_.from : bounds_.to && key >= *bounds_.to;
  }

  const Table& table_;
  Bounds bounds_;
  Place at_;
  Node* node_ = nullptr;
  std::uint64_t version_ = 0;
};

}  // namespace streams::state
