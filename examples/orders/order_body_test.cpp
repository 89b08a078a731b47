// What the orders service takes for an order.
#include "order_body.hpp"

#include <streams/errors.hpp>

#include <gmock/gmock.h>

namespace orders {
namespace {

std::string with(const std::string& field, const std::string& value) {
  nlohmann::json json{{"id", "ord-7"}, {"customer_id", 101}, {"product", "KETTLE"}, {"quantity", 2}, {"price", 30}};
  json[field] = nlohmann::json::parse(value);
  return json.dump();
}
std::string refusal(const std::string& body) {
  try {
    static_cast<void>(order_from(body));
  } catch (const streams::InvalidArgument& e) {
    return e.what();
  }
  return "taken";
}

TEST(OrderBody, IsANewOrder) {
  const Order expected{.id = "ord-7", .customer_id = 101, .product = "KETTLE", .quantity = 2, .price = 30};
  EXPECT_EQ(order_from(with("price", "30")), expected);
  EXPECT_EQ(order_from(with("state", "\"CREATED\"")), expected);
}

TEST(OrderBody, NumbersThatDoNotFitAreRefusedAndNotCutOff) {
  using testing::HasSubstr;
  for (const char* quantity : {"2147483648", "4294967297", "1.5", "-2147483649", "1e3", "18446744073709551615"}) {
    EXPECT_THAT(refusal(with("quantity", quantity)), HasSubstr("quantity is a whole number up to 2147483647, not "));
  }
  EXPECT_THAT(refusal(with("quantity", "-1")), HasSubstr("quantity is negative: -1"));
  EXPECT_THAT(refusal(with("customer_id", "9223372036854775808")), HasSubstr("customer_id is a whole number up to"));
  EXPECT_THAT(refusal(with("version", "4294967297")), HasSubstr("version is a whole number"));
  EXPECT_THAT(refusal(with("price", "1e300")), HasSubstr("price is more than 10000000"));
  EXPECT_THAT(refusal(with("price", "-0.01")), HasSubstr("price is negative"));
}

TEST(PaymentBody, SaysWhatIsWrong) {
  const auto refusal = [](const std::string& body) -> std::string {
    try {
      payment_from(body);
      return "taken";
    } catch (const streams::InvalidArgument& e) {
      return e.what();
    }
  };
  using testing::HasSubstr;
  EXPECT_EQ(refusal(R"({"id":"p","order_id":"o","currency":"EUR","amount":0})"), "taken");
  EXPECT_EQ(refusal("[1]"), "This is no payment: a JSON object is expected.");
  EXPECT_THAT(refusal("{"), HasSubstr("This is no payment: "));
  EXPECT_THAT(refusal(R"({"id":"p"})"), HasSubstr("order_id"));
  EXPECT_THAT(refusal(R"({"id":"","order_id":"o","currency":"EUR","amount":1})"), HasSubstr("id has 1 to 200 bytes"));
  EXPECT_THAT(refusal(R"({"id":"p","order_id":"","currency":"EUR","amount":1})"), HasSubstr("order_id is empty"));
  EXPECT_THAT(refusal(R"({"id":"p","order_id":"o","currency":"","amount":1})"), HasSubstr("currency is empty"));
  EXPECT_THAT(refusal(R"({"id":"p","order_id":"o","currency":"EUR","amount":-5})"), HasSubstr("amount is negative"));
}

TEST(OrderBody, AnyPriceInTheTopicIsCountable) {
  Order order{.id = "o", .product = "P", .quantity = std::numeric_limits<std::int32_t>::max(), .price = 1e300};
  EXPECT_EQ(cents(order), std::int64_t{1'000'000'000} * order.quantity);
  order.price = -1e300;
  EXPECT_EQ(cents(order), -std::int64_t{1'000'000'000} * order.quantity);
}

}  // namespace
}  // namespace orders
