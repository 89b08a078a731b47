// Whole fact or delta: the journal keeps exactly what arrived, and who reads it puts it together.
#include "pattern.hpp"

#include <streams/json.hpp>

#include <map>
#include <set>

namespace patterns {
namespace {

/// What arrives about an order: all of its lines, or that one of them is cancelled. Writing the merged order to the
/// journal instead would lose who cancelled what and when, and would need to know the order first.
struct OrderEntry {
  std::map<std::string, std::int64_t> lines;  ///< product, quantity; empty: this is a delta
  std::string cancelled;                      ///< of a delta: the product whose line is cancelled
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(OrderEntry, lines, cancelled)

/// An order as far as it is known. A cancellation is remembered by itself: it may overtake the order.
struct MergedOrder {
  std::map<std::string, std::int64_t> lines;
  std::set<std::string> cancelled;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(MergedOrder, lines, cancelled)

MergedOrder merge(const std::string& /*id*/, const OrderEntry& entry, MergedOrder order) {
  if (entry.cancelled.empty()) {
    order.lines = entry.lines;
  } else {
    order.cancelled.insert(entry.cancelled);
  }
  return order;
}

std::string lines_that_count(const MergedOrder& order) {
  std::string text;
  for (const auto& [product, quantity] : order.lines) {
    if (order.cancelled.contains(product)) continue;
    text += (text.empty() ? "" : ", ") + std::to_string(quantity) + " " + product;
  }
  return text.empty() ? "nothing" : text;
}

streams::Topology whole_and_delta_topology() {
  streams::StreamsBuilder builder;
  builder.stream<std::string, OrderEntry>("order-journal")
      .group_by_key()
      .aggregate([] { return MergedOrder(); }, merge, {.store_name = "orders-merged"})
      .map_values(lines_that_count)
      .to_stream()
      .to("orders-as-they-stand");
  return builder.build();
}

}  // namespace

Pattern whole_and_delta_pattern() {
  const Topic<std::string, std::string> journal("order-journal"), orders("orders-as-they-stand");
  return {.name = "whole_and_delta",
          .teaches = "orders and cancellations of single lines as they arrived, merged by the reader",
          .topology = whole_and_delta_topology,
          .inputs = {journal},
          .outputs = {orders},
          .steps = {{{journal(1s, "1", R"({"lines":{"HAMMOCK":1,"KETTLE":2}})"),
                      journal(2s, "1", R"({"cancelled":"KETTLE"})"), journal(3s, "2", R"({"cancelled":"LANTERN"})"),
                      journal(4s, "2", R"({"lines":{"COMPASS":3,"LANTERN":1}})"),
                      journal(5s, "1", R"({"cancelled":"HAMMOCK"})")},
                     5}}};
}

}  // namespace patterns
