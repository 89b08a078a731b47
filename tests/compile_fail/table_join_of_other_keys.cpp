// A join of two tables whose keys have different types, without a foreign key.
// expect: streams: both sides of a join have keys of one type
#include <streams/streams_builder.hpp>

using namespace streams;

void build(StreamsBuilder& builder) {
  const auto orders = builder.table<std::string, std::int64_t>("orders");
  const auto customers = builder.table<std::int64_t, std::string>("customers");
  const auto text = [](std::int64_t amount, const std::string& name) { return name + std::to_string(amount); };
#ifdef FIXED
  orders.join(
      customers, [](std::int64_t order) { return order % 7; }, text);
#else
  orders.join(customers, text);
#endif
}
