// A stream of a type that has no serde.
// expect: streams: no serde for this type.
#include <streams/streams_builder.hpp>

using namespace streams;

struct Order {
  std::int64_t amount = 0;
};

void build(StreamsBuilder& builder, SerdePtr<Order> serde) {
#ifdef FIXED
  builder.stream<std::string, Order>("orders", {.value_serde = serde});
#else
  builder.stream<std::string, Order>("orders");
#endif
}
