// Commands are decided by a table of transitions; the store that they are decided by follows the orders topic.
#include "order_commands_topology.hpp"

#include "topics.hpp"

#include <streams/streams_builder.hpp>

#include <algorithm>
#include <memory>
#include <utility>

namespace orders {
namespace {

using OrderStore = streams::KeyValueStore<std::string, Order>;

struct Transition {
  CommandKind kind;
  OrderState from, to;
};
constexpr Transition kTransitions[] = {{CommandKind::kUpdate, OrderState::kCreated, OrderState::kCreated},
                                       {CommandKind::kUpdate, OrderState::kValidated, OrderState::kValidated},
                                       {CommandKind::kShip, OrderState::kValidated, OrderState::kShipped},
                                       {CommandKind::kCancel, OrderState::kCreated, OrderState::kFailed},
                                       {CommandKind::kCancel, OrderState::kValidated, OrderState::kFailed}};
constexpr const char* kShippingWriter = "shipping";

CommandDecision rejected(std::string reason) { return {std::nullopt, std::move(reason)}; }

CommandDecision request(const OrderCommand& command, const std::optional<Order>& known) {
  if (known) return rejected("order " + known->id + " exists already");
  if (command.order.state != OrderState::kCreated) {
    return rejected("a requested order is CREATED, not " + text_of(command.order.state));
  }
  Order order = command.order;
  order.version = 1;
  return {order, ""};
}

CommandDecision update(const Order& wanted, const Order& known) {
  if (wanted.product != known.product || wanted.customer_id != known.customer_id) {
    return rejected("product and customer of an order stay as they are");
  }
  if (wanted.quantity < 0 || wanted.quantity > known.quantity || wanted.price < 0 || wanted.price > known.price) {
    return rejected("an update can only make an order smaller");
  }
  Order order = known;
  order.quantity = wanted.quantity;
  order.price = wanted.price;
  ++order.version;
  return {order, ""};
}

std::string no_transition(CommandKind kind, OrderState from) {
  if (kind == CommandKind::kUpdate) return "no " + text_of(kind) + " of a " + text_of(from) + " order";
  const OrderState to = kind == CommandKind::kShip ? OrderState::kShipped : OrderState::kFailed;
  return "no transition " + text_of(from) + " -> " + text_of(to);
}

struct Decided {
  OrderCommandResult result;
  std::optional<Order> order;
};

/// Decides, keeps and tells.
class Commands final : public streams::Processor<std::string, OrderCommand, std::string, Decided> {
 public:
  void init(Context& context) override { orders_ = &context.get_state_store<OrderStore>(kOrdersByIdStore); }
  void process(streams::Record<std::string, OrderCommand>&& record) override {
    const OrderCommand& command = *record.value;
    Decided out{{command.request_id, command.order.id, CommandOutcome::kRejected, "", 0, {}}, std::nullopt};
    if (record.key == command.order.id) {
      const auto known = orders_->get(command.order.id);
      CommandDecision decision = decide(command, known);
      if (decision.order) orders_->put(decision.order->id, decision.order);
      out.result.outcome = decision.order ? CommandOutcome::kAccepted : CommandOutcome::kRejected;
      out.result.reason = std::move(decision.reason);
      if (const auto& now = decision.order ? decision.order : known) {
        out.result.version = now->version;
        out.result.state = now->state;
      }
      out.order = std::move(decision.order);
    } else {
      out.result.reason = "the key of a command is the id of its order";  // else it is not where the order is
    }
    context().forward({command.order.id, std::move(out), record.timestamp, {}});
  }

 private:
  OrderStore* orders_ = nullptr;
};

/// Keeps the store up with what is in the topic, and the topic with what was decided here.
class Follow final : public streams::Processor<std::string, Order> {
 public:
  void init(Context& context) override { orders_ = &context.get_state_store<OrderStore>(kOrdersByIdStore); }
  void process(streams::Record<std::string, Order>&& record) override {
    if (!record.key) return;
    const auto known = orders_->get(*record.key);
    if (!record.value || !known || record.value->version > known->version) {
      orders_->put(*record.key, record.value);  // deleted, new, or from before this service was there
      return;
    }
    // The rest is what was written here, on its way back, but for verdicts: those are on the first version.
    const OrderState verdict = record.value->state;
    if (record.value->version != 1 || verdict == OrderState::kCreated || verdict == known->state) return;
    Order now = *known;
    if (now.state == OrderState::kCreated) {
      now.state = verdict;
      orders_->put(now.id, now);
      if (now.version == 1) return;
    }
    context().forward({now.id, now, record.timestamp, {}});
  }

 private:
  OrderStore* orders_ = nullptr;
};

}  // namespace

CommandDecision decide(const OrderCommand& command, const std::optional<Order>& known) {
  if (command.kind == CommandKind::kRequest) return request(command, known);
  if (command.kind == CommandKind::kShip && command.writer != kShippingWriter) {
    return rejected("writer " + command.writer + " may not " + text_of(command.kind));
  }
  if (!known) return rejected("there is no order " + command.order.id);
  if (command.expected_version != 0 && command.expected_version != known->version) {
    return rejected("version " + std::to_string(command.expected_version) + " is not " +
                    std::to_string(known->version));
  }
  // Who has seen the verdict on an order that is CREATED here is ahead of this service: it is on its way.
  if (known->state != OrderState::kCreated && command.expected_state.value_or(known->state) != known->state) {
    return rejected("it is " + text_of(known->state) + " and not " + text_of(*command.expected_state));
  }
  const auto* row = std::ranges::find_if(
      kTransitions, [&](const Transition& t) { return t.kind == command.kind && t.from == known->state; });
  if (row == std::end(kTransitions)) return rejected(no_transition(command.kind, known->state));
  if (command.kind == CommandKind::kUpdate) return update(command.order, *known);
  Order order = *known;
  order.state = row->to;
  ++order.version;
  return {order, ""};
}

streams::Topology order_commands_topology(const std::string& topic_prefix) {
  streams::StreamsBuilder builder;
  builder.add_state_store(streams::key_value_store<std::string, Order>(kOrdersByIdStore));
  // Both streams share the store, by order id: one task sees all that happens to an order.
  const auto followed = builder.stream<std::string, Order>(topic_prefix + kOrdersTopic)
                            .process([] { return std::make_unique<Follow>(); }, {.name = "follow"}, {kOrdersByIdStore});
  const auto decided =
      builder.stream<std::string, OrderCommand>(topic_prefix + kCommandsTopic)
          .process([] { return std::make_unique<Commands>(); }, {.name = "commands"}, {kOrdersByIdStore});
  decided.filter([](const Decided& decision) { return decision.order.has_value(); })
      .map_values([](const Decided& decision) { return *decision.order; })
      .merge(followed)
      .to(topic_prefix + kOrdersTopic);
  decided
      .map([](const std::string&, const Decided& decision) {
        return std::pair(decision.result.request_id, decision.result);
      })
      .to(topic_prefix + kCommandResultsTopic);
  return builder.build();
}

}  // namespace orders
