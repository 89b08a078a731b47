// Foreign-key joins with C++ types: across partitions, with partitioners, and where calls are refused.
#include <streams/embedded_cluster.hpp>
#include <streams/kafka_streams.hpp>
#include <streams/streams_builder.hpp>

#include <gtest/gtest.h>

#include <unistd.h>
#include <chrono>
#include <filesystem>
#include <map>
#include <thread>

namespace streams {
namespace {

using Rows = std::map<std::string, std::string>;

/// Orders name their customer before the colon.
std::optional<std::int64_t> customer_of(const std::string& order) {
  const std::size_t colon = order.find(':');
  if (colon == std::string::npos) return std::nullopt;
  return std::stoll(order.substr(0, colon));
}
std::string with_name(const std::string& order, const std::string& name) { return order + " for " + name; }

class ForeignKeyJoin : public testing::Test {
 protected:
  ForeignKeyJoin() {
    EXPECT_TRUE(cluster_.create_topic("orders", 3).ok());
    EXPECT_TRUE(cluster_.create_topic("customers", 2).ok());
    EXPECT_TRUE(cluster_.create_topic("out", 1).ok());
  }
  ~ForeignKeyJoin() override { std::filesystem::remove_all(directory_); }

  void order(const std::string& key, OptionalBytes value, std::optional<std::int32_t> partition = std::nullopt) {
    ASSERT_TRUE(cluster_.produce("orders", {key, std::move(value), 0, {}, partition}).ok());
  }
  void customer(std::int64_t key, OptionalBytes name) {
    Bytes bytes;
    detail::append_big_endian(bytes, key);
    ASSERT_TRUE(cluster_.produce("customers", {bytes, std::move(name), 0}).ok());
  }
  Rows rows() {
    Rows out;
    for (const StoredRecord& record : cluster_.read("out").value()) {
      if (record.value) {
        out[*record.key] = *record.value;
      } else {
        out.erase(*record.key);
      }
    }
    return out;
  }
  void expect_rows(const Rows& expected) {
    for (int i = 0; i < 2000 && rows() != expected; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    EXPECT_EQ(rows(), expected);
  }
  StreamsConfig config() {
    StreamsConfig out{{"application.id", "app"},
                      {"state.dir", directory_.string()},
                      {"commit.interval.ms", "50"},
                      {"statestore.cache.max.bytes", "0"},
                      {"poll.ms", "10"}};
    out.set_logger(nullptr);
    return out;
  }

  EmbeddedCluster cluster_;
  StreamsBuilder builder_;
  KTable<std::string, std::string> orders_ = builder_.table<std::string, std::string>("orders");
  KTable<std::int64_t, std::string> customers_ = builder_.table<std::int64_t, std::string>("customers");
  std::filesystem::path directory_ =
      std::filesystem::temp_directory_path() / ("foreign_key_join_test_" + std::to_string(getpid()));
};

TEST_F(ForeignKeyJoin, FindsRowsAcrossPartitions) {
  orders_.join(customers_, customer_of, with_name).to_stream().to("out");
  KafkaStreams app(builder_.build(), config(), cluster_);
  app.start();
  for (std::int64_t i = 0; i < 4; ++i) customer(i, "c" + std::to_string(i));
  Rows expected;
  for (int i = 0; i < 20; ++i) {
    const std::string value = std::to_string(i % 5) + ":" + std::to_string(i);
    order("o" + std::to_string(i), value);
    if (i % 5 < 4) expected["o" + std::to_string(i)] = value + " for c" + std::to_string(i % 5);
  }
  expect_rows(expected);
  customer(0, "C0");
  for (int i = 0; i < 20; i += 5) expected["o" + std::to_string(i)] = "0:" + std::to_string(i) + " for C0";
  expect_rows(expected);
  customer(1, std::nullopt);
  for (int i = 1; i < 20; i += 5) expected.erase("o" + std::to_string(i));
  order("o2", std::nullopt);
  expected.erase("o2");
  expect_rows(expected);
  app.close();
}

TEST_F(ForeignKeyJoin, AnswersGoToThePartitionThatAsked) {
  orders_
      .left_join(customers_, customer_of,
                 [](const std::string& order, const std::string* name) {
                   return order + (name ? " for " + *name : " for nobody");
                 })
      .to_stream()
      .to("out");
  KafkaStreams app(builder_.build(), config(), cluster_);
  app.start();
  customer(7, "seven");
  for (const std::string key : {"a", "b", "c", "d"}) order(key, "7:" + key, 2);  // not where their keys belong
  order("e", "nobody", 2);
  expect_rows({{"a", "7:a for seven"},
               {"b", "7:b for seven"},
               {"c", "7:c for seven"},
               {"d", "7:d for seven"},
               {"e", "nobody for nobody"}});
  app.close();
}

TEST_F(ForeignKeyJoin, PartitionersSayWhereRowsAre) {
  const auto to_first = [](std::string_view, const auto*, std::int32_t) { return std::vector<std::int32_t>{0}; };
  orders_.join(customers_, customer_of, with_name, {.partitioner = to_first, .other_partitioner = to_first})
      .to_stream()
      .to("out");
  KafkaStreams app(builder_.build(), config(), cluster_);
  app.start();
  Bytes key;
  detail::append_big_endian(key, std::int64_t{5});
  for (const std::int32_t partition : {0, 1}) {
    ASSERT_TRUE(cluster_.produce("customers", {key, "in " + std::to_string(partition), 0, {}, partition}).ok());
  }
  order("a", "5:a", 0);
  expect_rows({{"a", "5:a for in 0"}});
  app.close();
}

TEST_F(ForeignKeyJoin, ResultsCanBeStoredAndJoinedOn) {
  const Materialized<std::string, std::string> store{.store_name = "joined"};
  const auto joined = orders_.join(customers_, customer_of, with_name, store, {.name = "first"});
  EXPECT_EQ(joined.queryable_store_name(), "joined");
  // The same key type on both sides: the overloads of joins by key and by foreign key are told apart.
  const auto by_order = joined.join(
      orders_, [](const std::string& key, const std::string&) { return key; }, with_name);
  EXPECT_EQ(by_order.queryable_store_name(), "");
  by_order.join(orders_, with_name, Named{"by-key"}).to_stream().to("out");
  const std::string description = builder_.build().describe();
  EXPECT_NE(
      description.find("Source: first-subscription-response-source (topics: [first-subscription-response-topic])"),
      std::string::npos)
      << description;
}

TEST_F(ForeignKeyJoin, NullFunctionsAndForeignBuildersAreRefused) {
  using Extractor = std::optional<std::int64_t> (*)(const std::string&);
  EXPECT_THROW(orders_.join(customers_, Extractor(nullptr), with_name), NullArgument);
  StreamsBuilder other;
  EXPECT_THROW(orders_.join(other.table<std::int64_t, std::string>("customers"), customer_of, with_name),
               TopologyError);
  EXPECT_THROW(orders_.join(customers_, customer_of, with_name, {.name = "bad name"}), TopologyError);
}

TEST_F(ForeignKeyJoin, PartitionersThatGiveSeveralPartitionsAreRefused) {
  EXPECT_EQ(detail::single_partition(std::nullopt), std::nullopt);
  EXPECT_EQ(detail::single_partition(std::vector<std::int32_t>{3}), (std::vector<std::int32_t>{3}));
  EXPECT_THROW(detail::single_partition(std::vector<std::int32_t>{}), InvalidArgument);
  EXPECT_THROW(detail::single_partition(std::vector<std::int32_t>{0, 1}), InvalidArgument);
}

TEST(ForeignKeyFormat, RefusesBytesOfAnotherFormat) {
  EXPECT_THROW(detail::parse_subscription(""), SerializationError);
  EXPECT_THROW(detail::parse_subscription(std::string("\x02\x00", 2)), SerializationError);        // version 2
  EXPECT_THROW(detail::parse_subscription(std::string("\x80\x04", 2)), SerializationError);        // instruction 4
  EXPECT_THROW(detail::parse_subscription(std::string("\x81\x00pk", 4)), SerializationError);      // no partition
  EXPECT_THROW(detail::parse_subscription_response(std::string("\0abc", 4)), SerializationError);  // half a hash
  EXPECT_THROW(detail::parse_subscription_response("\x01"), SerializationError);                   // version 1
}

}  // namespace
}  // namespace streams
