// Typed views of local stores, one class for each kind of store.
#pragma once

#include <streams/detail/session_store.hpp>
#include <streams/detail/versioned_store.hpp>
#include <streams/detail/view_parts.hpp>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace streams::detail {

template <class K, class Row>
class KeyValueView final : public ReadOnlyKeyValueStore<K, Row> {
  using V = typename RowValue<Row>::type;
  using Rows = StoreRange<std::pair<K, Row>>;

 public:
  explicit KeyValueView(ViewParts<K, V> parts) : parts_(std::move(parts)) {}

  std::optional<Row> get(const K& key) const override {
    const Bytes key_bytes = parts_.key(key);
    Bytes value;
    const bool found =
        parts_.reader->find([&](const LocalStore& store) { return store.rows.key_values->get(key_bytes, value); });
    if (!found) return std::nullopt;
    return parts_.template row<Row>(value);
  }
  Rows range(const std::optional<K>& from, const std::optional<K>& to) const override { return scan(from, to, false); }
  Rows reverse_range(const std::optional<K>& from, const std::optional<K>& to) const override {
    return scan(from, to, true);
  }
  Rows prefix_scan(BytesView prefix) const override {
    return rows(
        [prefix = Bytes(prefix)](const LocalStore& store) { return row_walk(store.rows.key_values->prefix(prefix)); });
  }
  std::int64_t approximate_entries() const override {
    std::int64_t sum = 0;
    parts_.reader->find([&](const LocalStore& store) {
      sum += store.rows.key_values->approximate_entries();
      return false;
    });
    return sum;
  }

 private:
  template <class Open>
  Rows rows(Open open) const {
    return parts_.template range<std::pair<K, Row>>(std::move(open), [](const auto& codec, const RowWalk& at) {
      return std::pair<K, Row>(codec.key(at.key()), ViewParts<K, V>::template decode_row<Row>(codec, at.value()));
    });
  }
  Rows scan(const std::optional<K>& from, const std::optional<K>& to, bool reverse) const {
    return rows([from = parts_.key(from), to = parts_.key(to), reverse](const LocalStore& store) {
      return row_walk(store.rows.key_values->range(ViewParts<K, V>::view(from), ViewParts<K, V>::view(to), reverse));
    });
  }

  const ViewParts<K, V> parts_;
};

template <class K, class Row>
class WindowView final : public ReadOnlyWindowStore<K, Row> {
  using V = typename RowValue<Row>::type;
  using Parts = ViewParts<K, V>;
  using Windows = StoreRange<std::pair<Windowed<K>, Row>>;
  using OfKey = StoreRange<std::pair<Timestamp, Row>>;

 public:
  explicit WindowView(Parts parts) : parts_(std::move(parts)) {}

  std::optional<Row> fetch(const K& key, Timestamp start) const override {
    const Bytes key_bytes = parts_.key(key);
    Bytes value;
    const bool found =
        parts_.reader->find([&](const LocalStore& store) { return store.rows.windows->get(key_bytes, start, value); });
    if (!found) return std::nullopt;
    return parts_.template row<Row>(value);
  }
  OfKey fetch(const K& key, Timestamp from, Timestamp to) const override { return of_key(key, from, to, false); }
  OfKey backward_fetch(const K& key, Timestamp from, Timestamp to) const override {
    return of_key(key, from, to, true);
  }
  Windows fetch_range(const std::optional<K>& key_from, const std::optional<K>& key_to, Timestamp from,
                      Timestamp to) const override {
    return range(key_from, key_to, from, to, false);
  }
  Windows backward_fetch_range(const std::optional<K>& key_from, const std::optional<K>& key_to, Timestamp from,
                               Timestamp to) const override {
    return range(key_from, key_to, from, to, true);
  }
  Windows all() const override {
    return windows([](const LocalStore& store) { return row_walk(store.rows.windows->all(false)); });
  }
  Windows backward_all() const override {
    return windows([](const LocalStore& store) { return row_walk(store.rows.windows->all(true)); });
  }

