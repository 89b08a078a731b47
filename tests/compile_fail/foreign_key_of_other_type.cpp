// A foreign key that is no key of the other table.
// expect: streams: a foreign-key extractor takes
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
  orders.join(
      customers, [](std::int64_t order) { return std::to_string(order); }, text);
#endif
}
