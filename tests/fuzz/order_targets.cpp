// What clients of the example orders post.
#include "fuzz_target.hpp"

#include <examples/orders/order_body.hpp>

namespace streams::fuzz {
namespace {

void order_body(BytesView input) {
  const orders::Order order = orders::order_from(std::string(input));
  require(order.quantity >= 0 && order.price >= 0 && orders::is_new(order), "an order is taken that is none");
  require(orders::cents(order) >= 0, "an order is worth less than nothing");
  const std::string again = nlohmann::json(order).dump();
  require(orders::order_from(again) == order, "an order changes when rewritten");
}
std::vector<Bytes> order_body_seeds() {
  return {
      R"({"id":"ord-7","customer_id":101,"product":"KETTLE","quantity":2,"price":30})",
      R"({"id":"o","customer_id":-1,"product":"P","quantity":2147483647,"price":1e7,"state":"CREATED","version":1})",
      R"({"id":"o","customer_id":1,"product":"P","quantity":2147483648,"price":1})",
      R"({"id":"o","customer_id":1,"product":"P","quantity":1.5,"price":-0.0})",
      R"({"id":"o","customer_id":1,"product":"P","quantity":1,"price":1e300})",
      R"({"id":"\u00e9","customer_id":1,"product":"P","quantity":1,"price":1,"state":"SHIPPED"})",
      R"({"id":7,"customer_id":"1","product":null,"quantity":[],"price":{}})",
      "[]"};
}

}  // namespace

std::vector<Target> order_targets() { return {{"order_body", order_body, order_body_seeds}}; }

}  // namespace streams::fuzz
