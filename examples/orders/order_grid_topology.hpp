// The order grid: orders with payment and customer in one row, kept here for a screen that pages through them.
#pragma once

#include "model.hpp"

#include <streams/kafka_streams.hpp>
#include <streams/topology.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace orders {

/// A row; payment and customer may be missing still.
struct GridRow {
  Order order;
  std::optional<Payment> payment;
  std::optional<Customer> customer;
};
void to_json(nlohmann::json& json, const GridRow& row);
void from_json(const nlohmann::json& json, GridRow& row);

/// Store "order-grid" (a table's: KeyValueStore<std::string, GridRow> for queries), by order id.
inline constexpr const char* kOrderGridStore = "order-grid";

/// Up to `size` rows behind order `after` (nullopt: from the first), by order id: a range of `size` rows in each
/// partition that is on this instance, whatever was read before. Throws what KafkaStreams::query() throws.
std::vector<GridRow> page_of_grid(const streams::KafkaStreams& app, const std::optional<std::string>& after,
                                  std::size_t size);

/// Reads tables "orders" and "customers" and stream "payments". Rows stay here, and go on being served, whatever
/// happens to the services that wrote them.
streams::Topology order_grid_topology(const std::string& topic_prefix = "");

}  // namespace orders
