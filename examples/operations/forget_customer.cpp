// A mapping from customers to what there is about them, and tombstones for all of it.
#include "forget_customer.hpp"

#include <examples/orders/model.hpp>
#include <examples/orders/topics.hpp>
#include <streams/partitioner.hpp>
#include <streams/processor.hpp>
#include <streams/streams_builder.hpp>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

namespace operations {
namespace {

using orders::Order;

constexpr const char* kOwnedStore = "owned-by-customer";

/// What there is about a customer.
struct Owned {
  std::map<std::string, std::pair<std::string, std::int64_t>> orders;  ///< by id: product, quantity
  streams::Timestamp forgotten_at = -1;                                ///< what is older has to go, too

  std::int64_t bought(const std::string& product) const {
    std::int64_t sum = 0;
    for (const auto& [id, order] : orders) sum += order.first == product ? order.second : 0;
    return sum;
  }
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Owned, orders, forgotten_at)
using OwnedStore = streams::KeyValueStore<std::int64_t, Owned>;

constexpr const char* kSales = "sales";
constexpr const char* kLateTombstones = "late-order-tombstones";
constexpr const char* kOrderTombstones = "order-tombstones";
constexpr const char* kSaleTombstones = "sale-tombstones";

/// Notes whose an order is, and tells how much of its product the customer has bought by now. An order that was on its
/// way when its customer was forgotten is deleted as soon as it comes.
class Remember final : public streams::Processor<std::int64_t, Order, std::string, std::int64_t> {
 public:
  void init(Context& context) override { owned_ = &context.get_state_store<OwnedStore>(kOwnedStore); }
  void process(streams::Record<std::int64_t, Order>&& record) override {
    const Order& order = *record.value;
    Owned owned = owned_->get(*record.key).value_or(Owned());
    if (record.timestamp <= owned.forgotten_at) {
      context().forward({order.id, std::nullopt, owned.forgotten_at, {}}, kLateTombstones);
      return;
    }
    owned.orders[order.id] = {order.product, order.quantity};
    owned_->put(*record.key, owned);
    context().forward({sales_key(order.product, *record.key), owned.bought(order.product), record.timestamp, {}},
                      kSales);
  }

 private:
  OwnedStore* owned_ = nullptr;
};

/// Gives the keys of what is to be deleted: orders to one child, sales to the other.
class Forget final : public streams::Processor<std::int64_t, std::string, std::string, std::int64_t> {
 public:
  void init(Context& context) override { owned_ = &context.get_state_store<OwnedStore>(kOwnedStore); }
  void process(streams::Record<std::int64_t, std::string>&& request) override {
    const Owned owned = owned_->get(*request.key).value_or(Owned());
    owned_->put(*request.key, Owned{{}, request.timestamp});  // no more than that there was such a number
    std::set<std::string> products;
    for (const auto& [id, order] : owned.orders) {
      products.insert(order.first);
      context().forward({id, std::nullopt, request.timestamp, {}}, kOrderTombstones);
    }
    for (const std::string& product : products) {
      context().forward({sales_key(product, *request.key), std::nullopt, request.timestamp, {}}, kSaleTombstones);
    }
  }

 private:
  OwnedStore* owned_ = nullptr;
};

/// The customer's own row.
class ForgetCustomer final : public streams::FixedKeyProcessor<std::int64_t, std::string> {
 public:
  void process(streams::FixedKeyRecord<std::int64_t, std::string>&& request) override {
    request.value.reset();
    context().forward(std::move(request));
  }
};

std::optional<std::vector<std::int32_t>> by_product(std::string_view /*topic*/, const std::string* key,
                                                    const std::int64_t* /*quantity*/, std::int32_t partitions) {
  return std::vector{sales_partition(*key, partitions)};
}

}  // namespace

std::string sales_key(const std::string& product, std::int64_t customer_id) {
  return product + "/" + std::to_string(customer_id);
}

std::int32_t sales_partition(const std::string& key, std::int32_t partitions) {
  return streams::partition_for_key(key.substr(0, key.find('/')), partitions);
}

streams::Topology forget_customer_topology(streams::client::Admin& admin) {
  orders::require_equal_partitions(
      admin, {orders::kOrdersLatestTopic, kForgetTopic},
      "A request finds the orders of its customer in the store of the task that reads it: forget-customers is "
      "partitioned by customer, and so are the orders on their way there, into as many partitions as orders-latest.");
  streams::StreamsBuilder builder;
  builder.add_state_store(streams::key_value_store<std::int64_t, Owned>(kOwnedStore));
  const auto requests = builder.stream<std::int64_t, std::string>(kForgetTopic);
  const auto sales = builder.stream<std::string, Order>(orders::kOrdersLatestTopic)
                         .filter([](const Order* order) { return order != nullptr; })  // deletions, our own among them
                         .select_key([](const Order& order) { return order.customer_id; })
                         .repartition({.name = "orders-by-customer"})
                         .process([] { return std::make_unique<Remember>(); }, {.name = "remember"}, {kOwnedStore});
  sales.to(kSalesTopic, {.name = kSales, .partitioner = by_product});
  sales.to(orders::kOrdersLatestTopic, {.name = kLateTombstones});
  const auto keys = requests.process([] { return std::make_unique<Forget>(); }, {.name = "forget"}, {kOwnedStore});
  keys.to(orders::kOrdersLatestTopic, {.name = kOrderTombstones});
  // A tombstone has to go where the row is: by the same partitioner.
  keys.to(kSalesTopic, {.name = kSaleTombstones, .partitioner = by_product});
  requests.process_values([] { return std::make_unique<ForgetCustomer>(); }, {.name = "forget-customer"})
      .to(orders::kCustomersTopic);
  return builder.build();
}

}  // namespace operations
