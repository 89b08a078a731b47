// Tables joined with tables: by order id with payments, by a foreign key with customers.
#include "order_grid_topology.hpp"

#include "topics.hpp"

#include <streams/streams_builder.hpp>

#include <algorithm>
#include <utility>

namespace orders {
namespace {

template <class T>
nlohmann::json json_or_null(const std::optional<T>& value) {
  return value ? nlohmann::json(*value) : nlohmann::json();
}
template <class T>
std::optional<T> value_or_none(const nlohmann::json& json) {
  return json.is_null() ? std::nullopt : std::optional(json.get<T>());
}
template <class T>
std::optional<T> copied(const T* value) {
  return value == nullptr ? std::nullopt : std::optional(*value);
}

}  // namespace

void to_json(nlohmann::json& json, const GridRow& row) {
  json = {{"order", row.order}, {"payment", json_or_null(row.payment)}, {"customer", json_or_null(row.customer)}};
}
void from_json(const nlohmann::json& json, GridRow& row) {
  json.at("order").get_to(row.order);
  row.payment = value_or_none<Payment>(json.at("payment"));
  row.customer = value_or_none<Customer>(json.at("customer"));
}

std::vector<GridRow> page_of_grid(const streams::KafkaStreams& app, const std::optional<std::string>& after,
                                  std::size_t size) {
  using FromHere = streams::RangeQuery<std::string, GridRow>;
  auto answers = app.query(streams::StateQueryRequest<FromHere>{.store = kOrderGridStore, .query = {.lower = after}});
  std::vector<GridRow> rows;
  for (auto& [partition, answer] : answers.partitions) {
    std::size_t taken = 0;
    for (auto [id, row] : answer.result()) {
      if (id == after) continue;
      if (++taken > size) break;
      rows.push_back(std::move(row));
    }
  }
  std::ranges::sort(rows, {}, [](const GridRow& row) { return row.order.id; });
  if (rows.size() > size) rows.resize(size);
  return rows;
}

streams::Topology order_grid_topology(const std::string& topic_prefix) {
  streams::StreamsBuilder builder;
  const auto orders = builder.table<std::string, Order>(topic_prefix + kOrdersTopic, {.store_name = "grid-orders"});
  const auto customers =
      builder.table<std::int64_t, Customer>(topic_prefix + kCustomersTopic, {.store_name = "grid-customers"});
  const auto payments = builder.stream<std::string, Payment>(topic_prefix + kPaymentsTopic)
                            .select_key([](const Payment& payment) { return payment.order_id; })
                            .repartition({.name = "payments-by-order"})
                            .to_table({.store_name = "grid-payments"});
  orders
      .left_join(payments,
                 [](const Order& order, const Payment* payment) {
                   return GridRow{order, copied(payment), std::nullopt};
                 })
      .left_join(
          customers, [](const GridRow& row) { return row.order.customer_id; },
          [](const GridRow& row, const Customer* customer) {
            return GridRow{row.order, row.payment, copied(customer)};
          },
          {.store_name = kOrderGridStore}, {.name = "grid-customer"});
  return builder.build();
}

}  // namespace orders
