// The facts of the order ecosystem, as JSON in their topics.
#pragma once

#include <streams/json.hpp>

#include <cstdint>
#include <string>

namespace orders {

enum class OrderState { kCreated, kValidated, kFailed, kShipped };
NLOHMANN_JSON_SERIALIZE_ENUM(OrderState, {{OrderState::kCreated, "CREATED"},
                                          {OrderState::kValidated, "VALIDATED"},
                                          {OrderState::kFailed, "FAILED"},
                                          {OrderState::kShipped, "SHIPPED"}})

/// Topic "orders", by order id.
struct Order {
  std::string id;
  std::int64_t customer_id = 0;
  OrderState state = OrderState::kCreated;
  std::string product;
  std::int32_t quantity = 0;
  double price = 0;  ///< of one piece
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Order, id, customer_id, state, product, quantity, price)

/// Topic "payments", by payment id.
struct Payment {
  std::string id;
  std::string order_id;
  std::string currency;
  double amount = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Payment, id, order_id, currency, amount)

/// Topic "customers", by customer id.
struct Customer {
  std::int64_t id = 0;
  std::string first_name, last_name, email, address;
  std::string level = "bronze";
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Customer, id, first_name, last_name, email, address, level)

/// Topics "platinum", "gold", "silver" and "bronze", by order id.
struct OrderEnriched {
  std::string id;
  std::int64_t customer_id = 0;
  std::string customer_level;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(OrderEnriched, id, customer_id, customer_level)

/// An order that was paid; only inside the email service.
struct PaidOrder {
  Order order;
  Payment payment;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(PaidOrder, order, payment)

/// What a mail is about.
struct Mail {
  Order order;
  Payment payment;
  Customer customer;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Mail, order, payment, customer)

}  // namespace orders
