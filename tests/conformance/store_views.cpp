#include "store_views.hpp"

#include <limits>
#include <type_traits>

namespace streams::conformance {

namespace {

using Timestamped = ValueAndTimestamp<Dyn>;

/// Rows of stores whose values are Dyn or ValueAndTimestamp<Dyn>, from and to Row.
template <class Value>
struct RowCodec {
  bool headers;

  Row row(Value value) const {
    if constexpr (std::is_same_v<Value, Dyn>) {
      return {std::move(value), std::nullopt, std::nullopt};
    } else {
      return {std::move(value.value), value.timestamp, headers ? std::optional(value.headers) : std::nullopt};
    }
  }
  std::optional<Row> row(std::optional<Value> value) const {
    return value ? std::optional(row(std::move(*value))) : std::nullopt;
  }
  std::optional<Value> value(const NewRow& row) const {
    if (!row.value) return std::nullopt;
    if constexpr (std::is_same_v<Value, Dyn>) {
      return *row.value;
    } else {
      return Timestamped{*row.value, row.timestamp, row.headers};
    }
  }
};

template <class Value>
class KeyValueViewOf final : public KeyValueView {
 public:
  KeyValueViewOf(KeyValueStore<Dyn, Value>& store, bool headers) : store_(store), codec_{headers} {}

  std::optional<Row> get(const Dyn& key) override { return codec_.row(store_.get(key)); }
  void put(const Dyn& key, const NewRow& row) override { store_.put(key, codec_.value(row)); }
  std::optional<Row> put_if_absent(const Dyn& key, const NewRow& row) override {
    return codec_.row(store_.put_if_absent(key, codec_.value(row)));
  }
  std::optional<Row> erase(const Dyn& key) override { return codec_.row(store_.erase(key)); }
  Rows range(const Dyn& from, const Dyn& to, bool reverse) override {
    if (from.is_null() && to.is_null()) return rows(reverse ? store_.reverse_all() : store_.all());
    return rows(reverse ? store_.reverse_range(to_optional(from), to_optional(to))
                        : store_.range(to_optional(from), to_optional(to)));
  }
  Rows prefix(const std::string& prefix) override { return rows(store_.prefix_scan(prefix)); }

 private:
  Rows rows(const StoreRange<std::pair<Dyn, Value>>& range) const {
    Rows list;
    for (auto [key, value] : range) list.emplace_back(std::move(key), codec_.row(std::move(value)));
    return list;
  }

  KeyValueStore<Dyn, Value>& store_;
  RowCodec<Value> codec_;
};

template <class Value>
class WindowViewOf final : public WindowView {
 public:
  WindowViewOf(WindowStore<Dyn, Value>& store, bool headers) : store_(store), codec_{headers} {}

  void put(const Dyn& key, const NewRow& row, Timestamp start) override { store_.put(key, codec_.value(row), start); }
  std::optional<Row> get(const Dyn& key, Timestamp start) override { return codec_.row(store_.fetch(key, start)); }
  std::vector<std::pair<Timestamp, Row>> fetch(const Dyn& key, Timestamp from, Timestamp to, bool backward) override {
    std::vector<std::pair<Timestamp, Row>> list;
    for (auto [start, value] : backward ? store_.backward_fetch(key, from, to) : store_.fetch(key, from, to)) {
      list.emplace_back(start, codec_.row(std::move(value)));
    }
    return list;
  }
  Rows fetch_range(const Dyn& key_from, const Dyn& key_to, Timestamp from, Timestamp to) override {
    return rows(store_.fetch_range(to_optional(key_from), to_optional(key_to), from, to));
  }
  Rows all() override { return rows(store_.all()); }

 private:
  Rows rows(const StoreRange<std::pair<Windowed<Dyn>, Value>>& range) const {
    Rows list;
    for (auto [key, value] : range) list.emplace_back(Dyn(key), codec_.row(std::move(value)));
    return list;
  }

  WindowStore<Dyn, Value>& store_;
  RowCodec<Value> codec_;
};

class SessionViewOf final : public SessionView {
 public:
  SessionViewOf(SessionStore<Dyn, Dyn>& store, bool headers) : store_(store), headers_(headers) {}

  void put(const Windowed<Dyn>& session, const NewRow& row) override { store_.put(session, row.value); }
  void remove(const Windowed<Dyn>& session) override { store_.remove(session); }
  std::optional<Row> get(const Windowed<Dyn>& session) override {
    std::optional<Dyn> value = store_.fetch_session(session.key, session.start, session.end);
    return value ? std::optional(row(session, std::move(*value))) : std::nullopt;
  }
  Rows find(const Dyn& key, Timestamp earliest_end, Timestamp latest_start, bool backward) override {
    return rows(backward ? store_.backward_find_sessions(key, earliest_end, latest_start)
                         : store_.find_sessions(key, earliest_end, latest_start));
  }
  Rows fetch(const Dyn& key, bool backward) override {
    return rows(backward ? store_.backward_fetch(key) : store_.fetch(key));
  }
  Rows all() override { return rows(store_.fetch(std::nullopt, std::nullopt)); }

