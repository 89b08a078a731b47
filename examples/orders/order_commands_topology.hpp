// The commands service: whoever wants something done to an order asks here, and only this service does it.
#pragma once

#include "model.hpp"

#include <streams/topology.hpp>

#include <optional>
#include <string>

namespace orders {

/// Store "orders-by-id" (KeyValueStore<std::string, Order>): orders as the service knows them.
inline constexpr const char* kOrdersByIdStore = "orders-by-id";

/// What becomes of a command: the order as it is then, or why it stays as it is.
struct CommandDecision {
  std::optional<Order> order;
  std::string reason;
};

/// By the order as it is known, if it is.
///
/// | command | from                | to        | who        |
/// |---------|---------------------|-----------|------------|
/// | REQUEST | no such order       | CREATED   | anybody    |
/// | UPDATE  | CREATED, VALIDATED  | the same  | anybody    |
/// | SHIP    | VALIDATED           | SHIPPED   | "shipping" |
/// | CANCEL  | CREATED, VALIDATED  | FAILED    | anybody    |
///
/// Everything but REQUEST counts the version up. An update may make an order smaller, as its checks hold then; customer
/// and product stay. CREATED -> VALIDATED and CREATED -> FAILED are the aggregator's (validations_topology.hpp); they
/// do not count, as checks are made of one version: who must not overlook them says which state was seen, too.
CommandDecision decide(const OrderCommand& command, const std::optional<Order>& known);

/// Reads "orders-commands" (by order id) and "orders", which need equally many partitions; writes orders to "orders"
/// and an OrderCommandResult for each command to "orders-command-results" (by request id).
///
/// It follows "orders", as others write verdicts there. A verdict on a version that was changed meanwhile is merged:
/// the state is the verdict's, the rest is the newer version's, and the result is written. A verdict on an order that
/// was cancelled meanwhile is taken back by writing the order as it is. An order may be asked for a moment before a
/// verdict on it has come here: then the command is rejected and may be sent again.
streams::Topology order_commands_topology(const std::string& topic_prefix = "");

}  // namespace orders
