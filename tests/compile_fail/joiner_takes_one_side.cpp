// A joiner that takes only one side.
// expect: streams: a joiner takes (const Left&, const Right&)
#include <streams/streams_builder.hpp>

using namespace streams;

void build(StreamsBuilder& builder) {
  const auto orders = builder.stream<std::string, std::int64_t>("orders");
  const auto customers = builder.table<std::string, std::string>("customers");
#ifdef FIXED
  orders.join(customers, [](std::int64_t amount, const std::string& name) { return name + std::to_string(amount); });
#else
  orders.join(customers, [](std::int64_t amount) { return amount; });
#endif
}
