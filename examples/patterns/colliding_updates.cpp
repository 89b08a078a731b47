// Collisions: two services enrich the same order at the same time, and neither may undo what the other one did.
#include "pattern.hpp"

#include <streams/json.hpp>

namespace patterns {
namespace {

/// An order, and what services add to it. Empty: not yet.
struct EnrichedOrder {
  std::int64_t cents = 0;
  std::optional<std::int64_t> tax;
  std::optional<bool> valid;
};
void to_json(nlohmann::json& json, const EnrichedOrder& order) {
  json = {{"cents", order.cents}};
  if (order.tax) json["tax"] = *order.tax;
  if (order.valid) json["valid"] = *order.valid;
}
void from_json(const nlohmann::json& json, EnrichedOrder& order) {
  json.at("cents").get_to(order.cents);
  if (json.contains("tax")) order.tax = json["tax"].get<std::int64_t>();
  if (json.contains("valid")) order.valid = json["valid"].get<bool>();
}

EnrichedOrder with_tax(EnrichedOrder order) {
  order.tax = order.cents * 21 / 100;
  return order;
}
EnrichedOrder with_verdict(EnrichedOrder order) {
  order.valid = order.cents > 0;
  return order;
}

/// Whatever one of the two has, the result has.
EnrichedOrder merge_fields(EnrichedOrder merged, const EnrichedOrder& update) {
  merged.cents = update.cents;
  if (update.tax) merged.tax = update.tax;
  if (update.valid) merged.valid = update.valid;
  return merged;
}

streams::Topology colliding_updates_topology() {
  streams::StreamsBuilder builder;
  const auto orders = builder.stream<std::string, EnrichedOrder>("orders-to-enrich");
  const auto taxed = orders.map_values(with_tax, {.name = "tax-service"});
  const auto checked = orders.map_values(with_verdict, {.name = "validation-service"});
  // Both read the bare order, both write the whole order: the last write wins, and the tax is gone.
  taxed.to("orders-last-write");
  checked.to("orders-last-write");
  // One after the other, nothing can be lost; but who comes last waits for everybody before.
  taxed.map_values(with_verdict, {.name = "validation-after-tax"}).to("orders-in-series");
  // At the same time, and merged field by field in one place: nothing is lost whoever comes first.
  taxed.merge(checked)
      .group_by_key()
      .reduce(merge_fields, {.store_name = "orders-merged", .caching = false})
      .to_stream()
      .to("orders-merged-by-field");
  return builder.build();
}

}  // namespace

Pattern colliding_updates_pattern() {
  const Topic<std::string, std::string> orders("orders-to-enrich"), last_write("orders-last-write"),
      series("orders-in-series"), merged("orders-merged-by-field");
  return {.name = "colliding_updates",
          .teaches = "two services add to the same order: last write wins, in series, merged field by field",
          .topology = colliding_updates_topology,
          .inputs = {orders},
          .outputs = {last_write, series, merged},
          .steps = {{{orders(1s, "1", R"({"cents":10000})"), orders(2s, "2", R"({"cents":0})")}, 10}}};
}

}  // namespace patterns
