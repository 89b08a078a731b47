// Polyglot views: one log, and of it a row by id, an order by amount, and an inverted index to search.
#include "pattern.hpp"

#include <streams/json.hpp>
#include <streams/kafka_streams.hpp>
#include <streams/processor.hpp>

#include <array>
#include <cstdio>
#include <memory>
#include <set>

namespace patterns {
namespace {

struct Order {
  std::string product, state, customer;
  std::int64_t cents = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Order, product, state, customer, cents)

constexpr const char* kById = "orders-by-id";          // id: order
constexpr const char* kByAmount = "orders-by-amount";  // cents in ten digits, id: nothing
constexpr const char* kByTerm = "orders-by-term";      // "state=PAID", id: nothing

/// The key itself says everything: rows of the views that can be searched have no value to speak of.
constexpr bool kHere = true;

std::vector<std::string> terms_of(const Order& order) {
  return {"product=" + order.product, "state=" + order.state, "customer=" + order.customer};
}
/// Nothing that people type has a zero byte, so that "state=PAID" is not found in "state=PAID_TWICE".
std::string under(const std::string& term) { return term + '\0'; }
std::string amount_key(std::int64_t cents) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%010lld", static_cast<long long>(cents));
  return under(text.data());
}

/// Three stores of one task: a row is in all of them or in none, whatever fails.
class Views final : public streams::Processor<std::string, Order, void, void> {
 public:
  void init(Context& context) override {
    by_id_ = &context.get_state_store<streams::KeyValueStore<std::string, Order>>(kById);
    by_amount_ = &context.get_state_store<Index>(kByAmount);
    by_term_ = &context.get_state_store<Index>(kByTerm);
  }
  void process(streams::Record<std::string, Order>&& record) override {
    const std::string& id = *record.key;
    if (const auto before = by_id_->get(id)) put(id, *before, std::nullopt);  // where it is as it was
    if (record.value) put(id, *record.value, kHere);
    by_id_->put(id, record.value);
  }

 private:
  using Index = streams::KeyValueStore<std::string, bool>;
  void put(const std::string& id, const Order& order, std::optional<bool> here) {
    by_amount_->put(amount_key(order.cents) + id, here);
    for (const std::string& term : terms_of(order)) by_term_->put(under(term) + id, here);
  }

  streams::KeyValueStore<std::string, Order>* by_id_ = nullptr;
  Index *by_amount_ = nullptr, *by_term_ = nullptr;
};

streams::Topology search_index_topology() {
  streams::StreamsBuilder builder;
  builder.add_state_store(streams::key_value_store<std::string, Order>(kById));
  builder.add_state_store(streams::key_value_store<std::string, bool>(kByAmount));
  builder.add_state_store(streams::key_value_store<std::string, bool>(kByTerm));
  const auto orders = builder.stream<std::string, Order>("orders-to-search");
  orders.process([] { return std::make_unique<Views>(); }, {.name = "views"}, {kById, kByAmount, kByTerm});
  orders.map_values([](const Order* order) { return std::string(order == nullptr ? "gone" : "here"); })
      .to("orders-indexed");
  return builder.build();
}

using IndexView = streams::ReadOnlyKeyValueStore<std::string, bool>;

/// Ids of orders with all of the terms: one prefix for each term, intersected.
std::set<std::string> search(const IndexView& by_term, const std::vector<std::string>& terms) {
  std::set<std::string> found;
  for (std::size_t i = 0; i < terms.size(); ++i) {
    std::set<std::string> with_term;
    const std::string prefix = under(terms[i]);
    for (const auto& [key, here] : by_term.prefix_scan(prefix)) {
      const std::string id = key.substr(prefix.size());
      if (i == 0 || found.contains(id)) with_term.insert(id);
    }
    found = std::move(with_term);
  }
  return found;
}

std::vector<std::string> ask_all_views(const streams::KafkaStreams& app) {
  const auto by_id = app.store(kById, streams::queryable::key_value<std::string, Order>());
  const auto by_amount = app.store(kByAmount, streams::queryable::key_value<std::string, bool>());
  const auto by_term = app.store(kByTerm, streams::queryable::key_value<std::string, bool>());
  std::vector<std::string> answers;
  for (const std::vector<std::string>& terms :
       {std::vector<std::string>{"state=PAID"}, {"product=KETTLE", "state=PAID"}, {"customer=nobody"}}) {
    std::string text;
    for (const std::string& term : terms) text += (text.empty() ? "" : " and ") + term;
    text += ":";
    for (const std::string& id : search(*by_term, terms)) text += " " + id;
    answers.push_back(text);
  }
  std::string text = "from 20.00 to 50.00:";
  for (const auto& [key, here] : by_amount->range(amount_key(2000), amount_key(5000) + "\xff")) {
    const std::string id = key.substr(key.find('\0') + 1);
    text += " " + id + " (" + by_id->get(id)->product + ")";
  }
  answers.push_back(text);
  return answers;
}

}  // namespace

Pattern search_index_pattern() {
  const Topic<std::string, std::string> orders("orders-to-search"), indexed("orders-indexed");
  const auto json = [](const char* product, const char* state, const char* customer, int cents) {
    return std::string(R"({"product":")") + product + R"(","state":")" + state + R"(","customer":")" + customer +
           R"(","cents":)" + std::to_string(cents) + "}";
  };
  return {.name = "search_index",
          .teaches = "one log, three views: by id, sorted by amount, and an inverted index for words",
          .topology = search_index_topology,
          .inputs = {orders},
          .outputs = {indexed},
          .steps = {{{orders(1s, "a", json("KETTLE", "PAID", "imke", 3000)),
                      orders(2s, "b", json("KETTLE", "OPEN", "tolga", 5000)),
                      orders(3s, "c", json("LANTERN", "PAID", "imke", 1950)),
                      orders(4s, "d", json("KETTLE", "PAID", "noor", 2000)),
                      orders(5s, "c", json("LANTERN", "PAID", "imke", 2100)),  // its amount has changed
                      orders(6s, "d", std::nullopt), orders(7s, "b", json("KETTLE", "PAID", "tolga", 5000))},
                     7}},
          .ask = ask_all_views};
}

}  // namespace patterns
