// The customer-orders view: orders with their customers, by customer, amount, state and country.
#pragma once

#include "model.hpp"

#include <streams/state_store.hpp>
#include <streams/topology.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace orders {

/// A row of the view. `known` is false, and the customer has nothing but an id, until the customer is known.
struct CustomerOrder {
  Order order;
  Customer customer;
  bool known = false;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(CustomerOrder, order, customer, known)

/// Rows of all three stores are CustomerOrder; their keys are made below. All rows of a customer are in the partition
/// that the customer's id belongs to, as an int64 key of topic "customers".
inline constexpr const char* kCustomerOrdersStore = "customer-orders";                 ///< by customer and order id
inline constexpr const char* kCustomerOrdersByAmount = "customer-orders-by-amount";    ///< by customer and amount
inline constexpr const char* kCustomerOrdersByCountry = "customer-orders-by-country";  ///< by country, state and amount
using CustomerOrderRows = streams::ReadOnlyKeyValueStore<std::string, CustomerOrder>;

/// Keys are of bytes that sort as what they mean: numbers have eight bytes, the highest first, negative ones first.
std::string customer_key(std::int64_t customer_id);  ///< a prefix in the first two stores
std::string customer_order_key(std::int64_t customer_id, const std::string& order_id);
std::string customer_amount_key(std::int64_t customer_id, std::int64_t cents, const std::string& order_id);
std::string country_amount_key(const std::string& country, OrderState state, std::int64_t cents,
                               const std::string& order_id);

/// What is not set does not matter. Amounts (of an order: quantity times price) are in cents, both bounds included.
struct OrderQuery {
  std::optional<std::int64_t> min_cents{}, max_cents{};
  std::optional<OrderState> state{};
  std::optional<std::string> country{};
  std::size_t limit = 100;
};

/// Orders of a customer, by amount: one range of store "customer-orders-by-amount". `min_cents` and `max_cents` bound
/// the range, state and country are looked at row by row.
std::vector<CustomerOrder> orders_of_customer(const CustomerOrderRows& by_amount, std::int64_t customer_id,
                                              const OrderQuery& query = {});
/// Orders of all customers in a country and state, by amount: one range of store "customer-orders-by-country" in every
/// partition. Only the partitions that are here: other instances have to be asked, too.
std::vector<CustomerOrder> orders_of_country(const CustomerOrderRows& by_country, const std::string& country,
                                             OrderState state, const OrderQuery& query = {});

/// Reads "orders" and "customers"; repartition topic "orders-by-customer" has as many partitions as "customers".
streams::Topology customer_orders_topology(const std::string& topic_prefix = "");

}  // namespace orders
