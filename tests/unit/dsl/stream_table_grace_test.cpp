// Stream-table joins with grace: who waits, for how long, what is logged of it, and which tables are refused.
#include <streams/streams_builder.hpp>
#include <streams/testing/topology_test_driver.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace streams {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Text = std::string;
using Out = TestRecord<Text, Text>;

constexpr const char* kChangelog = "app-j-Buffer-changelog";

std::string both(const Text& left, const Text* right) { return left + "+" + (right ? *right : "-"); }

struct Settings {
  Millis grace = Millis(10);
  std::optional<Millis> history = Millis(100);
  bool left = true;
};

/// in "in", "table"; out "out".
Topology join(Settings settings = {}) {
  StreamsBuilder builder;
  const KTable<Text, Text> table = builder.table<Text, Text>(
      "table", Materialized<Text, Text>{.store_name = "t", .history_retention = settings.history});
  const KStream<Text, Text> stream = builder.stream<Text, Text>("in");
  const Joined<Text, Text, Text> joined{.name = "j", .grace = settings.grace};
  if (settings.left) {
    stream.left_join(table, both, joined).to("out");
  } else {
    stream
        .join(
            table, [](const Text& l, const Text& r) { return l + "+" + r; }, joined)
        .to("out");
  }
  return builder.build();
}

StreamsConfig config() {
  StreamsConfig out{{"application.id", "app"}};
  out.set_logger(nullptr);
  return out;
}

class StreamTableGrace : public testing::Test {
 protected:
  void start(Settings settings = {}) { driver_ = std::make_unique<TopologyTestDriver>(join(settings), config()); }
  void table(const Text& key, std::optional<Text> value, Timestamp timestamp) {
    driver_->create_input_topic<Text, Text>("table").pipe_input({key, std::move(value), timestamp, {}});
  }
  void stream(std::optional<Text> key, std::optional<Text> value, Timestamp timestamp, Headers headers = {}) {
    driver_->create_input_topic<Text, Text>("in").pipe_input(
        {std::move(key), std::move(value), timestamp, std::move(headers)});
  }
  std::vector<Out> out() { return driver_->create_output_topic<Text, Text>("out").read_records(); }

  std::unique_ptr<TopologyTestDriver> driver_;
};

TEST_F(StreamTableGrace, RecordsWaitForTheRowOfTheirTime) {
  start();
  table("a", "t0", 0);
  stream("a", "s5", 5, {{"h", "x"}});
  table("a", "t9", 9);
  stream("a", "s14", 14);
  EXPECT_THAT(out(), IsEmpty());
  table("a", "t4", 4);
  stream("b", "s15", 15);
  EXPECT_THAT(out(), ElementsAre(Out{"a", "s5+t4", 5, {{"h", "x"}}}));
  stream("b", "s25", 25);
  EXPECT_THAT(out(), ElementsAre(Out{"a", "s14+t9", 14, {}}, Out{"b", "s15+-", 15, {}}));
}

TEST_F(StreamTableGrace, RecordsAsOldAsTheGraceDoNotWaitAndOlderOnesNeither) {
  start();
  table("a", "t0", 0);
  stream("a", "s20", 20);
  stream("a", "s10", 10);
  stream("a", "s9", 9);
  EXPECT_THAT(out(), ElementsAre(Out{"a", "s10+t0", 10, {}}, Out{"a", "s9+t0", 9, {}}));
}

TEST_F(StreamTableGrace, ComeOutByTimeThenKeyThenArrival) {
  start();
  stream("b", "1", 2);
  stream("a", "2", 3);
  stream("a", "3", 2);
  stream("b", "4", 2);
  stream("c", "5", 13);
  EXPECT_THAT(out(), ElementsAre(Out{"a", "3+-", 2, {}}, Out{"b", "1+-", 2, {}}, Out{"b", "4+-", 2, {}},
                                 Out{"a", "2+-", 3, {}}));
}

TEST_F(StreamTableGrace, WithoutGraceTheRowOfTheTimeIsTakenAtOnce) {
  start({.grace = Millis(0)});
  table("a", "t0", 0);
  stream("a", "s5", 5);
  EXPECT_THAT(out(), ElementsAre(Out{"a", "s5+t0", 5, {}}));
}

TEST_F(StreamTableGrace, InnerJoinsDropWhatHasNoRow) {
  start({.left = false});
  table("a", "t0", 0);
  stream("b", "s1", 1);
  stream("a", "s2", 2);
  stream("c", "s20", 20);
  EXPECT_THAT(out(), ElementsAre(Out{"a", "s2+t0", 2, {}}));
  stream(std::nullopt, "s", 20);
  stream("a", std::nullopt, 20);
  EXPECT_EQ(driver_->dropped_records(), 2u);
}

