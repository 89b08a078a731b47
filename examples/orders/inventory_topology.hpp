// The inventory service: reserves stock for new orders, and lets it go again.
#pragma once

#include "model.hpp"

#include <streams/topology.hpp>

#include <cstdint>
#include <string>

namespace orders {

/// Store "store-of-reserved-stock" (KeyValueStore<std::string, std::int64_t>): pieces by product.
inline constexpr const char* kReservedStore = "store-of-reserved-stock";

/// Store "reservations" (KeyValueStore<std::string, Reservation>): what is held for an order, by its id.
struct Reservation {
  std::string product;
  std::int64_t quantity = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Reservation, product, quantity)
inline constexpr const char* kReservationsStore = "reservations";

/// Store "shipped-since-level" (KeyValueStore<std::string, Shipped>): what left the warehouse, by product.
struct Shipped {
  std::int64_t quantity = 0;
  streams::Timestamp level_time = 0;  ///< of the stock level that these pieces are still counted in
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Shipped, quantity, level_time)
inline constexpr const char* kShippedStore = "shipped-since-level";

/// Reads "orders" and the table "warehouse-inventory" (product -> int32 pieces), writes an INVENTORY_CHECK for each new
/// order to "order-validations".
///
/// PASS if level - shipped since that level - reserved covers the order; a product without a level has none. The stock
/// is held until the order becomes FAILED (then it is free again) or SHIPPED (then it is gone), once for each order. A
/// new level in "warehouse-inventory" is taken for a recount that leaves out what was shipped before.
/// An order that comes as new a second time keeps the stock it holds.
streams::Topology inventory_topology(const std::string& topic_prefix = "");

}  // namespace orders