 private:
  Rows rows(const StoreRange<std::pair<Windowed<Dyn>, Dyn>>& range) const {
    Rows list;
    for (auto [session, value] : range) {
      Row found = row(session, std::move(value));
      list.emplace_back(Dyn(session), std::move(found));
    }
    return list;
  }
  Row row(const Windowed<Dyn>& session, Dyn value) const {
    return {std::move(value), std::nullopt, headers_ ? std::optional(store_.headers_of(session)) : std::nullopt};
  }

  SessionStore<Dyn, Dyn>& store_;
  bool headers_;
};

class VersionedViewOf final : public VersionedView {
 public:
  explicit VersionedViewOf(VersionedKeyValueStore<Dyn, Dyn>& store) : store_(store) {}

  std::int64_t put(const Dyn& key, const NewRow& row) override {
    return store_.put(key, row.value, row.timestamp).value_or(std::numeric_limits<Timestamp>::min());
  }
  std::optional<Version> get(const Dyn& key) override { return version(store_.get(key)); }
  std::optional<Version> get_as_of(const Dyn& key, Timestamp at) override { return version(store_.get(key, at)); }
  std::vector<Version> versions(const Dyn& key, std::optional<Timestamp> from, std::optional<Timestamp> to,
                                bool newest_first) override {
    std::vector<Version> list;
    for (auto& record : store_.history(key, from.value_or(0), to.value_or(INT64_MAX), newest_first)) {
      list.push_back(*version(std::move(record)));
    }
    return list;
  }

 private:
  static std::optional<Version> version(std::optional<VersionedRecord<Dyn>> record) {
    if (!record) return std::nullopt;
    return Version{{std::move(record->value), record->timestamp, std::nullopt}, record->valid_to};
  }
  VersionedKeyValueStore<Dyn, Dyn>& store_;
};

}  // namespace

std::string show(const std::optional<Row>& row) {
  if (!row) return "null";
  std::string text = show(row->value);
  if (row->timestamp) text += "@" + std::to_string(*row->timestamp);
  if (!row->headers) return text;
  text += "{";
  const char* separator = "";
  for (const Header& header : *row->headers) {
    text += separator + header.key + "=" + header.value.value_or("null");
    separator = ",";
  }
  return text + "}";
}

Json to_json(const Headers& headers) {
  Json list = Json::array();
  for (const Header& header : headers) {
    list.push_back(Json::array({header.key, header.value ? Json(*header.value) : Json()}));
  }
  return list;
}

Json to_json(const Row& row) {
  Json json{{"value", to_json(row.value)}};
  if (row.timestamp) json["ts"] = *row.timestamp;
  if (row.headers) json["headers"] = to_json(*row.headers);
  return json;
}

Json to_json(const Version& version) {
  Json json = to_json(version.row);
  if (version.valid_to) json["valid_to"] = *version.valid_to;
  return json;
}

std::unique_ptr<KeyValueView> key_value_view(StateStore& store, bool headers) {
  if (auto* plain = dynamic_cast<KeyValueStore<Dyn, Dyn>*>(&store)) {
    return std::make_unique<KeyValueViewOf<Dyn>>(*plain, headers);
  }
  if (auto* timestamped = dynamic_cast<KeyValueStore<Dyn, Timestamped>*>(&store)) {
    return std::make_unique<KeyValueViewOf<Timestamped>>(*timestamped, headers);
  }
  return nullptr;
}

std::unique_ptr<WindowView> window_view(StateStore& store, bool headers) {
  if (auto* plain = dynamic_cast<WindowStore<Dyn, Dyn>*>(&store)) {
    return std::make_unique<WindowViewOf<Dyn>>(*plain, headers);
  }
  if (auto* timestamped = dynamic_cast<WindowStore<Dyn, Timestamped>*>(&store)) {
    return std::make_unique<WindowViewOf<Timestamped>>(*timestamped, headers);
  }
  return nullptr;
}

std::unique_ptr<SessionView> session_view(StateStore& store, bool headers) {
  auto* sessions = dynamic_cast<SessionStore<Dyn, Dyn>*>(&store);
  if (sessions == nullptr) return nullptr;
  return std::make_unique<SessionViewOf>(*sessions, headers);
}

std::unique_ptr<VersionedView> versioned_view(StateStore& store) {
  auto* versioned = dynamic_cast<VersionedKeyValueStore<Dyn, Dyn>*>(&store);
  if (versioned == nullptr) return nullptr;
  return std::make_unique<VersionedViewOf>(*versioned);
}

}  // namespace streams::conformance
