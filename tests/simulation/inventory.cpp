// Workload: orders reserve stock. A table says what there is, a processor's store what is reserved of it.
#include <simulation/workload.hpp>

#include <runtime/log.hpp>
#include <streams/processor.hpp>

#include <algorithm>

namespace streams::simulation {

namespace {

using Store = KeyValueStore<std::string, std::string>;

/// Takes "id quantity stock", forwards "id accepted|rejected stock reserved" with what is reserved then.
class Reserve final : public Processor<std::string, std::string> {
 public:
  void init(Context& with) override { store_ = &with.get_state_store<Store>("reserved"); }
  void process(Record<std::string, std::string>&& record) override {
    const std::string& order = *record.value;
    const std::size_t first = order.find(' '), second = order.find(' ', first + 1);
    const std::int64_t quantity = std::stoll(order.substr(first + 1)), stock = std::stoll(order.substr(second + 1));
    std::int64_t reserved = std::stoll(store_->get(*record.key).value_or("0"));
    const bool accepted = reserved + quantity <= stock;
    if (accepted) {
      reserved += quantity;
      store_->put(*record.key, std::to_string(reserved));
    }
    record.value = runtime::text(order.substr(0, first), accepted ? " accepted " : " rejected ", stock, " ", reserved);
    context().forward(std::move(record));
  }

 private:
  Store* store_ = nullptr;
};

class Inventory final : public Workload {
 public:
  void set_up(World& world) override {
    for (const char* name : {"orders", "stock", "out"}) create_topic(world, name);
  }

  Topology topology(const Plan& plan) const override {
    StreamsBuilder builder = builder_for(plan);
    const StoreType type = plan.stores == StoreKind::kMemory ? StoreType::kInMemory : StoreType::kRocksDb;
    builder.add_state_store(
        key_value_store<std::string, std::string>("reserved", {.type = type, .caching = plan.variant % 2 == 0}));
    const auto stock = builder.table<std::string, std::string>("stock");
    builder.stream<std::string, std::string>("orders")
        .left_join(stock, [](const std::string& order,
                             const std::string* there) { return order + " " + (there != nullptr ? *there : "0"); })
        .process([] { return std::make_unique<Reserve>(); }, Named{}, {"reserved"})
        .to("out");
    return builder.build();
  }

  void produce(World& world) override {
    for (std::size_t i = 1 + world.random.below(4); i > 0; --i) {
      const std::string product = draw_key(world);
      if (world.random.percent(25)) {
        std::vector<std::int64_t>& stock = stock_[product];
        stock.push_back((stock.empty() ? 0 : stock.back()) + world.random.between(1, 12));
        put(world, "stock", product, std::to_string(stock.back()), world.clock.now_ms());
      } else {
        const Order order{"o" + std::to_string(++number_), world.random.between(1, 4)};
        put(world, "orders", product, runtime::text(order.id, " ", order.quantity), world.clock.now_ms());
        orders_[product].push_back(order);
      }
    }
  }

  Verification check(const World& world) const override {
    const auto out = values_by_key(world, "out");
    const auto stored = rows(world, "app-reserved-changelog");
    Verification result;
    for (const auto& [product, orders] : orders_) {
      const auto found = out.find(product);
      const Values answers = found == out.end() ? Values() : found->second;
      if (world.plan.exactly_once) {
        result.difference = decide(product, orders, answers, stored);
      } else {
        result.difference = all_answered(orders, answers);
        result.duplicates += answers.size() > orders.size() ? 1 : 0;
      }
      if (!result.difference.empty()) return result;
    }
    return result;
  }

 private:
  struct Order {
    std::string id;
    std::int64_t quantity = 0;
  };

  /// Every order once and in turn; each decision fits the stock that it saw, which never shrinks, and what was reserved
  /// before.
  std::string decide(const std::string& product, const std::vector<Order>& orders, const Values& answers,
                     const std::map<std::string, Bytes>& stored) const {
    std::int64_t reserved = 0, seen = 0;
    for (std::size_t i = 0; i < std::max(orders.size(), answers.size()); ++i) {
      if (i >= answers.size()) return "order " + orders[i].id + " of " + product + " has no answer";
      if (i >= orders.size()) return product + " has one answer too many: " + answers[i];
      const std::size_t word = answers[i].find(' ', answers[i].find(' ') + 1);
      const std::int64_t stock = std::stoll(answers[i].substr(word + 1));
      const bool fits = reserved + orders[i].quantity <= stock;
      if (fits) reserved += orders[i].quantity;
      const std::string expected =
          runtime::text(orders[i].id, fits ? " accepted " : " rejected ", stock, " ", reserved);
      if (answers[i] != expected) return product + ": '" + answers[i] + "' instead of '" + expected + "'";
      if (stock < seen || !was_there(product, stock)) return product + " never had what " + expected + " saw";
      seen = stock;
    }
    const auto row = stored.find(product);
    const std::string state = row == stored.end() ? "0" : row->second;
    if (state != std::to_string(reserved))
      return runtime::text("the store has ", state, " for ", product, " instead of ", reserved);
    return {};
  }
  static std::string all_answered(const std::vector<Order>& orders, const Values& answers) {
    for (const Order& order : orders) {
      const bool there = std::any_of(answers.begin(), answers.end(),
                                     [&](const std::string& answer) { return answer.starts_with(order.id + " "); });
      if (!there) return "order " + order.id + " has no answer";
    }
    return {};
  }
  bool was_there(const std::string& product, std::int64_t stock) const {
    const auto found = stock_.find(product);
    return stock == 0 || (found != stock_.end() &&
                          std::find(found->second.begin(), found->second.end(), stock) != found->second.end());
  }

  std::map<std::string, std::vector<std::int64_t>> stock_;
  std::map<std::string, std::vector<Order>> orders_;
  int number_ = 0;
};

}  // namespace

std::unique_ptr<Workload> make_inventory() { return std::make_unique<Inventory>(); }

}  // namespace streams::simulation
