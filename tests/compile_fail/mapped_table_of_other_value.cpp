// A mapped table that is stored as another type.
// expect: streams: Materialized has another value type than the function gives
#include <streams/streams_builder.hpp>

using namespace streams;

void build(StreamsBuilder& builder) {
  const auto orders = builder.table<std::string, std::int64_t>("orders");
  const auto text = [](std::int64_t amount) { return std::to_string(amount); };
#ifdef FIXED
  orders.map_values(text, Materialized<std::string, std::string>{.store_name = "texts"});
#else
  orders.map_values(text, Materialized<std::string, std::int64_t>{.store_name = "texts"});
#endif
}
