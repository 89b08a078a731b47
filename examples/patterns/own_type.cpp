// A type of one's own in topics and stores: money, which does not survive as a double.
#include "pattern.hpp"

#include <cmath>
#include <memory>

namespace patterns {

/// 0.1 + 0.2 is not 0.3 in doubles, and the error grows with every sum. Whole cents do not have that.
struct Money {
  std::int64_t cents = 0;
};

std::string text_of(const Money& money, streams::Timestamp /*base*/) {
  const std::string rest = std::to_string(std::abs(money.cents % 100));
  return std::to_string(money.cents / 100) + (rest.size() == 1 ? ".0" : ".") + rest;
}

/// Written once, here, and every operator knows how the type is stored. Bytes last longer than programs: choose a
/// form that other languages can read, and that can be extended.
class MoneySerde final : public streams::Serde<Money> {
 public:
  void serialize(std::string_view topic, const Money& money, streams::Bytes& out) const override {
    streams::DefaultSerde<std::int64_t>::get()->serialize(topic, money.cents, out);
  }
  Money deserialize(std::string_view topic, streams::BytesView bytes) const override {
    return {streams::DefaultSerde<std::int64_t>::get()->deserialize(topic, bytes)};
  }
};

}  // namespace patterns

template <>
struct streams::DefaultSerde<patterns::Money> {
  static SerdePtr<patterns::Money> get() { return std::make_shared<patterns::MoneySerde>(); }
};

namespace patterns {
namespace {

/// 19 % of each item, rounded half to even: always rounding halves up would drift upwards over many items.
Money tax(Money net) { return {std::llrint(static_cast<double>(net.cents * 19) / 100)}; }

streams::Topology own_type_topology() {
  streams::StreamsBuilder builder;
  builder.stream<std::string, Money>("invoice-items")
      .map_values(tax)  // of each item, as the law wants it; the tax of the sum would be another number
      .group_by_key()
      .reduce([](Money sum, Money item) { return Money{sum.cents + item.cents}; }, {.store_name = "tax-by-invoice"})
      .to_stream()
      .to("tax-by-invoice");
  return builder.build();
}

}  // namespace

Pattern own_type_pattern() {
  const Topic<std::string, Money> items("invoice-items"), taxes("tax-by-invoice");
  return {.name = "own_type",
          .teaches = "a default serde for a type of one's own; exact sums of money",
          .topology = own_type_topology,
          .inputs = {items},
          .outputs = {taxes},
          .steps = {{{items(1s, "inv-1", Money{10}), items(2s, "inv-1", Money{20}), items(3s, "inv-2", Money{250}),
                      items(4s, "inv-1", Money{1999})},
                     4}}};
}

}  // namespace patterns
