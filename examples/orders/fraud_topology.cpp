// New orders are added up by customer and session; each gets a verdict by what its session has come to.
#include "fraud_topology.hpp"

#include "model.hpp"
#include "topics.hpp"

#include <streams/streams_builder.hpp>

namespace orders {
namespace {

/// A session so far, and the order that was counted last: the one that the verdict is for.
struct OrderValue {
  Order order;
  std::int64_t cents = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(OrderValue, order, cents)

}  // namespace

streams::Topology fraud_topology(const FraudOptions& options) {
  streams::StreamsBuilder builder;
  // Filter: what has to be checked. Group: orders of one customer meet in one task.
  const auto sessions =
      builder.stream<std::string, Order>(options.topic_prefix + kOrdersTopic)
          .filter(is_new)
          .group_by([](const Order& order) { return order.customer_id; }, {.name = "orders-by-customer"})
          .windowed_by(streams::SessionWindows::of_inactivity_gap_and_grace(options.gap, options.grace));
  // Process: no record cache here. It would keep only the last of several orders, and the others would wait for their
  // verdict for ever.
  const auto totals =
      sessions
          .aggregate([] { return OrderValue{}; },
                     [](const std::int64_t&, const Order& order, const OrderValue& session) {
                       return OrderValue{order, session.cents + cents(order)};
                     },
                     [](const std::int64_t&, const OrderValue& one, const OrderValue& other) {
                       return OrderValue{other.order, one.cents + other.cents};
                     },
                     {.store_name = "order-value-by-customer", .caching = false})
          .to_stream()
          .filter([](const OrderValue* session) { return session != nullptr; });  // a session grew: its old row went
  const std::int64_t limit = options.limit_cents;
  const auto verdicts =
      totals.select_key([](const OrderValue& session) { return session.order.id; })
          .split({.name = "fraud-"})
          .branch([limit](const OrderValue& session) { return session.cents >= limit; }, {.name = "too-much"})
          .branch([limit](const OrderValue& session) { return session.cents < limit; }, {.name = "fine"})
          .no_default_branch();
  const auto write = [&](const char* branch, CheckResult result) {
    verdicts.at(branch)
        .map_values([result](const OrderValue& session) {
          return OrderValidation{session.order.id, CheckType::kFraud, result};
        })
        .to(options.topic_prefix + kValidationsTopic);
  };
  write("fraud-too-much", CheckResult::kFail);
  write("fraud-fine", CheckResult::kPass);
  return builder.build();
}

}  // namespace orders
