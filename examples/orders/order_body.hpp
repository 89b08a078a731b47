// An order, and its payment, as a client sends them.
#pragma once

#include "model.hpp"

#include <string>

namespace orders {

/// A new order from a body in JSON: state CREATED and version 1 if it says nothing. Throws InvalidArgument, which says
/// what is wrong with it: what is missing, of another type, negative, or larger than the field can hold.
Order order_from(const std::string& body);

/// Order `id` as it shall be. The body need not repeat the id; its state and version do not count. Throws
/// InvalidArgument.
Order changed_order_from(const std::string& body, const std::string& id);

/// A payment from a body in JSON. Throws InvalidArgument, as above.
Payment payment_from(const std::string& body);

}  // namespace orders
