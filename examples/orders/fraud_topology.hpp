// The fraud service: a customer who orders too much in one go gets no more.
#pragma once

#include <streams/topology.hpp>
#include <streams/windows.hpp>

#include <cstdint>
#include <string>

namespace orders {

struct FraudOptions {
  std::int64_t limit_cents = 2000'00;           ///< orders of one session that come to this much, or more, fail
  streams::Millis gap = std::chrono::hours(1);  ///< without any order: the next one begins a new session
  streams::Millis grace = streams::Millis(0);   ///< how much later than the gap an order may come
  std::string topic_prefix{};                   ///< in front of the names of all topics
};

/// Reads "orders", writes a FRAUD_CHECK for each new one to "order-validations". Repartition topic
/// "orders-by-customer", session store "order-value-by-customer".
///
/// Orders that fail count, too: who went over the limit stays over it until the session ends. An order that is written
/// twice counts twice.
streams::Topology fraud_topology(const FraudOptions& options = {});

}  // namespace orders
