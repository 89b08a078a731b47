// From a store's name to its spec and reader, and what to say where there is none.
#include <query/open_store.hpp>

#include <query/local_reader.hpp>
#include <streams/detail/store_views.hpp>

namespace streams::query {

namespace {

std::string known_stores(const detail::TopologyPlan& plan) {
  std::string out;
  for (const std::string& name : plan.store_names()) out += (out.empty() ? "" : ", ") + name;
  for (const detail::GlobalStorePlan& global : plan.global_stores())
    out += (out.empty() ? "" : ", ") + global.store.name;
  return out.empty() ? "none" : out;
}

}  // namespace

detail::ReadableStore open_store(const runtime::ClientRuntime& client, const std::string& name,
                                 const StoreQueryOptions& options) {
  check_answers(client.stores()->state(), name);
  const detail::TopologyPlan& plan = client.plan();
  if (!plan.has_store(name)) {
    throw UnknownStateStore("The topology has no state store " + name + "; it has: " + known_stores(plan) +
                            ". A table has one to ask for if Materialized gives it a name.");
  }
  ReaderOptions reader{name, options.partition, options.stale_stores};
  return {plan.store(name), client.config().application_id + "-" + name + "-changelog",
          make_local_reader(client.stores(), std::move(reader))};
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
