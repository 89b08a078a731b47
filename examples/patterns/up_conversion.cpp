// Up-conversion: a change that old programs cannot take gets a topic of its own, and a converter keeps both alike.
#include "pattern.hpp"

#include <streams/json.hpp>
#include <streams/processor.hpp>

#include <cmath>
#include <memory>

namespace patterns {
namespace {

/// As the first programs wrote it. `gift` came later: what was written before has none, and whoever does not know it
/// does not miss it. Changes of that kind need no new topic; neither do fields that we do not know, which are ignored.
struct OrderV1 {
  std::string product;
  double price = 0;  ///< in euros
  bool gift = false;
};
void to_json(nlohmann::json& json, const OrderV1& order) {
  json = {{"product", order.product}, {"price", order.price}, {"gift", order.gift}};
}
void from_json(const nlohmann::json& json, OrderV1& order) {
  json.at("product").get_to(order.product);
  json.at("price").get_to(order.price);
  order.gift = json.value("gift", false);
}

/// Money in whole cents: nobody who looks for "price" can read that.
struct OrderV2 {
  std::string product;
  std::int64_t cents = 0;
  bool gift = false;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(OrderV2, product, cents, gift)

OrderV2 up(const OrderV1& order) { return {order.product, std::llround(order.price * 100), order.gift}; }
OrderV1 down(const OrderV2& order) { return {order.product, static_cast<double>(order.cents) / 100, order.gift}; }

/// Each converter writes what the other one reads: without a mark a record would go round for ever.
constexpr const char* kConverted = "converted";

template <class From, class To>
class Converter final : public streams::FixedKeyProcessor<std::string, From, To> {
 public:
  explicit Converter(To (*convert)(const From&)) : convert_(convert) {}
  void process(streams::FixedKeyRecord<std::string, From>&& record) override {
    if (record.headers.last(kConverted) != nullptr) return;
    record.headers.add(kConverted, streams::Bytes("yes"));
    std::optional<To> value;  // a deletion is one in both
    if (record.value) value = convert_(*record.value);
    this->context().forward(std::move(record).with_value(std::move(value)));
  }

 private:
  To (*convert_)(const From&);
};

streams::Topology up_conversion_topology() {
  streams::StreamsBuilder builder;
  const auto v1 = builder.stream<std::string, OrderV1>("orders-v1");
  const auto v2 = builder.stream<std::string, OrderV2>("orders-v2");
  // The job that is deployed first. It begins with the first order there ever was, so "orders-v2" has all of history.
  v1.process_values([] { return std::make_unique<Converter<OrderV1, OrderV2>>(up); }, {.name = "up"}).to("orders-v2");
  // From then on programs move over one by one, readers and writers in any order; who still reads the old topic hears
  // of new orders, too. When nobody does, this job and the old topic go.
  v2.process_values([] { return std::make_unique<Converter<OrderV2, OrderV1>>(down); }, {.name = "down"})
      .to("orders-v1");
  // Programs of their own in real life: a reader that was not changed, and one that has moved over.
  v1.map_values([](const OrderV1* order) {
      return order == nullptr ? "gone" : order->product + " for " + number_text(order->price) + " euros";
    }).to("seen-by-old-reader");
  v2.map_values([](const OrderV2* order) {
      return order == nullptr ? "gone"
                              : order->product + " for " + std::to_string(order->cents) + " cents" +
                                    (order->gift ? ", wrapped" : "");
    }).to("seen-by-new-reader");
  return builder.build();
}

}  // namespace

Pattern up_conversion_pattern() {
  const Topic<std::string, std::string> v1("orders-v1"), v2("orders-v2");
  const Topic<std::string, std::string> old_reader("seen-by-old-reader"), new_reader("seen-by-new-reader");
  return {
      .name = "up_conversion",
      .teaches = "two versions of a topic side by side, all history in both, until everybody has moved over",
      .topology = up_conversion_topology,
      .inputs = {v1, v2},
      .outputs = {old_reader, new_reader},
      .steps = {
          {{v1(1s, "1", R"({"product":"KETTLE","price":29.99})"),
            v1(2s, "2", R"({"product":"COMPASS","price":0.07,"gift":true,"colour":"red"})"), v1(3s, "1", std::nullopt)},
           6},
          // The writer has moved over.
          {{v2(4s, "3", R"({"product":"LANTERN","cents":1950,"gift":true})"), v2(5s, "2", std::nullopt)}, 4}}};
}

}  // namespace patterns
