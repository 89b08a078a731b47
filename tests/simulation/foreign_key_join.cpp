// Workload: orders joined with the customers they name, over subscription and response topics.
#include <simulation/workload.hpp>

#include <set>

namespace streams::simulation {

namespace {

bool is_left(const Plan& plan) { return plan.variant % 2 == 1; }

/// As in Kafka Streams, an inner join may keep the last result of a row when that row or its customer is deleted and
/// there are updates before the answer to it: the answer is outdated then, and there is no other. The same goes for a
/// row that names another customer, who is not there: all are there from the start. With a cache, rows that come and go
/// between two flushes are seen by the join, but not their end.
bool deletes(const Plan& plan) { return is_left(plan) && plan.cache_bytes == 0; }

/// At least once, as in Kafka Streams: the changelog of the orders may have a tombstone whose subscription got lost on
/// the way to the broker. The record is processed again, but from nothing to nothing there is nothing to subscribe to.
bool deletes_may_stay(const World& world) { return !world.plan.exactly_once; }

/// "c3/o17" is order 17 of customer 3.
std::optional<std::string> customer_of(const std::string& order) {
  const std::size_t slash = order.find('/');
  return slash == 0 ? std::nullopt : std::optional(order.substr(0, slash));
}
std::string join_values(const std::string& order, const std::string* customer) {
  return order + "|" + (customer != nullptr ? *customer : "-");
}

class ForeignKeyJoin final : public Workload {
 public:
  void set_up(World& world) override {
    for (const char* name : {"orders", "customers", "out"}) create_topic(world, name);
    for (int i = 0; !is_left(world.plan) && i < world.plan.keys; ++i) put_customer(world, "c" + std::to_string(i));
  }

  Topology topology(const Plan& plan) const override {
    StreamsBuilder builder = builder_for(plan);
    const auto orders = builder.table<std::string, std::string>("orders");
    const auto customers = builder.table<std::string, std::string>("customers");
    const auto joined = is_left(plan) ? orders.left_join(customers, customer_of, join_values)
                                      : orders.join(customers, customer_of, join_values);
    joined.to_stream().to("out");
    return builder.build();
  }

  void produce(World& world) override {
    for (std::size_t i = 1 + world.random.below(3); i > 0; --i) {
      const bool order = world.random.percent(60);
      const std::string key = draw_key(world, order ? "o" : "c");
      OptionalBytes value;
      if (!deletes(world.plan) || world.random.percent(85)) {
        const bool nobody = deletes(world.plan) && world.random.percent(10);
        const std::string customer = nobody ? "" : draw_key(world, "c");
        value = (order ? customer + "/" : "name") + std::to_string(++number_);
      }
      put(world, order ? "orders" : "customers", key, value, world.clock.now_ms());
      (order ? orders_ : customers_)[key].push_back(std::move(value));
    }
  }

  Verification check(const World& world) const override {
    const auto out = values_by_key(world, "out");
    Verification result;
    std::map<std::string, Values> expected, actual;
    for (const auto& [key, versions] : orders_) {
      const OptionalBytes last = joined(world.plan, versions.back());
      if (last) expected[key] = {*last};
    }
    for (const auto& [key, values] : out) {
      const auto should_be = expected.find(key);
      const std::string last =
          last_value(world, values, should_be == expected.end() ? OptionalBytes() : should_be->second.front());
      const bool gone = should_be == expected.end();
      if (last != "null" && !(gone && deletes_may_stay(world))) actual[key] = {last};
      for (const std::string& value : values) {
        if (value != "null" && !possible(key, value)) result.difference = key + " had " + value + ", which never was";
      }
      result.duplicates += std::set<std::string>(values.begin(), values.end()).size() < values.size() ? 1 : 0;
    }
    if (result.difference.empty()) result.difference = first_difference("the last values of out", actual, expected);
    return result;
  }

 private:
  void put_customer(World& world, const std::string& key) {
    const OptionalBytes value = "name" + std::to_string(++number_);
    put(world, "customers", key, value, world.clock.now_ms());
    customers_[key].push_back(value);
  }

  using Table = std::map<std::string, std::vector<OptionalBytes>>;

  OptionalBytes joined(const Plan& plan, const OptionalBytes& order) const {
    if (!order) return std::nullopt;
    const auto customer = customer_of(*order);
    const auto found = customer ? customers_.find(*customer) : customers_.end();
    if (found != customers_.end() && found->second.back()) return join_values(*order, &*found->second.back());
    return is_left(plan) ? OptionalBytes(join_values(*order, nullptr)) : std::nullopt;
  }
  /// Whether some version of the order met some version of its customer.
  bool possible(const std::string& key, const std::string& value) const {
    const std::size_t bar = value.find('|');
    const OptionalBytes order = value.substr(0, bar), name = value.substr(bar + 1);
    const auto versions = orders_.find(key);
    const auto has = [](const std::vector<OptionalBytes>& in, const OptionalBytes& one) {
      return std::find(in.begin(), in.end(), one) != in.end();
    };
    if (versions == orders_.end() || !has(versions->second, order)) return false;
    if (name == "-") return true;
    const auto customer = customer_of(*order);
    return customer && customers_.contains(*customer) && has(customers_.at(*customer), name);
  }

  Table orders_, customers_;
  int number_ = 0;
};

}  // namespace

std::unique_ptr<Workload> make_foreign_key_join() { return std::make_unique<ForeignKeyJoin>(); }

}  // namespace streams::simulation
