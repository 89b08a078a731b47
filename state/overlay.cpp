// Reads and ranges over uncommitted writes and the committed rows below them.
#include <state/merged_rows.hpp>
#include <state/overlay.hpp>

namespace streams::state {
namespace {

OptionalView viewed(const OptionalBytes& bytes) { return bytes ? OptionalView(*bytes) : std::nullopt; }

/// The bounds of both walks.
struct SharedBounds {
  KeyBounds bounds;
};

/// Uncommitted rows; key and value are copies, because the rows may be written while somebody looks at them.
class OverlayWalk {
 public:
  OverlayWalk(const Overlay::Table& table, const KeyBounds& bounds) : walk_(table, bounds) { copy(); }
  bool valid() const { return walk_.valid(); }
  BytesView key() const { return key_; }
  OptionalView value() const { return erased_ ? std::nullopt : OptionalView(value_); }
  bool changed() const { return walk_.changed(); }
  void next() {
    walk_.next();
    copy();
  }
  void seek_after(BytesView key) {
    walk_.seek_after(key);
    copy();
  }

 private:
  void copy() {
    if (!walk_.valid()) return;
    const auto* node = walk_.node();
    key_.assign(node->key);
    value_.assign(node->value.value);
    erased_ = node->value.erased;
  }

  TableWalk<Overlay::Entry, const KeyBounds&> walk_;
  Bytes key_;
  Bytes value_;
  bool erased_ = false;
};

/// Committed rows without those in erased ranges. If none is wanted, they are not looked at before there are others.
class CommittedWalk {
 public:
  CommittedWalk(const Overlay& overlay, const KeyBounds& bounds, RowsIn where)
      : overlay_(overlay), bounds_(bounds), generation_(overlay.generation()) {
    if (where == RowsIn::kAll) open(viewed(bounds_.from), viewed(bounds_.to));
  }
  bool valid() const { return rows_ && rows_->valid(); }
  BytesView key() const { return rows_->key(); }
  BytesView value() const { return rows_->value(); }
  bool changed() const { return generation_ != overlay_.generation(); }
  void next() {
    rows_->next();
    skip_erased();
  }
  void seek_after(BytesView key) {
    if (bounds_.reverse) {
      open(viewed(bounds_.from), key);
    } else {
      Bytes from(key);
      from.push_back('\0');
      open(from, viewed(bounds_.to));
    }
  }

 private:
  void open(OptionalView from, OptionalView to) {
    generation_ = overlay_.generation();
    rows_.reset();  // what it holds can be used again
    if (from && to && *from >= *to) return;
    rows_ = overlay_.committed().range(from, to, bounds_.reverse);
    skip_erased();
  }
  void skip_erased() {
    while (rows_->valid() && overlay_.range_erased(rows_->key())) rows_->next();
  }

  const Overlay& overlay_;
  const KeyBounds& bounds_;
  std::unique_ptr<ByteIterator> rows_;  ///< null: none
  std::uint64_t generation_;
};

class OverlayRows final : private SharedBounds, public MergedRows<OverlayWalk, CommittedWalk> {
 public:
  OverlayRows(const Overlay& overlay, KeyBounds given, RowsIn where)
      : SharedBounds{std::move(given)},
        MergedRows(OverlayWalk(overlay.entries(), bounds), CommittedWalk(overlay, bounds, where), bounds.reverse) {}
};

}  // namespace

bool Overlay::get(BytesView key, Bytes& out) const {
  if (const auto* node = table_.find(key)) {
    if (node->value.erased) return false;
    out.assign(node->value.value);
    return true;
  }
  if (range_erased(key)) return false;
  return committed_.get(key, out);
}

Overlay::Entry& Overlay::entry(BytesView key) {
  auto [node, fresh] = table_.insert(key);
  if (fresh) {
    node->value.value.clear();
    bytes_ += key.size() + kRowBytes;
  }
  return node->value;
}

void Overlay::put(BytesView key, BytesView value) {
  Entry& row = entry(key);
  bytes_ += value.size();
  bytes_ -= row.value.size();
  row.value.assign(value);
  row.erased = false;
}

void Overlay::erase(BytesView key) {
  Entry& row = entry(key);
  bytes_ -= row.value.size();
  row.value.clear();
  row.erased = true;
}

void Overlay::erase_range(BytesView from, BytesView to) {
  if (from >= to) return;
  table_.for_each_between(from, to, [this](Table::Node* node) {
    bytes_ -= node->value.value.size();
    node->value.value.clear();
    node->value.erased = true;
  });
  if (!erased_ranges_.empty() && erased_ranges_.back().first <= from && from <= erased_ranges_.back().second) {
    if (erased_ranges_.back().second < to) erased_ranges_.back().second.assign(to);
  } else {
    erased_ranges_.emplace_back(Bytes(from), Bytes(to));
  }
}

bool Overlay::range_erased(BytesView key) const {
  for (const auto& [from, to] : erased_ranges_) {
    if (key >= from && key < to) return true;
  }
  return false;
}

std::unique_ptr<ByteIterator> Overlay::range(OptionalView from, OptionalView to, bool reverse, RowsIn where) const {
  if (from && to && *from >= *to) return std::make_unique<NoRows>();
  return std::make_unique<OverlayRows>(*this, KeyBounds{detail::owned(from), detail::owned(to), reverse}, where);
}

std::int64_t Overlay::approximate_entries() const {
  std::int64_t count = committed_.approximate_entries();
  Bytes ignored;
  table_.for_each([&](const Table::Node* node) {
    const bool before = !range_erased(node->key) && committed_.get(node->key, ignored);
    count += (node->value.erased ? 0 : 1) - (before ? 1 : 0);
  });
  return count;
}

void Overlay::clear(bool keep) {
  table_.clear(keep);
  erased_ranges_.clear();
  bytes_ = 0;
  ++generation_;
}

}  // namespace streams::state
