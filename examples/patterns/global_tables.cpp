// Global tables: small tables that every instance holds in full, joined by any attribute.
#include "pattern.hpp"

namespace patterns {
namespace {

std::string customer_of(const std::string& order) { return order.substr(0, order.find(' ')); }
std::string product_of(const std::string& order) { return order.substr(order.find(' ') + 1); }

streams::Topology global_tables_topology() {
  streams::StreamsBuilder builder;
  // Read completely before the first order is processed. They cost memory or disk in every instance; in return nothing
  // has to be repartitioned, and topics may have whatever numbers of partitions.
  const auto customers = builder.global_table<std::string, std::string>("customer-names");
  const auto products = builder.global_table<std::string, std::string>("product-names");
  builder
      .stream<std::string, std::string>("order-lines")  // "c1 p2", by order
      .left_join(customers, customer_of,
                 [](const std::string& order, const std::string* name) {
                   return (name == nullptr ? "somebody" : *name) + " buys " + product_of(order);
                 })
      .join(
          products, [](const std::string& order) { return order.substr(order.rfind(' ') + 1); },
          [](const std::string& order, const std::string& product) {
            return order.substr(0, order.rfind(' ') + 1) + product;
          })
      .to("readable-order-lines");
  return builder.build();
}

}  // namespace

Pattern global_tables_pattern() {
  const Topic<std::string, std::string> customers("customer-names"), products("product-names"), orders("order-lines"),
      readable("readable-order-lines");
  return {.name = "global_tables",
          .teaches = "lookups by any attribute, without repartitioning",
          .topology = global_tables_topology,
          .inputs = {customers, products, orders},
          .outputs = {readable},
          .steps = {{{customers(0s, "c1", "Imke"), products(0s, "p1", "a lantern"), products(0s, "p2", "a kettle"),
                      orders(1s, "o1", "c1 p2"), orders(2s, "o2", "c7 p1"), orders(3s, "o3", "c1 p9")},
                     2}}};
}

}  // namespace patterns
