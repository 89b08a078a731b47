// From a store's name to its spec and reader, and what to say where there is none.
#include <query/open_store.hpp>

#include <query/local_reader.hpp>
#include <streams/detail/store_views.hpp>

#include <algorithm>
#include <utility>

namespace streams::query {

namespace {

constexpr int kLagTimeoutMs = 10000;

std::string known_stores(const detail::TopologyPlan& plan) {
  std::string out;
  for (const std::string& name : plan.store_names()) out += (out.empty() ? "" : ", ") + name;
  for (const detail::GlobalStorePlan& global : plan.global_stores())
    out += (out.empty() ? "" : ", ") + global.store.name;
  return out.empty() ? "none" : out;
}

}  // namespace

void check_known(const runtime::ClientRuntime& client, const std::string& store) {
  if (client.plan().has_store(store)) return;
  throw UnknownStateStore("The topology has no state store " + store + "; it has: " + known_stores(client.plan()) +
                          ". A table has one to ask for if Materialized gives it a name.");
}

bool is_global(const runtime::ClientRuntime& client, const std::string& store) {
  const auto& globals = client.plan().global_stores();
  return std::any_of(globals.begin(), globals.end(), [&](const auto& global) { return global.store.name == store; });
}

detail::ReadableStore readable_store(const runtime::ClientRuntime& client, const std::string& store,
                                     std::shared_ptr<const detail::StoreReader> reader) {
  return {client.plan().store(store), client.config().application_id + "-" + store + "-changelog", std::move(reader)};
}

detail::ReadableStore open_store(const runtime::ClientRuntime& client, const std::string& name,
                                 const StoreQueryOptions& options) {
  check_answers(client.stores()->state(), name);
  check_known(client, name);
  auto reader = is_global(client, name)
                    ? make_global_reader(client.stores(), name)
                    : make_local_reader(client.stores(), {name, options.partition, options.stale_stores});
  return readable_store(client, name, std::move(reader));
}

std::map<std::string, std::map<std::int32_t, LagInfo>> local_lags(const runtime::ClientRuntime& client) {
  std::vector<runtime::ThreadStores::Reading::Progress> stores;
  for (const auto& thread : client.stores()->threads()) {
    runtime::ThreadStores::Reading reading(*thread);
    for (auto& store : reading.progress()) stores.push_back(std::move(store));
  }
  std::map<std::string, std::map<std::int32_t, LagInfo>> out;
  if (stores.empty()) return out;
  std::vector<client::TopicPartition> changelogs;
  for (const auto& store : stores) changelogs.push_back(store.changelog);
  const auto ranges = client.offsets(changelogs, kLagTimeoutMs);
  if (!ranges.ok()) {
    throw StreamsError("The ends of changelogs cannot be read: " + ranges.status().message() +
                       ". Try again when the cluster answers.");
  }
  for (const auto& store : stores) {
    const auto range = ranges.value().find(store.changelog);
    if (range == ranges.value().end()) continue;
    const std::int64_t end = range->second.latest;
    const std::int64_t next = store.next_offset.value_or(end);
    out[store.store][store.changelog.partition] = {std::max(next, range->second.earliest), end};
  }
  return out;
}

}  // namespace streams::query

namespace streams::detail {

void throw_other_type(const StoreSpec& spec, const char* asked) {
  const bool timestamps =
      spec.format == state::ValueFormat::kTimestamped || spec.format == state::ValueFormat::kTimestampedHeaders;
  const char* kind = "of a kind of its own, which cannot be queried";
  switch (spec.kind) {
    case StoreKind::kKeyValue:
      kind = timestamps ? "a key-value store with timestamps" : "a key-value store without timestamps";
      break;
    case StoreKind::kWindow:
      kind = timestamps ? "a window store with timestamps" : "a window store without timestamps";
      break;
    case StoreKind::kSession:
      kind = "a session store";
      break;
    case StoreKind::kVersioned:
      kind = "a versioned key-value store";
      break;
    case StoreKind::kOther:
      break;
  }
  throw InvalidStateStore("State store " + spec.name + " cannot be read as " + asked + ": it is " + kind +
                          ". Ask for that kind, with exactly the types of key and value that the store was made with.");
}

}  // namespace streams::detail
