// KTable::transform_values(): what transformers see, where their results are stored, and how long they live. Names of
// stores in braces.
#include <streams/errors.hpp>
#include <streams/stores.hpp>
#include <streams/streams_builder.hpp>
#include <streams/testing/topology_test_driver.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace streams {
namespace {

using ::testing::HasSubstr;
using String = std::string;
using Lines = std::vector<String>;

/// "KEY=VALUE#CALLS@TS", where CALLS is how often this transformer was called; "gone" deletes the row.
class Counted final : public ValueTransformerWithKey<String, String> {
 public:
  explicit Counted(Lines& log) : log_(log) {}
  void init(Context& context) override { log_.push_back("init " + context.task_id()); }
  std::optional<String> transform(const String& key, const std::optional<String>& value) override {
    ++calls_;
    if (!value || *value == "gone") return std::nullopt;
    return key + "=" + *value + "#" + std::to_string(calls_) + "@" + std::to_string(context().timestamp());
  }
  void close() override { log_.push_back("close after " + std::to_string(calls_)); }

 private:
  Lines& log_;
  int calls_ = 0;
};

class KTableTransformValues : public testing::Test {
 protected:
  auto supplier() {
    return [this] { return std::make_unique<Counted>(log_); };
  }
  void start() {
    driver_ = std::make_unique<TopologyTestDriver>(
        builder_.build(), StreamsConfig{{"application.id", "app"}, {"statestore.cache.max.bytes", "0"}});
  }
  void pipe(const String& topic, const String& key, OptionalBytes value, Timestamp timestamp) {
    driver_->pipe_raw({.topic = topic, .key = key, .value = std::move(value), .timestamp = timestamp});
  }
  Lines sent(const String& topic) {
    Lines out;
    for (const RawTestRecord& record : driver_->take_outputs()) {
      if (record.topic == topic) out.push_back(record.value.value_or("null"));
    }
    return out;
  }

