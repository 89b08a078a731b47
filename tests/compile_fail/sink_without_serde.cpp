// Writing a type that has no serde to a topic.
// expect: streams: no serde for this type.
#include <streams/streams_builder.hpp>

using namespace streams;

struct Order {
  std::string customer;
  std::int64_t amount = 0;
};

void build(StreamsBuilder& builder, SerdePtr<Order> serde) {
  const auto orders = builder.stream<std::string, Order>("orders", {.value_serde = serde});
#ifdef FIXED
  orders.to("copies", {.value_serde = serde});
#else
  orders.to("copies");
#endif
}
