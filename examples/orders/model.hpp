// The facts of the order ecosystem, as JSON in their topics.
#pragma once

#include "symbols.hpp"

#include <streams/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace orders {

enum class OrderState { kCreated, kValidated, kFailed, kShipped };
constexpr std::array<std::string_view, 4> symbols_of(OrderState) {
  return {"CREATED", "VALIDATED", "FAILED", "SHIPPED"};
}

/// Of a record that may be from before this field.
inline std::optional<OrderState> state_in(const nlohmann::json& json, const char* field) {
  const auto found = json.find(field);
  return found == json.end() ? std::nullopt : std::optional(found->get<OrderState>());
}

/// Topic "orders", by order id.
struct Order {
  std::string id;
  std::int64_t customer_id = 0;
  OrderState state = OrderState::kCreated;
  std::string product;
  std::int32_t quantity = 0;
  double price = 0;  ///< of one piece
  /// Counts the changes that clients made (order_commands_topology.hpp). Orders written before it was there have 1.
  std::int32_t version = 1;
  friend bool operator==(const Order&, const Order&) = default;
};
inline void to_json(nlohmann::json& json, const Order& order) {
  json = {{"id", order.id},           {"customer_id", order.customer_id}, {"state", order.state},
          {"product", order.product}, {"quantity", order.quantity},       {"price", order.price},
          {"version", order.version}};
}
inline void from_json(const nlohmann::json& json, Order& order) {
  json.at("id").get_to(order.id);
  json.at("customer_id").get_to(order.customer_id);
  json.at("state").get_to(order.state);
  json.at("product").get_to(order.product);
  json.at("quantity").get_to(order.quantity);
  json.at("price").get_to(order.price);
  order.version = json.value("version", 1);
}

/// Of one piece. Orders above it are taken for it: anybody may write to the topic, and amounts must stay countable.
inline constexpr double kMaxPrice = 1e7;

/// Worth of an order in cents: money is added up in whole numbers, where a cent more or less decides.
inline std::int64_t cents(const Order& order) {
  return std::llround(std::clamp(order.price, -kMaxPrice, kMaxPrice) * 100) * order.quantity;
}

/// An order that has to be checked. Later versions need no check: they are smaller than what was checked.
inline bool is_new(const Order& order) { return order.state == OrderState::kCreated && order.version == 1; }

enum class CheckType { kInventory, kFraud, kOrderDetails };
constexpr std::array<std::string_view, 3> symbols_of(CheckType) {
  return {"INVENTORY_CHECK", "FRAUD_CHECK", "ORDER_DETAILS_CHECK"};
}

enum class CheckResult { kPass, kFail, kError };
constexpr std::array<std::string_view, 3> symbols_of(CheckResult) { return {"PASS", "FAIL", "ERROR"}; }

/// Topic "order-validations", by order id: what one check says of an order.
struct OrderValidation {
  std::string order_id;
  CheckType check = CheckType::kInventory;
  CheckResult result = CheckResult::kPass;
  friend bool operator==(const OrderValidation&, const OrderValidation&) = default;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(OrderValidation, order_id, check, result)

/// Topic "payments", by payment id.
struct Payment {
  std::string id;
  std::string order_id;
  std::string currency;
  double amount = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Payment, id, order_id, currency, amount)

/// Topic "customers", by customer id. Level and country came later: records without them are read, too.
struct Customer {
  std::int64_t id = 0;
  std::string first_name{}, last_name{}, email{}, address{};
  std::string level = "bronze";
  std::string country{};  ///< as in "NL"
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Customer, id, first_name, last_name, email, address, level, country)

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

enum class CommandKind { kRequest, kUpdate, kShip, kCancel };
constexpr std::array<std::string_view, 4> symbols_of(CommandKind) { return {"REQUEST", "UPDATE", "SHIP", "CANCEL"}; }

/// Topic "orders-commands", by order id: what somebody wants to be done to an order.
struct OrderCommand {
  std::string request_id;  ///< chosen by the client; the outcome is found by it
  CommandKind kind = CommandKind::kRequest;
  Order order;                        ///< REQUEST, UPDATE: as it shall be; SHIP, CANCEL: only its id counts
  std::int32_t expected_version = 0;  ///< of the order that the client has seen; 0: any
  std::string writer;                 ///< who asks, as in "web" or "shipping"
  /// Of the order that the client has seen, as a verdict does not count as a version; nullopt: any. Came later.
  std::optional<OrderState> expected_state{};
};
inline void to_json(nlohmann::json& json, const OrderCommand& command) {
  json = {{"request_id", command.request_id},
          {"kind", command.kind},
          {"order", command.order},
          {"expected_version", command.expected_version},
          {"writer", command.writer}};
  if (command.expected_state) json["expected_state"] = *command.expected_state;
}
inline void from_json(const nlohmann::json& json, OrderCommand& command) {
  json.at("request_id").get_to(command.request_id);
  json.at("kind").get_to(command.kind);
  json.at("order").get_to(command.order);
  json.at("expected_version").get_to(command.expected_version);
  json.at("writer").get_to(command.writer);
  command.expected_state = state_in(json, "expected_state");
}

enum class CommandOutcome { kAccepted, kRejected };
constexpr std::array<std::string_view, 2> symbols_of(CommandOutcome) { return {"ACCEPTED", "REJECTED"}; }

/// Topic "orders-command-results", by request id.
struct OrderCommandResult {
  std::string request_id, order_id;
  CommandOutcome outcome = CommandOutcome::kAccepted;
  std::string reason;                 ///< why it was rejected
  std::int32_t version = 0;           ///< of the order after the command; 0: there is none
  std::optional<OrderState> state{};  ///< the same; came later
  friend bool operator==(const OrderCommandResult&, const OrderCommandResult&) = default;
};
inline void to_json(nlohmann::json& json, const OrderCommandResult& result) {
  json = {{"request_id", result.request_id},
          {"order_id", result.order_id},
          {"outcome", result.outcome},
          {"reason", result.reason},
          {"version", result.version}};
  if (result.state) json["state"] = *result.state;
}
inline void from_json(const nlohmann::json& json, OrderCommandResult& result) {
  json.at("request_id").get_to(result.request_id);
  json.at("order_id").get_to(result.order_id);
  json.at("outcome").get_to(result.outcome);
  json.at("reason").get_to(result.reason);
  json.at("version").get_to(result.version);
  result.state = state_in(json, "state");
}

}  // namespace orders
