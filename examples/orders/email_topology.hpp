// The email service: tells customers that their order was paid.
#pragma once

#include "model.hpp"

#include <streams/topology.hpp>
#include <streams/windows.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace orders {

/// What the service does to the world outside, from its stream threads. A mail may be sent twice after a crash, as
/// nothing outside of Kafka takes part in its transactions; records are written once.
struct EmailCallbacks {
  std::function<void(const Mail&)> send_mail;
  std::function<void(const PaidOrder&)> paid = nullptr;          ///< sees every pair, also those without a customer
  std::function<void(const OrderEnriched&)> enriched = nullptr;  ///< sees every order that got a level
};

inline constexpr const char* kMailsSentStore = "mails-sent";

struct EmailOptions {
  streams::Millis window = std::chrono::minutes(1);  ///< between an order and its payment, either way
  /// How much later in stream time a payment may come. Payments take a detour through a repartition topic, so that
  /// orders may be ahead of them, above all when history is processed.
  streams::Millis grace = streams::Millis(0);
  std::string topic_prefix{};  ///< in front of the names of all topics, so that several of these can share a cluster
  std::string mail_topic{};    ///< also write each mail here, by order id; empty: do not
  /// Only orders that come in this state lead to mails; nullopt: every state of an order that is near its payment does.
  std::optional<OrderState> only_state{};
  /// One mail for an order, if the next would be sent within this time of it: window store "mailed-orders". Zero: one
  /// for each order and payment that match.
  streams::Millis once_within = streams::Millis(0);
  /// Counts the mails by customer level in store "mails-sent" (KeyValueStore<std::string, std::int64_t>), which can be
  /// queried. Every partition counts for itself: add up what all of them say.
  bool count_mails = false;
};

inline const std::vector<std::string> kLevels{"platinum", "gold", "silver", "bronze"};

/// Reads orders, payments and customers; sends mails; writes each order to the topic named by its customer's level.
streams::Topology email_topology(EmailCallbacks callbacks, const EmailOptions& options = {});

}  // namespace orders
