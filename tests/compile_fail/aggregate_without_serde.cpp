// An aggregate of a type that has no serde.
// expect: streams: no serde for this type.
#include <streams/streams_builder.hpp>

using namespace streams;

struct Order {
  std::string customer;
  std::int64_t amount = 0;
};

void build(StreamsBuilder& builder, SerdePtr<Order> serde) {
  const auto amounts = builder.stream<std::string, std::int64_t>("amounts").group_by_key();
  const auto add = [](const std::string&, std::int64_t amount, Order sum) {
    sum.amount += amount;
    return sum;
  };
#ifdef FIXED
  amounts.aggregate([] { return Order(); }, add, {.value_serde = serde});
#else
  amounts.aggregate([] { return Order(); }, add);
#endif
}
