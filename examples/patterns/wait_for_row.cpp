// A join of one's own: a record that comes before its table row waits for it, but not forever.
#include "pattern.hpp"

#include <streams/processor.hpp>

#include <memory>

namespace patterns {
namespace {

using streams::Record;
using Rows = streams::KeyValueStore<std::string, std::string>;
using Waiting = streams::TimestampedKeyValueStore<std::string, std::string>;
using Text = Record<std::string, std::string>;

constexpr const char* kDriverStore = "drivers-known";
constexpr const char* kRideStore = "rides-waiting";
constexpr Millis kWaitingTime = 1min;

/// Rides of one driver lie side by side: "<driver>/<ride>".
std::string waiting_key(const std::string& driver, const std::string& ride) { return driver + "/" + ride; }

/// The stream's side. A DSL join would drop the ride (join) or give it up at once (left_join).
class Rides final : public streams::Processor<std::string, std::string> {
 public:
  void init(Context& context) override {
    rows_ = &context.get_state_store<Rows>(kDriverStore);
    waiting_ = &context.get_state_store<Waiting>(kRideStore);
    context.schedule(10s, streams::PunctuationType::kStreamTime, [this](streams::Timestamp now) { give_up(now); });
  }
  void process(Text&& ride) override {
    if (const auto driver = rows_->get(*ride.key)) {
      context().forward(Text{ride.key, *ride.value + " with " + *driver, ride.timestamp, {}});
    } else {
      waiting_->put(waiting_key(*ride.key, *ride.value), {{*ride.value, ride.timestamp, {}}});
    }
  }

 private:
  void give_up(streams::Timestamp now) {
    std::vector<std::pair<std::string, streams::ValueAndTimestamp<std::string>>> late;
    for (auto row : waiting_->all()) {
      if (row.second.timestamp <= now - kWaitingTime.count()) late.push_back(std::move(row));
    }
    for (const auto& [key, ride] : late) {
      waiting_->put(key, std::nullopt);
      context().forward(Text{key.substr(0, key.find('/')), ride.value + " with nobody", now, {}});
    }
  }

  Rows* rows_ = nullptr;
  Waiting* waiting_ = nullptr;
};

/// The table's side: keeps the row, and lets go whoever waits for it.
class Drivers final : public streams::Processor<std::string, std::string> {
 public:
  void init(Context& context) override {
    rows_ = &context.get_state_store<Rows>(kDriverStore);
    waiting_ = &context.get_state_store<Waiting>(kRideStore);
  }
  void process(Text&& driver) override {
    rows_->put(*driver.key, driver.value);
    if (!driver.value) return;
    std::vector<std::pair<std::string, streams::ValueAndTimestamp<std::string>>> found;
    for (auto row : waiting_->prefix_scan(waiting_key(*driver.key, ""))) found.push_back(std::move(row));
    for (const auto& [key, ride] : found) {
      waiting_->put(key, std::nullopt);
      context().forward(Text{driver.key, ride.value + " with " + *driver.value, driver.timestamp, {}});
    }
  }

 private:
  Rows* rows_ = nullptr;
  Waiting* waiting_ = nullptr;
};

streams::Topology wait_for_row_topology() {
  streams::StreamsBuilder builder;
  builder.add_state_store(streams::key_value_store<std::string, std::string>(kDriverStore));
  builder.add_state_store(streams::timestamped_key_value_store<std::string, std::string>(kRideStore));
  // Sharing stores puts both processors into one task, where records of equal keys meet. The library cannot see that
  // this is a join: that both topics have equally many partitions is for us to take care of.
  const std::vector<std::string> stores{kDriverStore, kRideStore};
  const auto from_rides = builder.stream<std::string, std::string>("rides").process(
      [] { return std::make_unique<Rides>(); }, {.name = "rides"}, stores);
  builder.stream<std::string, std::string>("drivers")
      .process([] { return std::make_unique<Drivers>(); }, {.name = "drivers"}, stores)
      .merge(from_rides)
      .to("rides-with-drivers");
  return builder.build();
}

}  // namespace

Pattern wait_for_row_pattern() {
  const Topic<std::string, std::string> rides("rides"), drivers("drivers"), result("rides-with-drivers");
  return {.name = "wait_for_row",
          .teaches = "a stream-table join of one's own that waits for the row, with a time limit",
          .topology = wait_for_row_topology,
          .inputs = {rides, drivers},
          .outputs = {result},
          .steps = {{{drivers(0s, "d1", "Noor"), rides(1s, "d1", "ride 1"), rides(2s, "d2", "ride 2"),
                      rides(3s, "d3", "ride 3"), rides(4s, "d2", "ride 4")},
                     1},
                    {{drivers(5s, "d2", "Tolga")}, 2},
                    {{rides(90s, "d1", "ride 5")}, 2}}};
}

}  // namespace patterns
