// State that lives in memory only: gone with the process, but with the same commit and discard as state on disk.
#include <state/overlay.hpp>

#include <utility>

namespace streams::state {
namespace {

/// Walks over committed rows; key and value are copies, because a commit may come in between.
class MemoryIterator final : public ByteIterator {
 public:
  MemoryIterator(const ByteTable<Bytes>& table, KeyBounds bounds) : walk_(table, std::move(bounds)) { copy(); }
  bool valid() const override { return walk_.valid(); }
  BytesView key() const override { return key_; }
  BytesView value() const override { return value_; }
  void next() override {
    if (walk_.changed()) {
      walk_.seek_after(key_);
    } else {
      walk_.next();
    }
    copy();
  }

 private:
  void copy() {
    if (!walk_.valid()) return;
    key_.assign(walk_.node()->key);
    value_.assign(walk_.node()->value);
  }

  TableWalk<Bytes> walk_;
  Bytes key_;
  Bytes value_;
};

class MemoryRows final : public CommittedRows {
 public:
  bool get(BytesView key, Bytes& out) const override {
    const auto* node = table_.find(key);
    if (node != nullptr) out.assign(node->value);
    return node != nullptr;
  }
  std::unique_ptr<ByteIterator> range(OptionalView from, OptionalView to, bool reverse) const override {
    KeyBounds bounds;
    if (from) bounds.from.emplace(*from);
    if (to) bounds.to.emplace(*to);
    bounds.reverse = reverse;
    return std::make_unique<MemoryIterator>(table_, std::move(bounds));
  }
  std::int64_t approximate_entries() const override { return static_cast<std::int64_t>(table_.size()); }

  void apply(const Overlay& writes) {
    for (const auto& [from, to] : writes.erased_ranges()) {
      table_.for_each_between(from, to, [this](ByteTable<Bytes>::Node* node) { table_.erase(node); });
    }
    writes.entries().for_each([this](const Overlay::Table::Node* write) {
      if (!write->value.erased) {
        table_.insert(write->key).first->value.assign(write->value.value);
      } else if (auto* node = table_.find(write->key)) {
        table_.erase(node);
      }
    });
  }

 private:
  ByteTable<Bytes> table_;
};

struct MemoryFamily {
  MemoryRows committed;
  Overlay writes{committed};
};

class InMemoryDatabase final : public StateDatabase {
 public:
  explicit InMemoryDatabase(const std::vector<std::string>& names) {
    for (const std::string& name : names) families_.try_emplace(name);
  }

  ByteStore& family(const std::string& name) override { return families_[name].writes; }
  const std::map<std::string, std::int64_t>& offsets() const override { return offsets_; }
  Status commit(const std::map<std::string, std::int64_t>& offsets) override {
    for (auto& [name, family] : families_) {
      family.committed.apply(family.writes);
      family.writes.clear();
    }
    for (const auto& [partition, offset] : offsets) offsets_[partition] = offset;
    return {};
  }
  void discard() override {
    for (auto& [name, family] : families_) family.writes.clear();
  }
  std::size_t uncommitted_bytes() const override {
    std::size_t bytes = 0;
    for (const auto& [name, family] : families_) bytes += family.writes.bytes();
    return bytes;
  }
  bool persistent() const override { return false; }

 private:
  std::map<std::string, MemoryFamily> families_;
  std::map<std::string, std::int64_t> offsets_;
};

}  // namespace

std::unique_ptr<StateDatabase> make_in_memory(const std::vector<std::string>& families) {
  return std::make_unique<InMemoryDatabase>(families);
}

}  // namespace streams::state