  StreamsBuilder builder_;
  KTable<String, String> table_ = builder_.table<String, String>("in");
  Lines log_;
  std::unique_ptr<TopologyTestDriver> driver_;
};

TEST_F(KTableTransformValues, SeesEveryUpdateDeletionsToo) {
  table_.transform_values(supplier()).to_stream().to("out");
  start();
  pipe("in", "a", "1", 5);
  pipe("in", "a", std::nullopt, 6);
  pipe("in", "b", "gone", 7);
  pipe("in", "b", "2", 8);
  EXPECT_EQ(sent("out"), (Lines{"a=1#1@5", "null", "null", "b=2#4@8"}));
  driver_->close();
  EXPECT_EQ(log_, (Lines{"init 0_0", "close after 4"}));
}

TEST_F(KTableTransformValues, KeepsResultsInAStoreThatHasAName) {
  const Materialized<String, String> named{.store_name = "rows"};
  const KTable<String, String> result = table_.transform_values(supplier(), named, {.name = "transform"});
  EXPECT_EQ(result.queryable_store_name(), "rows");
  start();
  pipe("in", "a", "1", 5);
  auto& rows = driver_->get_state_store<TimestampedKeyValueStore<String, String>>("rows");
  EXPECT_EQ(rows.get("a")->value, "a=1#1@5");
  pipe("in", "a", "gone", 6);
  EXPECT_FALSE(rows.get("a").has_value());
}

TEST_F(KTableTransformValues, WithoutAStoreRowsAreComputedWhenTheyAreLookedUp) {
  const KTable<String, String> result = table_.transform_values(supplier());
  builder_.stream<String, String>("requests")
      .join(result, [](const String& left, const String& right) { return left + ":" + right; })
      .to("out");
  start();
  pipe("in", "a", "1", 5);
  pipe("requests", "a", "x", 9);
  pipe("requests", "a", "y", 9);
  pipe("requests", "b", "z", 9);
  EXPECT_EQ(sent("out"), (Lines{"x:a=1#1@5", "y:a=1#2@5"}));  // a transformer of its own, with the time of the row
  driver_->close();
  EXPECT_EQ(log_, (Lines{"init 0_0", "init 0_0", "close after 1", "close after 3"}));
}

TEST_F(KTableTransformValues, OldValuesComeFromTheStoreOrFromTheTransformer) {
  const auto count_by_value = [](const KTable<String, String>& table) {
    return table.group_by([](const String&, const String& value) { return std::pair(value, value); }).count();
  };
  const auto upper = [] {
    struct Upper final : ValueTransformerWithKey<String, String> {
      std::optional<String> transform(const String&, const std::optional<String>& value) override {
        return value ? std::optional("+" + *value) : std::nullopt;
      }
    };
    return std::make_unique<Upper>();
  };
  count_by_value(table_.transform_values(upper))
      .to_stream()
      .map_values([](const String& key, std::int64_t n) { return key + std::to_string(n); })
      .to("computed");
  count_by_value(table_.transform_values(upper, Materialized<String, String>{.store_name = "rows"}))
      .to_stream()
      .map_values([](const String& key, std::int64_t n) { return key + std::to_string(n); })
      .to("stored");
  start();
  pipe("in", "a", "x", 1);
  pipe("in", "a", "y", 2);
  const auto outputs = driver_->take_outputs();
  for (const char* topic : {"computed", "stored"}) {
    Lines lines;
    for (const RawTestRecord& record : outputs) {
      if (record.topic == topic) lines.push_back(*record.value);
    }
    EXPECT_EQ(lines, (Lines{"+x1", "+x0", "+y1"})) << topic;
  }
}

/// Numbers the updates of each key in a store that it brings along.
struct Numbered final : ValueTransformerWithKey<String, String> {
  KeyValueStore<String, std::int64_t>* numbers = nullptr;
  void init(Context& context) override {
    numbers = &context.get_state_store<KeyValueStore<String, std::int64_t>>("numbers");
  }
  std::optional<String> transform(const String& key, const std::optional<String>& value) override {
    const std::int64_t number = numbers->get(key).value_or(0) + 1;
    numbers->put(key, number);
    return value.value_or("") + std::to_string(number);
  }
};
struct NumberedSupplier {
  std::unique_ptr<Numbered> operator()() const { return std::make_unique<Numbered>(); }
  std::vector<StoreBuilder> stores() const { return {key_value_store<String, std::int64_t>("numbers")}; }
};

TEST_F(KTableTransformValues, TransformersBringTheirStores) {
  table_.transform_values(NumberedSupplier{}).to_stream().to("out");
  start();
  pipe("in", "a", "x", 1);
  pipe("in", "a", "y", 2);
  pipe("in", "b", "z", 3);
  EXPECT_EQ(sent("out"), (Lines{"x1", "y2", "z1"}));
}

TEST_F(KTableTransformValues, TransformersUseStoresOfTheTopologyByName) {
  builder_.add_state_store(key_value_store<String, std::int64_t>("numbers"));
  const auto numbered = [] { return std::make_unique<Numbered>(); };
  const auto upper = [](const String& value) { return value + "!"; };
  table_.transform_values(numbered, {}, {"numbers"}).to_stream().map_values(upper).to("out");
  start();
  pipe("in", "a", "x", 1);
  EXPECT_EQ(sent("out"), Lines{"x1!"});
}

TEST_F(KTableTransformValues, NamesInBracesAreThoseOfStoresInTheLastPlace) {
  builder_.add_state_store(key_value_store<String, std::int64_t>("numbers"));
  const auto numbered = [] { return std::make_unique<Numbered>(); };
  const std::string store = "numbers";
  table_.transform_values(numbered, {store});
  table_.transform_values(numbered, {.name = "named"}, {"numbers"});
  table_.transform_values(numbered, {.store_name = "stored"}, {"numbers"});
  table_.transform_values(numbered, {.store_name = "both"}, {.name = "of-both"}, {"numbers"});
  const std::string described = builder_.build().describe();
  EXPECT_THAT(described, HasSubstr("Processor: KTABLE-TRANSFORMVALUES-0000000003 (stores: [numbers])"));
  EXPECT_THAT(described, HasSubstr("Processor: named (stores: [numbers])"));
  EXPECT_THAT(described, HasSubstr("Processor: KTABLE-TRANSFORMVALUES-0000000005 (stores: [stored, numbers])"));
  EXPECT_THAT(described, HasSubstr("Processor: of-both (stores: [numbers, both])"));
}

/// Passes records on, and needs store "numbers" for nothing.
struct Pass final : Processor<String, String> {
  void process(Record<String, String>&& record) override { context().forward(std::move(record)); }
};
struct PassValues final : FixedKeyProcessor<String, String> {
  void process(FixedKeyRecord<String, String>&& record) override { context().forward(std::move(record)); }
};

/// Adds setting "app.suffix" to values.
struct AddSuffix final : FixedKeyProcessor<String, String> {
  void process(FixedKeyRecord<String, String>&& record) override {
    record.value = record.value.value_or("") + context().setting("app.suffix") + context().setting("app.other");
    context().forward(std::move(record));
  }
};

TEST(KStreamProcess, ProcessorsReadSettingsOfTheApplication) {
  StreamsBuilder builder;
  builder.stream<String, String>("in").process_values([] { return std::make_unique<AddSuffix>(); }).to("out");
  TopologyTestDriver driver(builder.build(), {{"app.suffix", "!"}});
  driver.pipe_raw({.topic = "in", .key = "k", .value = "v", .timestamp = 0});
  EXPECT_EQ(driver.read_raw("out")->value, "v!");
}

TEST(KStreamProcess, NamesInBracesAreThoseOfStores) {
  StreamsBuilder builder;
  builder.add_state_store(key_value_store<String, std::int64_t>("one"));
  builder.add_state_store(key_value_store<String, std::int64_t>("two"));
  const auto pass = [] { return std::make_unique<Pass>(); };
  const auto pass_values = [] { return std::make_unique<PassValues>(); };
  builder.stream<String, String>("in")
      .process(pass, {"one"})
      .process(pass, {"one", "two"})
      .process(pass, {.name = "named"}, {"two"})
      .process_values(pass_values, {"one"})
      .process_values(pass_values, {}, {"two"});
  EXPECT_EQ(builder.build().describe(),
            "Topologies:\n"
            "   Sub-topology: 0\n"
            "    Source: KSTREAM-SOURCE-0000000000 (topics: [in])\n"
            "      --> KSTREAM-PROCESSOR-0000000001\n"
            "    Processor: KSTREAM-PROCESSOR-0000000001 (stores: [one])\n"
            "      --> KSTREAM-PROCESSOR-0000000002\n"
            "      <-- KSTREAM-SOURCE-0000000000\n"
            "    Processor: KSTREAM-PROCESSOR-0000000002 (stores: [one, two])\n"
            "      --> named\n"
            "      <-- KSTREAM-PROCESSOR-0000000001\n"
            "    Processor: named (stores: [two])\n"
            "      --> KSTREAM-PROCESSVALUES-0000000003\n"
            "      <-- KSTREAM-PROCESSOR-0000000002\n"
            "    Processor: KSTREAM-PROCESSVALUES-0000000003 (stores: [one])\n"
            "      --> KSTREAM-PROCESSVALUES-0000000004\n"
            "      <-- named\n"
            "    Processor: KSTREAM-PROCESSVALUES-0000000004 (stores: [two])\n"
            "      --> none\n"
            "      <-- KSTREAM-PROCESSVALUES-0000000003\n\n");
}

TEST_F(KTableTransformValues, ASupplierThatGivesNothingIsRefused) {
  const auto nothing = [] { return std::unique_ptr<Counted>(); };
  EXPECT_THROW(table_.transform_values(nothing), NullArgument);
}

}  // namespace
}  // namespace streams
