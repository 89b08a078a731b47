// A type without a serde is used where its bytes are needed.
// expect: streams: no serde for this type.
#include <streams/serde.hpp>

struct Order {
  std::int64_t amount = 0;
};

#ifdef FIXED
template <>
struct streams::DefaultSerde<Order> {
  static SerdePtr<Order> get() { return nullptr; }
};
#endif

const auto serde = streams::detail::serde_or_default<Order>(nullptr);
