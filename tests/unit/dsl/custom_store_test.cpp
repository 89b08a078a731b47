// A store type of the user's own, with its changelog.
#include <streams/stores.hpp>
#include <streams/streams_builder.hpp>
#include <streams/testing/topology_test_driver.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace streams {
namespace {

using String = std::string;

/// A count-min sketch: estimates how often it saw a key, in little memory. The whole sketch is one changelog record.
class CountMinSketch final : public CustomStore {
 public:
  void add(const String& key) {
    for (std::size_t row = 0; row < counts_.size(); ++row) ++cell(row, key);
    changed_ = true;
  }
  std::uint8_t estimate(const String& key) {
    std::uint8_t least = 255;
    for (std::size_t row = 0; row < counts_.size(); ++row) least = std::min(least, cell(row, key));
    return least;
  }
  void restore(BytesView, OptionalView value, Timestamp, const Headers&) override {
    std::size_t at = 0;
    for (auto& row : counts_) {
      for (auto& count : row) count = static_cast<std::uint8_t>(value->at(at++));
    }
  }
  void flush() override {
    if (!std::exchange(changed_, false)) return;
    Bytes all;
    for (const auto& row : counts_) all.append(row.begin(), row.end());
    log("sketch", all);
  }

 private:
  std::uint8_t& cell(std::size_t row, const String& key) {
    return counts_[row][std::hash<String>()(key + std::to_string(row)) % counts_[row].size()];
  }
  std::array<std::array<std::uint8_t, 64>, 4> counts_{};
  bool changed_ = false;
};

struct Estimate final : Processor<String, String> {
  void init(Context& context) override { sketch = &context.get_state_store<CountMinSketch>("sketch"); }
  void process(Record<String, String>&& record) override {
    sketch->add(*record.value);
    record.value = std::to_string(sketch->estimate(*record.value));
    context().forward(std::move(record));
  }
  CountMinSketch* sketch = nullptr;
};

TEST(CustomStore, LogsItsChangesAndIsRestoredFromThem) {
  StreamsBuilder builder;
  builder.add_state_store(custom_store("sketch", [] { return std::make_unique<CountMinSketch>(); }));
  builder.stream<String, String>("in").process([] { return std::make_unique<Estimate>(); }, {}, {"sketch"}).to("out");
  TopologyTestDriver driver(builder.build(), StreamsConfig{{"application.id", "app"}});
  const auto estimate = [&](const String& word) {
    driver.pipe_raw({.topic = "in", .key = "k", .value = word, .timestamp = 7});
    return *driver.read_raw("out")->value;
  };
  EXPECT_EQ(estimate("a"), "1");
  EXPECT_EQ(estimate("a"), "2");
  EXPECT_EQ(estimate("b"), "1");
  const auto logged = driver.read_raw("app-sketch-changelog");
  ASSERT_TRUE(logged.has_value());
  EXPECT_EQ(logged->key, "sketch");
  EXPECT_EQ(logged->value->size(), 256U);
  driver.restart();
  EXPECT_EQ(estimate("a"), "3");
  EXPECT_EQ(driver.get_state_store<CountMinSketch>("sketch").name(), "sketch");
}

}  // namespace
}  // namespace streams
