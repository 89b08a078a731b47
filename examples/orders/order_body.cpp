// An order, and its payment, as a client sends them: anything may come.
#include "order_body.hpp"

#include <streams/errors.hpp>

#include <limits>

namespace orders {
namespace {

constexpr std::size_t kLongestId = 200;

[[noreturn]] void refuse(const std::string& why) { throw streams::InvalidArgument("This is no order: " + why); }

/// A conversion would cut off what does not fit: 2.7 pieces are not 2, and 4294967297 are not 1.
template <class Integer>
void require_whole(const nlohmann::json& json, const char* field) {
  const auto found = json.find(field);
  if (found == json.end()) return;  // said better where it is read
  using Limits = std::numeric_limits<Integer>;
  const bool fits = found->is_number_unsigned()
                        ? found->get<std::uint64_t>() <= std::uint64_t{Limits::max()}
                        : found->is_number_integer() && found->get<std::int64_t>() >= Limits::min();
  if (!fits)
    refuse(std::string(field) + " is a whole number up to " + std::to_string(Limits::max()) + ", not " +
           found->dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + ".");
}

/// `missing`: what it has where the body says nothing.
Order parsed(const std::string& body, const nlohmann::json& missing) {
  Order order;
  try {
    nlohmann::json json = nlohmann::json::parse(body);
    if (!json.is_object()) refuse("a JSON object is expected.");
    for (const auto& [name, value] : missing.items()) json.emplace(name, value);
    require_whole<std::int64_t>(json, "customer_id");
    require_whole<std::int32_t>(json, "quantity");
    require_whole<std::int32_t>(json, "version");
    order = json.get<Order>();
  } catch (const nlohmann::json::exception& e) {
    refuse(e.what());
  } catch (const std::invalid_argument& e) {
    refuse(e.what());
  }
  if (order.id.empty() || order.id.size() > kLongestId)
    refuse("id has 1 to " + std::to_string(kLongestId) + " bytes, not " + std::to_string(order.id.size()) + ".");
  if (order.product.empty()) refuse("product is empty.");
  if (order.quantity < 0) refuse("quantity is negative: " + std::to_string(order.quantity) + ".");
  if (!(order.price >= 0)) refuse("price is negative.");
  if (order.price > kMaxPrice) refuse("price is more than " + std::to_string(std::llround(kMaxPrice)) + ".");
  return order;
}

}  // namespace

Order order_from(const std::string& body) {
  Order order = parsed(body, {{"state", "CREATED"}});
  if (order.state != OrderState::kCreated) refuse("a new order is CREATED, not " + text_of(order.state) + ".");
  if (order.version != 1) refuse("a new order has version 1.");
  return order;
}

Order changed_order_from(const std::string& body, const std::string& id) {
  Order order = parsed(body, {{"state", "CREATED"}, {"id", id}});
  if (order.id != id) refuse("its id is " + order.id + ", that of the path is " + id + ".");
  return order;
}

Payment payment_from(const std::string& body) {
  const auto refuse_payment = [](const std::string& why) {
    throw streams::InvalidArgument("This is no payment: " + why);
  };
  Payment payment;
  try {
    const nlohmann::json json = nlohmann::json::parse(body);
    if (!json.is_object()) refuse_payment("a JSON object is expected.");
    json.get_to(payment);
  } catch (const nlohmann::json::exception& e) {
    refuse_payment(e.what());
  }
  if (payment.id.empty() || payment.id.size() > kLongestId)
    refuse_payment("id has 1 to " + std::to_string(kLongestId) + " bytes, not " + std::to_string(payment.id.size()) +
                   ".");
  if (payment.order_id.empty()) refuse_payment("order_id is empty.");
  if (payment.currency.empty()) refuse_payment("currency is empty.");
  if (!(payment.amount >= 0)) refuse_payment("amount is negative.");
  return payment;
}

}  // namespace orders
