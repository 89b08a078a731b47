// Orders by product join the stock level; one thread for each product reads, checks and reserves.
#include "inventory_topology.hpp"

#include "topics.hpp"

#include <streams/streams_builder.hpp>

#include <memory>
#include <optional>
#include <utility>

namespace orders {
namespace {

constexpr const char* kLevelStore = "stock-levels";

struct OrderAndLevel {
  Order order;
  std::int64_t level = 0;
};

/// All orders of one product come to the same task, one after the other: nobody else can reserve between its check and
/// its reservation. Input offsets, stores and verdicts are committed together (exactly_once_v2).
class Reserve final : public streams::Processor<std::string, OrderAndLevel, std::string, OrderValidation> {
 public:
  void init(Context& context) override {
    reserved_ = &context.get_state_store<streams::KeyValueStore<std::string, std::int64_t>>(kReservedStore);
    reservations_ = &context.get_state_store<streams::KeyValueStore<std::string, Reservation>>(kReservationsStore);
    shipped_ = &context.get_state_store<streams::KeyValueStore<std::string, Shipped>>(kShippedStore);
    levels_ = &context.get_state_store<streams::TimestampedKeyValueStore<std::string, std::int32_t>>(kLevelStore);
  }

  void process(streams::Record<std::string, OrderAndLevel>&& record) override {
    const auto& [order, level] = *record.value;
    if (is_new(order)) {
      const CheckResult result = reserve(order, level) ? CheckResult::kPass : CheckResult::kFail;
      context().forward({order.id, OrderValidation{order.id, CheckType::kInventory, result}, record.timestamp, {}});
    } else if (const auto held = reservations_->get(order.id)) {
      if (order.state == OrderState::kFailed) {
        hold(order.id, *held, 0);
      } else if (order.state == OrderState::kShipped) {
        ship(held->product, held->quantity);
        hold(order.id, *held, 0);
      } else if (order.quantity < held->quantity) {
        hold(order.id, *held, order.quantity);  // it was made smaller
      }
    }
  }

 private:
  bool reserve(const Order& order, std::int64_t level) {
    if (order.quantity < 0) return false;  // reserving less than nothing would make stock of nothing
    if (order.quantity == 0 || reservations_->get(order.id)) return true;
    const std::int64_t reserved = reserved_->get(order.product).value_or(0);
    if (level - shipped(order.product).quantity - reserved < order.quantity) return false;
    hold(order.id, {order.product, 0}, order.quantity);
    return true;
  }
  void hold(const std::string& order_id, const Reservation& before, std::int64_t quantity) {
    const std::int64_t reserved = reserved_->get(before.product).value_or(0);
    reserved_->put(before.product, reserved + quantity - before.quantity);
    reservations_->put(order_id, quantity == 0 ? std::nullopt : std::optional(Reservation{before.product, quantity}));
  }
  void ship(const std::string& product, std::int64_t quantity) {
    Shipped now = shipped(product);
    now.quantity += quantity;
    shipped_->put(product, now);
  }
  /// What the present level does not know of yet.
  Shipped shipped(const std::string& product) const {
    const auto level = levels_->get(product);
    const Shipped before = shipped_->get(product).value_or(Shipped{});
    const streams::Timestamp level_time = level ? level->timestamp : 0;
    return before.level_time == level_time ? before : Shipped{0, level_time};
  }

  streams::KeyValueStore<std::string, std::int64_t>* reserved_ = nullptr;
  streams::KeyValueStore<std::string, Reservation>* reservations_ = nullptr;
  streams::KeyValueStore<std::string, Shipped>* shipped_ = nullptr;
  streams::TimestampedKeyValueStore<std::string, std::int32_t>* levels_ = nullptr;
};

}  // namespace

streams::Topology inventory_topology(const std::string& topic_prefix) {
  streams::StreamsBuilder builder;
  builder.add_state_store(streams::key_value_store<std::string, std::int64_t>(kReservedStore))
      .add_state_store(streams::key_value_store<std::string, Reservation>(kReservationsStore))
      .add_state_store(streams::key_value_store<std::string, Shipped>(kShippedStore));
  const auto levels = builder.table<std::string, std::int32_t>(topic_prefix + kWarehouseTopic,
                                                               {.store_name = kLevelStore, .caching = false});
  // Join by product: orders of one product meet the level of that product, and each other. A left join, as an order for
  // what was never stocked must fail rather than wait for ever.
  builder.stream<std::string, Order>(topic_prefix + kOrdersTopic)
      .select_key([](const Order& order) { return order.product; })
      .left_join(levels,
                 [](const Order& order, const std::int32_t* level) {
                   return OrderAndLevel{order, level == nullptr ? 0 : *level};
                 },
                 {.name = "orders-by-product"})
      .process([] { return std::make_unique<Reserve>(); }, {.name = "reserve"},
               {kReservedStore, kReservationsStore, kShippedStore, kLevelStore})
      .to(topic_prefix + kValidationsTopic);
  return builder.build();
}

}  // namespace orders
