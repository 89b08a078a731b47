// Settings, input records and output records of cases, between JSON and the library.
#include "case_io.hpp"

#include <map>
#include <string>
#include <vector>

namespace streams::conformance {

namespace {

/// A choice of a configuration field as the library's setting.
struct Choice {
  const char* field;
  const char* setting;
  std::map<std::string, std::string> values;
};

const std::vector<Choice>& choices() {
  static const std::vector<Choice> list = {
      {"timestamp_extractor",
       "default.timestamp.extractor",
       {{"fail", "FailOnInvalidTimestamp"},
        {"skip", "LogAndSkipOnInvalidTimestamp"},
        {"partition_time", "UsePartitionTimeOnInvalidTimestamp"}}},
      {"deserialization_handler",
       "deserialization.exception.handler",
       {{"fail", "LogAndFailExceptionHandler"}, {"continue", "LogAndContinueExceptionHandler"}}},
      {"processing_handler",
       "processing.exception.handler",
       {{"fail", "LogAndFailProcessingExceptionHandler"}, {"continue", "LogAndContinueProcessingExceptionHandler"}}},
      {"default_store",
       "dsl.store.suppliers.class",
       {{"rocks_db", "RocksDBDslStoreSuppliers"}, {"in_memory", "InMemoryDslStoreSuppliers"}}},
      {"store_format", "dsl.store.format", {{"default", "DEFAULT"}, {"headers", "HEADERS"}}},
  };
  return list;
}

Json hex_or_null(const OptionalBytes& bytes) { return bytes ? Json(to_hex(*bytes)) : Json(); }

OptionalBytes input_bytes(const Json& json, const Type& type) {
  if (json.is_object() && json.contains("raw_hex")) return from_hex(json.at("raw_hex").get<std::string>());
  return to_bytes(from_json(json, type), type);
}

/// What both kinds of output records have; `value` says how a header's value is written.
template <class Value>
Json record_json(const RawTestRecord& record, const char* headers_name, Value value) {
  Json json{{"ts", record.timestamp < 0 ? Json() : Json(record.timestamp)}};
  if (record.headers.empty()) return json;
  Json& list = json[headers_name] = Json::array();
  for (const Header& header : record.headers) list.push_back(Json::array({header.key, value(header.value)}));
  return json;
}

}  // namespace

StreamsConfig case_settings(const Op& config) {
  StreamsConfig settings;
  settings.set("application.id", config.text_or("application_id", "app"));
  settings.set("statestore.cache.max.bytes", config.number_or("cache_bytes", 0));
  settings.set("ensure.explicit.internal.resource.naming", config.flag("explicit_naming"));
  settings.set_logger(nullptr);
  for (const Choice& choice : choices()) {
    if (config.has(choice.field)) settings.set(choice.setting, choice.values.at(config.text(choice.field)));
  }
  if (!config.has("optimize")) return settings;
  std::string rewrites;
  for (const Json& rewrite :
       config.at("optimize").is_array() ? config.at("optimize") : Json::array({config.at("optimize")})) {
    rewrites += (rewrites.empty() ? "" : ",") + rewrite.get<std::string>();
  }
  settings.set("topology.optimization", rewrites);
  return settings;
}

RawTestRecord input_record(const Binding& binding, const Json& json) {
  const Op record(json);
  RawTestRecord raw;
  raw.topic = record.text("topic");
  const TopicTypes* types = binding.source_types(raw.topic);
  raw.key = input_bytes(record.at("key"), types == nullptr ? Type() : types->key);
  raw.value = input_bytes(record.at("value"), types == nullptr ? Type() : types->value);
  raw.timestamp = record.number("ts");
  if (!record.has("headers")) return raw;
  for (const Json& header : record.at("headers")) {
    raw.headers.add(header[0].get<std::string>(), header[1].is_null() ? OptionalBytes() : header[1].get<std::string>());
  }
  return raw;
}

Json internal_record(const RawTestRecord& record) {
  Json json = record_json(record, "headers_hex", hex_or_null);
  json["key_hex"] = hex_or_null(record.key);
  json["value_hex"] = hex_or_null(record.value);
  return json;
}

Json output_record(const Binding& binding, const RawTestRecord& record) {
  const TopicTypes* types = binding.sink_types(record.topic);
  if (types == nullptr) throw CaseError("a record came out of topic " + record.topic + ", which is no sink's");
  Json json = record_json(record, "headers", [](const OptionalBytes& value) { return value ? Json(*value) : Json(); });
  json["key"] = to_json(from_bytes(record.key, types->key));
  json["value"] = to_json(from_bytes(record.value, types->value));
  if (types->key.windowed()) json["key_hex"] = hex_or_null(record.key);
  return json;
}

}  // namespace streams::conformance
