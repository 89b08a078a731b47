// What the tests of the services share: orders of our customers and products, and results as short texts.
#pragma once

#include "model.hpp"
#include "topics.hpp"

#include <streams/testing/topology_test_driver.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace orders {

/// Stores behave the same in memory, and open faster there.
inline constexpr streams::TestDriverOptions kInMemory{.in_memory = true};

inline constexpr streams::Timestamp kStart = 1'700'000'000'000;
inline constexpr std::int64_t kSecond = 1000, kMinute = 60 * kSecond, kHour = 60 * kMinute;

inline const Customer kImke{101, "Imke", "Visser", "imke@example.org", "4 Canal Street", "platinum", "NL"};
inline const Customer kTolga{102, "Tolga", "Demir", "tolga@example.org", "9 Market Square", "silver", "TR"};
inline const Customer kNoor{103, "Noor", "Haddad", "noor@example.org", "12 Orchard Road", "bronze", "NL"};

inline Order an_order(const std::string& id, std::int64_t customer, const std::string& product, std::int32_t quantity,
                      double price, OrderState state = OrderState::kCreated, std::int32_t version = 1) {
  return {id, customer, state, product, quantity, price, version};
}
inline Order in_state(Order order, OrderState state) {
  order.state = state;
  return order;
}

/// "7 FRAUD_CHECK PASS"
inline std::string text_of(const OrderValidation& validation) {
  return validation.order_id + " " + text_of(validation.check) + " " + text_of(validation.result);
}
/// "7 VALIDATED 2 KETTLE v1"
inline std::string text_of(const Order& order) {
  return order.id + " " + text_of(order.state) + " " + std::to_string(order.quantity) + " " + order.product + " v" +
         std::to_string(order.version);
}

/// All that is left in a topic, as texts; what begins with the key if that differs from the value's id.
template <class V>
std::vector<std::string> texts(streams::TestOutputTopic<std::string, V>& topic) {
  std::vector<std::string> out;
  for (const auto& record : topic.read_records()) {
    const std::string text = record.value ? text_of(*record.value) : "null";
    out.push_back(text.starts_with(record.key.value_or("null") + " ") ? text
                                                                      : record.key.value_or("null") + ": " + text);
  }
  return out;
}

}  // namespace orders