 private:
  Windows range(const std::optional<K>& key_from, const std::optional<K>& key_to, Timestamp from, Timestamp to,
                bool reverse) const {
    return windows([low = parts_.key(key_from), high = parts_.key(key_to), from, to, reverse](const LocalStore& at) {
      return row_walk(at.rows.windows->fetch_range(Parts::view(low), Parts::view(high), from, to, reverse));
    });
  }
  OfKey of_key(const K& key, Timestamp from, Timestamp to, bool reverse) const {
    return parts_.template range<std::pair<Timestamp, Row>>(
        [bytes = parts_.key(key), from, to, reverse](const LocalStore& store) {
          return row_walk(store.rows.windows->fetch(bytes, from, to, reverse));
        },
        [](const auto& codec, const RowWalk& at) {
          return std::pair<Timestamp, Row>(at.start(), Parts::template decode_row<Row>(codec, at.value()));
        });
  }
  template <class Open>
  Windows windows(Open open) const {
    return parts_.template range<std::pair<Windowed<K>, Row>>(
        std::move(open), [size = parts_.spec.window_ms](const auto& codec, const RowWalk& at) {
          return std::pair<Windowed<K>, Row>({codec.key(at.key()), at.start(), window_end(at.start(), size)},
                                             Parts::template decode_row<Row>(codec, at.value()));
        });
  }

  const Parts parts_;
};

template <class K, class V>
class SessionView final : public ReadOnlySessionStore<K, V> {
  using Parts = ViewParts<K, V>;
  using Sessions = typename ReadOnlySessionStore<K, V>::Sessions;

 public:
  explicit SessionView(Parts parts) : parts_(std::move(parts)) {}

  std::optional<V> fetch_session(const K& key, Timestamp start, Timestamp end) const override {
    const Bytes key_bytes = parts_.key(key);
    Bytes value;
    const bool found = parts_.reader->find(
        [&](const LocalStore& store) { return store.rows.sessions->get(key_bytes, start, end, value); });
    if (!found) return std::nullopt;
    return parts_.template row<V>(value);
  }
  Sessions find_sessions(const K& key, Timestamp earliest_end, Timestamp latest_start) const override {
    return of_key(key, earliest_end, latest_start, false);
  }
  Sessions backward_find_sessions(const K& key, Timestamp earliest_end, Timestamp latest_start) const override {
    return of_key(key, earliest_end, latest_start, true);
  }
  Sessions find_sessions(const std::optional<K>& from, const std::optional<K>& to, Timestamp earliest_end,
                         Timestamp latest_start) const override {
    return range(from, to, earliest_end, latest_start, false);
  }
  Sessions backward_find_sessions(const std::optional<K>& from, const std::optional<K>& to, Timestamp earliest_end,
                                  Timestamp latest_start) const override {
    return range(from, to, earliest_end, latest_start, true);
  }
  Sessions find_ended(Timestamp from, Timestamp to) const override {
    return sessions([from, to](const LocalStore& at) { return row_walk(at.rows.sessions->find_ended(from, to)); });
  }

 private:
  Sessions range(const std::optional<K>& from, const std::optional<K>& to, Timestamp earliest_end,
                 Timestamp latest_start, bool reverse) const {
    return sessions(
        [low = parts_.key(from), high = parts_.key(to), earliest_end, latest_start, reverse](const LocalStore& at) {
          return row_walk(
              at.rows.sessions->find_range(Parts::view(low), Parts::view(high), earliest_end, latest_start, reverse));
        });
  }
  Sessions of_key(const K& key, Timestamp earliest_end, Timestamp latest_start, bool reverse) const {
    return sessions([bytes = parts_.key(key), earliest_end, latest_start, reverse](const LocalStore& at) {
      return row_walk(at.rows.sessions->find(bytes, earliest_end, latest_start, reverse));
    });
  }
  template <class Open>
  Sessions sessions(Open open) const {
    return parts_.template range<std::pair<Windowed<K>, V>>(std::move(open), [](const auto& codec, const RowWalk& at) {
      return std::pair<Windowed<K>, V>({codec.key(at.key()), at.start(), at.end()}, codec.plain_value(at.value()));
    });
  }

  const Parts parts_;
};

template <class K, class V>
class VersionedView final : public ReadOnlyVersionedKeyValueStore<K, V> {
  using Version = VersionedRecord<V>;

