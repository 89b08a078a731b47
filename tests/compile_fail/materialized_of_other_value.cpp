// A store for values of another type than the aggregate.
// expect: streams: Materialized has another value type than the function gives
#include <streams/streams_builder.hpp>

using namespace streams;

void build(StreamsBuilder& builder) {
  const auto orders = builder.stream<std::string, std::int64_t>("orders").group_by_key();
  const auto zero = [] { return std::int64_t{0}; };
  const auto add = [](const std::string&, std::int64_t amount, std::int64_t sum) { return sum + amount; };
#ifdef FIXED
  orders.aggregate(zero, add, Materialized<std::string, std::int64_t>{.store_name = "sums"});
#else
  orders.aggregate(zero, add, Materialized<std::string, std::string>{.store_name = "sums"});
#endif
}
