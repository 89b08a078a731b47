// Records as they flow between processors, with headers and the context they came from.
#pragma once

#include <streams/bytes.hpp>

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace streams {

/// One header of a record: `key` is its name, `value` bytes or null.
/// Source: org.apache.kafka.common.header.Header.
struct Header {
  std::string key;
  OptionalBytes value{};
  friend bool operator==(const Header&, const Header&) = default;
};

/// Record headers in order; names may repeat. An empty list costs one null pointer.
class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<Header> list)
      : list_(list.size() == 0 ? nullptr : std::make_unique<std::vector<Header>>(list)) {}
  Headers(const Headers& other) : list_(other.list_ ? std::make_unique<std::vector<Header>>(*other.list_) : nullptr) {}
  Headers(Headers&&) noexcept = default;
  Headers& operator=(Headers other) noexcept {
    list_ = std::move(other.list_);
    return *this;
  }

  /// How many there are, and the headers themselves in order. Pointers live until the list changes.
  bool empty() const { return !list_ || list_->empty(); }
  std::size_t size() const { return list_ ? list_->size() : 0; }
  const Header* begin() const { return list_ ? list_->data() : nullptr; }
  const Header* end() const { return list_ ? list_->data() + list_->size() : nullptr; }

  /// Puts one behind the others.
  void add(std::string key, OptionalBytes value) {
    if (!list_) list_ = std::make_unique<std::vector<Header>>();
    list_->push_back({std::move(key), std::move(value)});
  }
  /// Removes every header of that name.
  void remove(std::string_view key) {
    if (list_) std::erase_if(*list_, [&](const Header& h) { return h.key == key; });
  }
  /// The last header of that name, or null.
  const Header* last(std::string_view key) const {
    for (const Header* h = end(); h != begin();) {
      if ((--h)->key == key) return h;
    }
    return nullptr;
  }

  friend bool operator==(const Headers& a, const Headers& b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (!(a.begin()[i] == b.begin()[i])) return false;
    }
    return true;
  }

 private:
  std::unique_ptr<std::vector<Header>> list_;
};

/// One record between two processors. A null key or value is std::nullopt.
/// Source: org.apache.kafka.streams.processor.api.Record.
template <class K, class V>
struct Record {
  using Key = K;
  using Value = V;
  std::optional<K> key{};
  std::optional<V> value{};
  Timestamp timestamp = 0;
  Headers headers{};
};

/// An update of a table's row. Null `new_value`: the row is deleted (tombstone). The `old_value` is set only where a
/// downstream operator needs it. Source: org.apache.kafka.streams.kstream.internals.Change.
template <class V>
struct Change {
  std::optional<V> new_value{};
  std::optional<V> old_value{};
  bool is_latest = true;  ///< false for out-of-order updates of versioned tables
};

/// Where the record being processed came from. `topic` lives as long as the task; `headers` is never null.
struct RecordContext {
  std::string_view topic{};
  std::int32_t partition = -1;
  std::int64_t offset = -1;
  Timestamp timestamp = 0;
  const Headers* headers = &kNoHeaders;

  static const Headers kNoHeaders;  ///< an empty list that lives as long as the program
};
inline const Headers RecordContext::kNoHeaders{};

}  // namespace streams
