// StreamsConfig: checking settings as they are set.
#include <streams/config.hpp>

#include <runtime/config_keys.hpp>
#include <runtime/offset_reset.hpp>
#include <streams/errors.hpp>

#include <algorithm>

namespace streams {

namespace {

using runtime::ClientKey;
using runtime::ClientRole;

struct Prefix {
  std::string_view text;
  ClientRole role;
};

constexpr Prefix kClientPrefixes[] = {
    {"consumer.", ClientRole::kConsumer},         {"main.consumer.", ClientRole::kConsumer},
    {"restore.consumer.", ClientRole::kConsumer}, {"global.consumer.", ClientRole::kConsumer},
    {"producer.", ClientRole::kProducer},         {"admin.", ClientRole::kAdmin},
};

[[noreturn]] void unknown_key(const std::string& key, std::string_view prefix) {
  const std::string nearest = runtime::nearest_key(std::string_view(key).substr(prefix.size()));
  std::string message = "Setting " + key + " is not known.";
  if (!nearest.empty()) message += " Did you mean " + std::string(prefix) + nearest + "?";
  message += " Settings of your own begin with \"app.\".";
  throw ConfigError(message);
}

void check_offset_reset(const std::string& key, const std::string& value) {
  if (runtime::parse_offset_reset(value)) return;
  throw ConfigError("Setting " + key + " has the value \"" + value +
                    "\"; it takes one of: earliest, latest, none, by_duration:D with D an ISO 8601 duration such as "
                    "PT1H or P7D.");
}

void check_our_client_key(const std::string& key, std::string_view name, const std::string& value) {
  if (name == "auto.offset.reset") return check_offset_reset(key, value);
  static constexpr runtime::KeySpec kMaxPollRecords = {
      .name = "max.poll.records", .kind = runtime::KeyKind::kInteger, .fallback = "1000", .min = 1};
  runtime::check_value(kMaxPollRecords, key, value);
}

void check_prefixed(const std::string& key, const Prefix& prefix, const std::string& value) {
  const std::string_view name = std::string_view(key).substr(prefix.text.size());
  if (name == "bootstrap.servers" || name == "client.id") return;
  const ClientKey found = runtime::classify_client_key(prefix.role, name);
  switch (found.use) {
    case ClientKey::Use::kUnknown:
      unknown_key(key, prefix.text);
    case ClientKey::Use::kOtherRole:
      throw ConfigError("Setting " + key + " does not exist: " + std::string(name) +
                        " belongs to another kind of client.");
    case ClientKey::Use::kRefused:
      throw ConfigError("Setting " + key + " cannot be chosen: " + found.why + ".");
    case ClientKey::Use::kOurs:
      return check_our_client_key(key, name, value);
    case ClientKey::Use::kPass:
      break;
  }
  client::Settings ignored;
  runtime::translate_client_setting(std::string(name), value, ignored);
}

/// A client's setting without a prefix: it goes to every client that knows it.
void check_unprefixed(const std::string& key, const std::string& value) {
  bool known = false;
  for (const ClientRole role : {ClientRole::kConsumer, ClientRole::kProducer, ClientRole::kAdmin}) {
    const ClientKey found = runtime::classify_client_key(role, key);
    if (found.use == ClientKey::Use::kRefused)
      throw ConfigError("Setting " + key + " cannot be chosen: " + found.why + ".");
    if (found.use == ClientKey::Use::kOurs) return check_our_client_key(key, key, value);
    known = known || found.use == ClientKey::Use::kPass;
  }
  if (!known) unknown_key(key, "");
  client::Settings ignored;
  runtime::translate_client_setting(key, value, ignored);
}

/// Settings whose names the library cannot know.
bool is_free(const std::string& key) {
  return key.starts_with("app.") || key.starts_with("topic.") || key.starts_with("client.tag.") ||
         (key.starts_with("__") && key.ends_with("__"));
}

void check_setting(const std::string& key, const std::string& value) {
  if (const runtime::KeySpec* spec = runtime::find_library_key(key)) return runtime::check_value(*spec, key, value);
  if (is_free(key)) return;
  for (const Prefix& prefix : kClientPrefixes) {
    if (key.starts_with(prefix.text)) return check_prefixed(key, prefix, value);
  }
  check_unprefixed(key, value);
}

}  // namespace

StreamsConfig::StreamsConfig(std::initializer_list<std::pair<const std::string, std::string>> settings) {
  for (const auto& [key, value] : settings) set(key, value);
}

StreamsConfig::StreamsConfig(const std::map<std::string, std::string>& settings) {
  for (const auto& [key, value] : settings) set(key, value);
}

StreamsConfig& StreamsConfig::set(const std::string& key, const std::string& value) {
  check_setting(key, value);
  settings_[key] = value;
  return *this;
}

StreamsConfig& StreamsConfig::set_deserialization_handler(DeserializationHandler handler) {
  deserialization_handler_ = std::move(handler);
  return *this;
}

StreamsConfig& StreamsConfig::set_processing_handler(ProcessingHandler handler) {
  processing_handler_ = std::move(handler);
  return *this;
}

StreamsConfig& StreamsConfig::set_production_handler(ProductionHandler handler) {
  production_handler_ = std::move(handler);
  return *this;
}

StreamsConfig& StreamsConfig::set_logger(LoggerPtr logger) {
  logger_ = logger ? std::move(logger) : null_logger();
  return *this;
}

std::string StreamsConfig::get(const std::string& key) const {
  if (const auto found = settings_.find(key); found != settings_.end()) return found->second;
  // Under exactly-once results become visible at commits, so these are to be frequent.
  if (key == "commit.interval.ms" && get("processing.guarantee") == "exactly_once_v2") return "100";
  if (const runtime::KeySpec* spec = runtime::find_library_key(key)) return std::string(spec->fallback);
  if (is_free(key)) return {};
  if (key == "auto.offset.reset") return "earliest";
  if (key == "max.poll.records") return "1000";
  for (const Prefix& prefix : kClientPrefixes) {
    if (key.starts_with(prefix.text)) return {};
  }
  const std::vector<std::string_view> names = runtime::client_key_names();
  if (std::find(names.begin(), names.end(), key) == names.end()) unknown_key(key, "");
  return {};
}

TopologyConfig StreamsConfig::topology() const {
  TopologyConfig out;
  const bool in_memory = runtime::simple_name(get("dsl.store.suppliers.class")) == "InMemoryDslStoreSuppliers" ||
                         (!is_set("dsl.store.suppliers.class") && get("default.dsl.store") == "in_memory");
  out.default_store = in_memory ? StoreType::kInMemory : StoreType::kRocksDb;
  out.store_headers = get("dsl.store.format") == "HEADERS";
  out.explicit_naming = get("ensure.explicit.internal.resource.naming") == "true";
  return out;
}

Optimization StreamsConfig::optimization() const {
  Optimization out;
  for (const std::string& entry : runtime::split_list(get("topology.optimization"))) {
    if (entry == "all") return Optimization::all();
    out.reuse_ktable_source_topics |= entry == "reuse.ktable.source.topics";
    out.merge_repartition_topics |= entry == "merge.repartition.topics";
    out.single_store_self_join |= entry == "single.store.self.join";
  }
  return out;
}

}  // namespace streams
