// Orders go to the partition of their customer, where customer and orders meet in three sorted stores.
#include "customer_orders_topology.hpp"

#include "topics.hpp"

#include <streams/streams_builder.hpp>

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

namespace orders {
namespace {

constexpr const char* kCustomerOfOrderStore = "customer-of-order";

void append_sorted(std::string& key, std::int64_t number) {
  for (int shift = 56; shift >= 0; shift -= 8) {
    const auto byte = static_cast<unsigned char>(static_cast<std::uint64_t>(number) >> shift);
    key += static_cast<char>(shift == 56 ? byte ^ 0x80u : byte);  // without the sign, negative numbers sort first
  }
}

/// What happened to an order, on its way to its customer's partition. No order: it is not this customer's any more.
struct OrderChange {
  std::string order_id;
  Order order;
  bool gone = false;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(OrderChange, order_id, order, gone)

struct ChangeForCustomer {
  OrderChange change;
  std::optional<Customer> customer;
};

/// Says whose an order is, and takes it away from whose it was: a deleted order does not say itself.
class ByCustomer final : public streams::Processor<std::string, Order, std::int64_t, OrderChange> {
 public:
  void init(Context& context) override { customer_of_ = &context.get_state_store<Store>(kCustomerOfOrderStore); }
  void process(streams::Record<std::string, Order>&& record) override {
    if (!record.key) return;
    const auto before = customer_of_->get(*record.key);
    const auto now = record.value ? std::optional(record.value->customer_id) : std::nullopt;
    if (before != now) customer_of_->put(*record.key, now);
    if (before && before != now) context().forward({before, OrderChange{*record.key, {}, true}, record.timestamp, {}});
    if (now) context().forward({now, OrderChange{*record.key, *record.value, false}, record.timestamp, {}});
  }

 private:
  using Store = streams::KeyValueStore<std::string, std::int64_t>;
  Store* customer_of_ = nullptr;
};

/// The stores of one partition. A row is in all three, or in none.
class Rows {
 public:
  explicit Rows(const streams::ProcessingContext& context)
      : rows_(context.get_state_store<Store>(kCustomerOrdersStore)),
        by_amount_(context.get_state_store<Store>(kCustomerOrdersByAmount)),
        by_country_(context.get_state_store<Store>(kCustomerOrdersByCountry)) {}

  void remove(std::int64_t customer_id, const std::string& order_id) {
    const std::string key = customer_order_key(customer_id, order_id);
    if (const auto row = rows_.get(key)) put(key, *row, std::nullopt);
  }
  void replace(const CustomerOrder& row) {
    remove(row.order.customer_id, row.order.id);
    put(customer_order_key(row.order.customer_id, row.order.id), row, row);
  }
  std::vector<CustomerOrder> of(std::int64_t customer_id) const {
    std::vector<CustomerOrder> out;
    for (auto [key, row] : rows_.prefix_scan(customer_key(customer_id))) out.push_back(std::move(row));
    return out;
  }

 private:
  using Store = streams::KeyValueStore<std::string, CustomerOrder>;
  void put(const std::string& key, const CustomerOrder& at, const std::optional<CustomerOrder>& row) {
    const Order& order = at.order;
    rows_.put(key, row);
    by_amount_.put(customer_amount_key(order.customer_id, cents(order), order.id), row);
    by_country_.put(country_amount_key(at.customer.country, order.state, cents(order), order.id), row);
  }

  Store &rows_, &by_amount_, &by_country_;
};

class Orders final : public streams::Processor<std::int64_t, ChangeForCustomer, void, void> {
 public:
  void init(Context& context) override { rows_.emplace(context); }
  void process(streams::Record<std::int64_t, ChangeForCustomer>&& record) override {
    const auto& [change, customer] = *record.value;
    if (change.gone) return rows_->remove(*record.key, change.order_id);
    rows_->replace({change.order, customer.value_or(Customer{.id = *record.key}), customer.has_value()});
  }

 private:
  std::optional<Rows> rows_;
};

class Customers final : public streams::Processor<std::int64_t, Customer, void, void> {
 public:
  void init(Context& context) override { rows_.emplace(context); }
  void process(streams::Record<std::int64_t, Customer>&& record) override {
    for (CustomerOrder row : rows_->of(*record.key)) {
      rows_->remove(*record.key, row.order.id);  // where it is by the country as it was
      row.customer = record.value.value_or(Customer{.id = *record.key});
      row.known = record.value.has_value();
      rows_->replace(row);
    }
  }