 public:
  explicit VersionedView(ViewParts<K, V> parts) : parts_(std::move(parts)) {}

  std::optional<Version> get(const K& key) const override {
    return one([bytes = parts_.key(key)](state::VersionedBytes& rows, state::VersionedRow& out) {
      return rows.get(bytes, out);
    });
  }
  std::optional<Version> get(const K& key, Timestamp as_of) const override {
    return one([bytes = parts_.key(key), as_of](state::VersionedBytes& rows, state::VersionedRow& out) {
      return rows.get(bytes, as_of, out);
    });
  }
  std::vector<Version> history(const K& key, Timestamp from, Timestamp to, bool newest_first) const override {
    const Bytes bytes = parts_.key(key);
    std::vector<state::VersionedRow> rows;
    parts_.reader->find([&](const LocalStore& store) {
      rows = store.rows.versions->history(bytes, from, to, newest_first);
      return !rows.empty();
    });
    std::vector<Version> out;
    out.reserve(rows.size());
    for (const state::VersionedRow& row : rows) out.push_back(typed(*parts_.codec, row));
    return out;
  }
  static Version typed(const StoreCodec<K, V>& codec, const state::VersionedRow& row) {
    Version out{codec.plain_value(row.value), row.timestamp, std::nullopt};
    if (row.valid_to != state::VersionedBytes::kValidToUndefined) out.valid_to = row.valid_to;
    return out;
  }

 private:
  template <class Look>
  std::optional<Version> one(Look look) const {
    state::VersionedRow row;
    if (!parts_.reader->find([&](const LocalStore& store) { return look(*store.rows.versions, row); }))
      return std::nullopt;
    return typed(*parts_.codec, row);
  }

  const ViewParts<K, V> parts_;
};

template <class K, class Row>
struct MakeView<ReadOnlyKeyValueStore<K, Row>> {
  using V = typename RowValue<Row>::type;
  static std::shared_ptr<const ReadOnlyKeyValueStore<K, Row>> from(const ReadableStore& store) {
    if constexpr (RowValue<Row>::kTimestamped) {
      return std::make_shared<KeyValueView<K, Row>>(view_parts<K, V, KeyValueShell<K, V, ValueAndTimestamp<V>>>(
          store, "a key-value store with timestamps (queryable::timestamped_key_value)"));
    } else {
      return std::make_shared<KeyValueView<K, Row>>(
          view_parts<K, V, KeyValueShell<K, V, V>, KeyValueShell<K, V, ValueAndTimestamp<V>>>(
              store, "a key-value store (queryable::key_value)"));
    }
  }
};

template <class K, class Row>
struct MakeView<ReadOnlyWindowStore<K, Row>> {
  using V = typename RowValue<Row>::type;
  static std::shared_ptr<const ReadOnlyWindowStore<K, Row>> from(const ReadableStore& store) {
    if constexpr (RowValue<Row>::kTimestamped) {
      return std::make_shared<WindowView<K, Row>>(view_parts<K, V, WindowShell<K, V, ValueAndTimestamp<V>>>(
          store, "a window store with timestamps (queryable::timestamped_window)"));
    } else {
      return std::make_shared<WindowView<K, Row>>(
          view_parts<K, V, WindowShell<K, V, V>, WindowShell<K, V, ValueAndTimestamp<V>>>(
              store, "a window store (queryable::window)"));
    }
  }
};

template <class K, class V>
struct MakeView<ReadOnlySessionStore<K, V>> {
  static std::shared_ptr<const ReadOnlySessionStore<K, V>> from(const ReadableStore& store) {
    return std::make_shared<SessionView<K, V>>(
        view_parts<K, V, SessionShell<K, V>>(store, "a session store (queryable::session)"));
  }
};

template <class K, class V>
struct MakeView<ReadOnlyVersionedKeyValueStore<K, V>> {
  static std::shared_ptr<const ReadOnlyVersionedKeyValueStore<K, V>> from(const ReadableStore& store) {
    return std::make_shared<VersionedView<K, V>>(
        view_parts<K, V, VersionedShell<K, V>>(store, "a versioned key-value store (queryable::versioned_key_value)"));
  }
};

}  // namespace streams::detail
