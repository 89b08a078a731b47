#include "store_views.hpp"

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

std::unique_ptr<SessionView> session_view(StateStore&, bool) { return nullptr; }

std::unique_ptr<VersionedView> versioned_view(StateStore&) { return nullptr; }

}  // namespace streams::conformance
