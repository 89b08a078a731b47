#include "listing.hpp"

#include "op.hpp"
#include "store_views.hpp"

#include <map>

namespace streams::conformance {

namespace {

using detail::StoreKind;
using detail::StoreSpec;
using state::ValueFormat;

bool keeps_headers(const StoreSpec& spec) {
  return spec.format == ValueFormat::kTimestampedHeaders || spec.format == ValueFormat::kHeaders;
}

std::string kind_of(const StoreSpec& spec) {
  if (spec.kind == StoreKind::kVersioned) return "versioned";
  const std::string base = spec.kind == StoreKind::kKeyValue ? "kv"
                           : spec.kind == StoreKind::kWindow ? "window"
                                                             : "session";
  if (spec.kind == StoreKind::kSession) return keeps_headers(spec) ? base + "_headers" : base;
  switch (spec.format) {
    case ValueFormat::kTimestamped:
      return "timestamped_" + base;
    case ValueFormat::kTimestampedHeaders:
      return "timestamped_" + base + "_headers";
    default:
      return base;
  }
}

/// Key (with its window, if it has one) and row as one object.
Json entry(const Dyn& key, const Row& row) {
  Json json = to_json(row);
  if (key.window() != nullptr) {
    json.update(to_json(key));
  } else {
    json["key"] = to_json(key);
  }
  return json;
}

Json entries(const Rows& rows) {
  Json list = Json::array();
  for (const auto& [key, row] : rows) list.push_back(entry(key, row));
  return list;
}

template <class T>
Json json_or_null(const std::optional<T>& value) {
  return value ? to_json(*value) : Json();
}

Json list_versions(const std::vector<Version>& versions) {
  Json list = Json::array();
  for (const Version& version : versions) list.push_back(to_json(version));
  return list;
}

std::optional<Json> list_entries(StateStore& store, const StoreSpec& spec, const std::vector<Dyn>& keys) {
  switch (spec.kind) {
    case StoreKind::kKeyValue:
      if (const auto view = key_value_view(store, keeps_headers(spec)))
        return entries(view->range(Dyn(), Dyn(), false));
      return std::nullopt;
    case StoreKind::kWindow:
      if (const auto view = window_view(store, keeps_headers(spec))) return entries(view->all());
      return std::nullopt;
    case StoreKind::kSession:
      if (const auto view = session_view(store, keeps_headers(spec))) return entries(view->all());
      return std::nullopt;
    case StoreKind::kVersioned: {
      const auto view = versioned_view(store);
      if (!view) return std::nullopt;
      Json list = Json::array();
      for (const Dyn& key : keys) {
        const std::vector<Version> versions = view->versions(key, std::nullopt, std::nullopt, false);
        if (!versions.empty()) list.push_back({{"key", to_json(key)}, {"versions", list_versions(versions)}});
      }
      return list;
    }
    case StoreKind::kOther:
      break;
  }
  return std::nullopt;
}

/// A key or bound of a query; its type is that of the JSON value.
Dyn key_of(const Op& query, const char* name) {
  if (!query.has(name) || query.at(name).is_null()) return Dyn();
  const Json& json = query.at(name);
  return json.is_number_integer() ? Dyn(json.get<std::int64_t>()) : from_json(json, Type());
}

Json query_key_value(KeyValueView& view, const std::string& kind, const Op& query) {
  if (kind == "get") return json_or_null(view.get(key_of(query, "key")));
  if (kind == "prefix") return entries(view.prefix(query.text("prefix")));
  return entries(view.range(key_of(query, "from"), key_of(query, "to"), query.flag("reverse")));
}

constexpr Timestamp kLongAfter = 1'000'000'000'000;

Json query_window(WindowView& view, const std::string& kind, const Op& query) {
  const Timestamp from = query.number_or("from", 0), to = query.number_or("to", kLongAfter);
  if (kind == "window_get") return json_or_null(view.get(key_of(query, "key"), query.number("start")));
  if (kind != "window_fetch")
    return entries(view.fetch_range(key_of(query, "key_from"), key_of(query, "key_to"), from, to));
  Json list = Json::array();
  for (const auto& [start, row] : view.fetch(key_of(query, "key"), from, to, query.flag("reverse"))) {
    list.push_back(to_json(row));
    list.back()["start"] = start;
  }
  return list;
}

Json query_session(SessionView& view, const std::string& kind, const Op& query) {
  const Dyn key = key_of(query, "key");
  if (kind == "session_get") return json_or_null(view.get({key, query.number("start"), query.number("end")}));
  if (kind == "session_fetch") return entries(view.fetch(key, query.flag("reverse")));
  return entries(view.find(key, query.number("earliest_end"), query.number("latest_start"), query.flag("reverse")));
}

Json query_versioned(VersionedView& view, const std::string& kind, const Op& query) {
  const Dyn key = key_of(query, "key");
  if (kind == "get") {
    std::optional<Version> version = query.has("as_of") ? view.get_as_of(key, query.number("as_of")) : view.get(key);
    if (version) version->valid_to.reset();  // Kafka Streams' get() leaves out until when a version is valid
    return json_or_null(version);
  }
  auto bound = [&](const char* name) { return query.has(name) ? std::optional(query.number(name)) : std::nullopt; };
  return list_versions(view.versions(key, bound("from"), bound("to"), query.flag("reverse")));
}

}  // namespace

std::optional<Json> list_store(StateStore& store, const StoreSpec& spec, const std::vector<Dyn>& keys) {
  std::optional<Json> list = list_entries(store, spec, keys);
  if (!list) return std::nullopt;
  return Json{{"kind", kind_of(spec)}, {"entries", std::move(*list)}};
}

Json query_store(StateStore& store, const StoreSpec& spec, const Json& json) {
  const Op query(json);
  const std::string kind = query.text("query");
  if (kind.starts_with("window_")) {
    if (const auto view = window_view(store, keeps_headers(spec))) return query_window(*view, kind, query);
  } else if (kind.starts_with("session_")) {
    if (const auto view = session_view(store, keeps_headers(spec))) return query_session(*view, kind, query);
  } else if (spec.kind == StoreKind::kVersioned) {
    if (const auto view = versioned_view(store)) return query_versioned(*view, kind, query);
  } else if (const auto view = key_value_view(store, keeps_headers(spec))) {
    return query_key_value(*view, kind, query);
  }
  throw CaseError("store " + spec.name + " cannot be asked for " + kind);
}

}  // namespace streams::conformance