 private:
  std::optional<Rows> rows_;
};

/// Up to `limit` rows of a range that the rest of the query wants.
std::vector<CustomerOrder> collect(const CustomerOrderRows& rows, const std::string& from, const std::string& to,
                                   const OrderQuery& query) {
  std::vector<CustomerOrder> out;
  if (to < from) return out;
  for (auto [key, row] : rows.range(from, to)) {
    if (out.size() == query.limit) break;
    if (query.state && row.order.state != *query.state) continue;
    if (query.country && row.customer.country != *query.country) continue;
    out.push_back(std::move(row));
  }
  return out;
}

constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kHighest = std::numeric_limits<std::int64_t>::max();
/// Behind every order id: no UTF-8 text has this byte.
constexpr const char* kBehindAllIds = "\xff";

}  // namespace

std::string customer_key(std::int64_t customer_id) {
  std::string key;
  append_sorted(key, customer_id);
  return key;
}

std::string customer_order_key(std::int64_t customer_id, const std::string& order_id) {
  return customer_key(customer_id) + order_id;
}

std::string customer_amount_key(std::int64_t customer_id, std::int64_t cents, const std::string& order_id) {
  std::string key = customer_key(customer_id);
  append_sorted(key, cents);
  return key + order_id;
}

std::string country_amount_key(const std::string& country, OrderState state, std::int64_t cents,
                               const std::string& order_id) {
  std::string key = country;
  key += '\0';  // ends the country: none is the beginning of another
  key += static_cast<char>(state);
  append_sorted(key, cents);
  return key + order_id;
}

std::vector<CustomerOrder> orders_of_customer(const CustomerOrderRows& by_amount, std::int64_t customer_id,
                                              const OrderQuery& query) {
  return collect(by_amount, customer_amount_key(customer_id, query.min_cents.value_or(kLowest), ""),
                 customer_amount_key(customer_id, query.max_cents.value_or(kHighest), kBehindAllIds), query);
}

std::vector<CustomerOrder> orders_of_country(const CustomerOrderRows& by_country, const std::string& country,
                                             OrderState state, const OrderQuery& query) {
  OrderQuery rest = query;
  rest.limit = std::numeric_limits<std::size_t>::max();  // partitions come one after the other, each by amount
  auto out = collect(by_country, country_amount_key(country, state, query.min_cents.value_or(kLowest), ""),
                     country_amount_key(country, state, query.max_cents.value_or(kHighest), kBehindAllIds), rest);
  std::ranges::sort(out, {}, [](const CustomerOrder& row) { return std::pair(cents(row.order), row.order.id); });
  if (out.size() > query.limit) out.resize(query.limit);
  return out;
}

streams::Topology customer_orders_topology(const std::string& topic_prefix) {
  streams::StreamsBuilder builder;
  builder.add_state_store(streams::key_value_store<std::string, std::int64_t>(kCustomerOfOrderStore));
  const std::vector<std::string> rows{kCustomerOrdersStore, kCustomerOrdersByAmount, kCustomerOrdersByCountry};
  for (const std::string& store : rows) {
    builder.add_state_store(streams::key_value_store<std::string, CustomerOrder>(store));
  }
  // Join: an order comes to its customer. When it is the customer that changes, its orders are found in the stores,
  // which both sides share.
  const auto customers = builder.table<std::int64_t, Customer>(topic_prefix + kCustomersTopic,
                                                               {.store_name = "customers-by-id", .caching = false});
  builder.stream<std::string, Order>(topic_prefix + kOrdersTopic)
      .process([] { return std::make_unique<ByCustomer>(); }, {.name = "by-customer"}, {kCustomerOfOrderStore})
      .left_join(customers,
                 [](const OrderChange& change, const Customer* customer) {
                   return ChangeForCustomer{change, customer == nullptr ? std::nullopt : std::optional(*customer)};
                 },
                 {.name = "orders-by-customer"})
      .process([] { return std::make_unique<Orders>(); }, {.name = "orders"}, rows);
  customers.to_stream().process([] { return std::make_unique<Customers>(); }, {.name = "customers"}, rows);
  return builder.build();
}

}  // namespace orders