TEST_F(StreamTableGrace, RecordsWithoutAKeyCannotWait) {
  start();
  EXPECT_THROW(stream(std::nullopt, "s", 1), TaskError);
}

TEST_F(StreamTableGrace, ARecordWhoseJoinFailsDoesNotStay) {
  StreamsBuilder builder;
  const auto table = builder.table<Text, Text>("table", Materialized<Text, Text>{.history_retention = Millis(100)});
  builder.stream<Text, Text>("in")
      .left_join(
          table,
          [](const Text& value, const Text*) {
            if (value == "bad") throw std::runtime_error("bad");
            return value;
          },
          Joined<Text, Text, Text>{.grace = Millis(10)})
      .to("out");
  StreamsConfig settings = config();
  settings.set("processing.exception.handler", std::string("LogAndContinueProcessingExceptionHandler"));
  driver_ = std::make_unique<TopologyTestDriver>(builder.build(), settings);
  stream("a", "bad", 0);
  stream("a", "good", 1);
  stream("a", "s10", 10);
  stream("a", "s11", 11);
  EXPECT_THAT(out(), ElementsAre(Out{"a", "good", 1, {}}));
}

Bytes row_key(Timestamp timestamp, const Text& key, std::int32_t sequence) {
  Bytes out(1, '\0');
  detail::append_big_endian(out, timestamp);
  out += key;
  detail::append_big_endian(out, sequence);
  return out;
}

TEST_F(StreamTableGrace, TheChangelogHasKafkaStreamsBytes) {
  start();
  stream("a", "s5", 5, {{"h", "x"}});
  stream("b", "s20", 20);
  Bytes value;
  const Headers headers{{"h", "x"}};
  detail::append_buffered_update(value, {std::nullopt, std::nullopt, "s5", {5, 0, "in", 0, headers}});
  detail::append_big_endian(value, std::int64_t{0});
  std::vector<RawTestRecord> logged;
  for (RawTestRecord& record : driver_->take_outputs()) {
    if (record.topic == kChangelog) logged.push_back(std::move(record));
  }
  ASSERT_EQ(logged.size(), 3u);
  EXPECT_EQ(logged[0], (RawTestRecord{kChangelog, row_key(5, "a", 1), value, -1, {}, 0}));
  EXPECT_EQ(logged[1].key, row_key(20, "b", 2));
  EXPECT_EQ(logged[2], (RawTestRecord{kChangelog, row_key(5, "a", 1), std::nullopt, -1, {}, 0}));
}

TEST_F(StreamTableGrace, WaitsOnAfterARestart) {
  start();
  table("a", "t0", 0);
  stream("a", "s5", 5);
  stream("a", "s5 again", 5);
  driver_->restart();
  stream("a", "s5 after", 5);
  stream("b", "s15", 15);
  EXPECT_THAT(out(),
              ElementsAre(Out{"a", "s5+t0", 5, {}}, Out{"a", "s5 again+t0", 5, {}}, Out{"a", "s5 after+t0", 5, {}}));
}

TEST_F(StreamTableGrace, WaitsOnWithWhatTheChangelogSays) {
  start();
  stream("a", "s5", 5, {{"h", "x"}});
  stream("a", "s20", 20);
  stream("a", "s21", 21);
  const std::vector<RawTestRecord> sent = driver_->take_outputs();

  start();
  StateStore& buffer = *driver_->state_store("j-Buffer");
  for (const RawTestRecord& record : sent) {
    if (record.topic == kChangelog) buffer.restore(*record.key, record.value, record.timestamp, record.headers);
  }
  table("a", "t0", 0);
  stream("a", "s10", 10);
  EXPECT_THAT(out(), ElementsAre(Out{"a", "s10+t0", 10, {}})) << "it is older than the grace allows";
  stream("a", "s31", 31);
  EXPECT_THAT(out(), ElementsAre(Out{"a", "s20+t0", 20, {}}, Out{"a", "s21+t0", 21, {}}));
}

TEST_F(StreamTableGrace, OnlyVersionedTablesHaveIt) {
  try {
    join({.history = std::nullopt});
    FAIL();
  } catch (const InvalidArgument& error) {
    EXPECT_THAT(error.what(), HasSubstr("KTable must be versioned to use a grace period"));
  }
}

TEST_F(StreamTableGrace, TheHistoryMustBeAsLong) {
  join({.grace = Millis(10), .history = Millis(10)});
  try {
    join({.grace = Millis(11), .history = Millis(10)});
    FAIL();
  } catch (const InvalidArgument& error) {
    EXPECT_THAT(error.what(), HasSubstr("History retention must be at least grace period: the join j has 11 ms of "
                                        "grace, but store t keeps 10 ms of history."));
  }
}

}  // namespace
}  // namespace streams
