// The aggregator of validations: decides on an order when its checks are in.
#pragma once

#include <streams/topology.hpp>
#include <streams/windows.hpp>

#include <string>

namespace orders {

struct ValidationsOptions {
  int rules = 3;  ///< how many different checks must pass
  /// Checks of one order, and the order itself, come within this time of each other.
  streams::Millis window = std::chrono::minutes(5);
  streams::Millis grace = streams::Millis(0);  ///< how much later, in stream time, any of them may come
  std::string topic_prefix{};                  ///< in front of the names of all topics
};

/// Reads "order-validations" and "orders" (the new ones), writes each order once more to "orders": VALIDATED when
/// `rules` different checks have passed, FAILED with the first that did not; ERROR counts as FAIL. The first decision
/// stands: each order gets one.
///
/// Session store "checks-by-order", repartition topic "verdicts", join stores "verdicts-and-orders...", window store
/// "decided-orders".
streams::Topology validations_topology(const ValidationsOptions& options = {});

}  // namespace orders
