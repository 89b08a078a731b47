// Input queues: decoding of heads, timestamps, and the choice of the next record.
#include "unit/runtime/task_rig.hpp"

#include <runtime/partition_group.hpp>
#include <streams/detail/source_node.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace streams::runtime {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// Queues over sources of strings (values that begin with "!" cannot be decoded), with what they need.
struct Fixture final : DeadLetterSender {
  struct PickySerde final : Serde<Text> {
    void serialize(std::string_view, const Text& value, Bytes& out) const override { out += value; }
    Text deserialize(std::string_view, BytesView bytes) const override {
      if (bytes.starts_with("!")) throw SerializationError("bad bytes");
      return Text(bytes);
    }
  };

  explicit Fixture(std::size_t inputs = 1, std::int64_t idle = 0,
                   DefaultTimestampExtractor extractor = DefaultTimestampExtractor::kFailOnInvalid,
                   TimestampExtractor<Text, Text> own = nullptr)
      : source(std::make_shared<PickySerde>(), std::make_shared<PickySerde>(), std::move(own)),
        log(null_logger(), ""),
        errors(settings, scope, *this, metrics, log),
        group(idle, metrics.enforced_processing) {
    source.set_name("src");
    scope.record = &record;
    for (std::size_t i = 0; i < inputs; ++i) topics.push_back({std::string(1, static_cast<char>('a' + i)), 0});
    for (const auto& topic : topics) {
      group.add_queue(std::make_unique<RecordQueue>(topic, source, RecordQueueServices{errors, clock, extractor}));
    }
  }
  void send_dead_letters(const std::vector<DeadLetter>& sent) override {
    for (const DeadLetter& letter : sent) letters.push_back(letter.topic + ":" + letter.value.value_or("~"));
  }

  void add(std::size_t input, std::vector<RawTestRecord> records) {
    const auto count = static_cast<std::int64_t>(records.size());
    group.add(input, batch(std::move(records), offsets[input]), {});
    offsets[input] += count;
  }
  /// Takes everything that may be taken: "topic offset@timestamp", dropped heads as "topic offset!".
  std::vector<std::string> drain(Timestamp now = 0) {
    std::vector<std::string> out;
    while (group.ready(now)) {
      const std::size_t input = group.next();
      RecordQueue& queue = group.queue(input);
      out.push_back(topics[input].topic + " " + std::to_string(queue.head_offset()) +
                    (queue.head_dropped() ? "!" : "@" + std::to_string(queue.head_timestamp())));
      group.done(input);
    }
    return out;
  }

  TaskSettings settings;
  TaskMetrics metrics;
  ManualClock clock{5000};
  RecordContext record;
  ErrorScope scope;
  streams::detail::SourceNode<Text, Text> source;
  Log log;
  ErrorBoundary errors;
  std::vector<client::TopicPartition> topics;
  PartitionGroup group;
  std::map<std::size_t, std::int64_t> offsets;
  std::vector<std::string> letters;
};

TEST(PartitionGroup, TakesTheLowestHeadTimestamp) {
  Fixture fixture(2);
  fixture.add(0, {raw("k", "v", 10), raw("k", "v", 30)});
  fixture.add(1, {raw("k", "v", 20), raw("k", "v", 25)});
  fixture.group.set_at_end(0, true);
  fixture.group.set_at_end(1, true);
  EXPECT_THAT(fixture.drain(), ElementsAre("a 0@10", "b 0@20", "b 1@25", "a 1@30"));
  EXPECT_EQ(fixture.group.stream_time(), 30);
  EXPECT_EQ(fixture.group.queue(0).partition_time(), 30);
  EXPECT_EQ(fixture.group.queue(1).partition_time(), 25);
}

TEST(PartitionGroup, AlternatesBetweenEqualTimestamps) {
  Fixture fixture(2, -1);
  fixture.add(1, {raw("k", "v", 10), raw("k", "v", 10)});
  fixture.add(0, {raw("k", "v", 10), raw("k", "v", 10)});
  EXPECT_THAT(fixture.drain(), ElementsAre("b 0@10", "a 0@10", "b 1@10", "a 1@10"));
}

TEST(PartitionGroup, StreamTimeNeverGoesBack) {
  Fixture fixture;
  fixture.add(0, {raw("k", "v", 30), raw("k", "v", 10)});
  EXPECT_THAT(fixture.drain(), ElementsAre("a 0@30", "a 1@10"));
  EXPECT_EQ(fixture.group.stream_time(), 30);
  EXPECT_EQ(fixture.group.queue(0).partition_time(), 30);
}

TEST(PartitionGroup, CountsRecordsAndBytes) {
  Fixture fixture;
  fixture.add(0, {raw("key", "value", 1), raw(std::nullopt, "v", 2)});
  fixture.add(0, {raw("k", std::nullopt, 3)});
  EXPECT_EQ(fixture.group.buffered(), 3u);
  EXPECT_EQ(fixture.group.buffered_bytes(), 10u);
  ASSERT_TRUE(fixture.group.ready(0));
  fixture.group.done(fixture.group.next());
  EXPECT_EQ(fixture.group.queue(0).size(), 2u);
  EXPECT_EQ(fixture.group.queue(0).bytes(), 2u);
  fixture.group.clear();
  EXPECT_EQ(fixture.group.buffered(), 0u);
  EXPECT_EQ(fixture.group.buffered_bytes(), 0u);
  EXPECT_FALSE(fixture.group.ready(0));
}

TEST(PartitionGroupReady, NeverWaitsWithMinusOne) {
  Fixture fixture(2, -1);
  EXPECT_FALSE(fixture.group.ready(0));
  fixture.add(0, {raw("k", "v", 1)});
  EXPECT_TRUE(fixture.group.ready(0));
  EXPECT_EQ(fixture.metrics.enforced_processing.value(), 0u);
}

TEST(PartitionGroupReady, WaitsForInputsThatAreNotAtTheirEnd) {
  Fixture fixture(2, 0);
  fixture.add(0, {raw("k", "v", 1)});
  EXPECT_FALSE(fixture.group.ready(0));
  fixture.group.set_at_end(1, true);
  EXPECT_TRUE(fixture.group.ready(0));
  EXPECT_EQ(fixture.metrics.enforced_processing.value(), 1u);
  fixture.group.set_at_end(1, false);
  EXPECT_FALSE(fixture.group.ready(0));
  fixture.add(1, {raw("k", "v", 2)});
  EXPECT_TRUE(fixture.group.ready(0));
}

TEST(PartitionGroupReady, WaitsTheIdleTimeForInputsAtTheirEnd) {
  Fixture fixture(2, 100);
  fixture.group.set_at_end(0, true);
  fixture.group.set_at_end(1, true);
  EXPECT_FALSE(fixture.group.ready(50));  // the waiting begins, though there is nothing to process yet
  EXPECT_FALSE(fixture.group.ready(151));
  fixture.add(0, {raw("k", "v", 1), raw("k", "v", 3)});
  EXPECT_TRUE(fixture.group.ready(152));
  // A record ends the waiting; when it is gone, waiting begins anew.
  fixture.add(1, {raw("k", "v", 2)});
  EXPECT_TRUE(fixture.group.ready(160));
  EXPECT_THAT(fixture.drain(160), ElementsAre("a 0@1", "b 0@2"));
  fixture.group.set_at_end(1, true);
  EXPECT_FALSE(fixture.group.ready(160));
  EXPECT_FALSE(fixture.group.ready(259));
  EXPECT_TRUE(fixture.group.ready(260));
  EXPECT_EQ(fixture.metrics.enforced_processing.value(), 2u);
}

TEST(PartitionGroupReady, ForgetsThatAnInputWasAtItsEndWhenMoreComes) {
  Fixture fixture(2, 0);
  fixture.group.set_at_end(1, true);
  fixture.add(0, {raw("k", "v", 5)});
  fixture.add(1, {raw("k", "v", 1)});
  EXPECT_THAT(fixture.drain(), ElementsAre("b 0@1"));
  fixture.group.set_at_end(1, true);
  EXPECT_THAT(fixture.drain(), ElementsAre("a 0@5"));
}

TEST(PartitionGroupReady, StartsToWaitAnewWhenThereIsMoreToFetch) {
  Fixture fixture(2, 100);
  fixture.add(0, {raw("k", "v", 1)});
  fixture.group.set_at_end(1, true);
  EXPECT_FALSE(fixture.group.ready(0));
  fixture.group.set_at_end(1, false);
  EXPECT_FALSE(fixture.group.ready(100));
  fixture.group.set_at_end(1, true);
  EXPECT_FALSE(fixture.group.ready(110));
  EXPECT_TRUE(fixture.group.ready(210));
}

TEST(RecordQueue, SkipsWhatCannotBeDecodedIfTheHandlerSaysContinue) {
  Fixture fixture;
  fixture.settings.deserialization_handler = log_and_continue("dlq");
  fixture.add(0, {raw("k", "!1", 1), raw("k", "ok", 2), raw("!k", "3", 3), raw("k", "ok", 4)});
  EXPECT_THAT(fixture.drain(), ElementsAre("a 1@2", "a 3@4"));
  EXPECT_EQ(fixture.metrics.dropped.value(), 2u);
  EXPECT_THAT(fixture.letters, ElementsAre("dlq:!1", "dlq:3"));
}

TEST(RecordQueue, KeepsAPlaceForTheLastDroppedRecordSoThatItsOffsetIsCommitted) {
  Fixture fixture;
  fixture.settings.deserialization_handler = log_and_continue();
  fixture.add(0, {raw("k", "ok", 1), raw("k", "!", 2), raw("k", "!", 3)});
  EXPECT_EQ(fixture.group.buffered(), 3u);
  EXPECT_THAT(fixture.drain(), ElementsAre("a 0@1", "a 2!"));
  EXPECT_EQ(fixture.group.buffered(), 0u);
  EXPECT_EQ(fixture.group.buffered_bytes(), 0u);
  EXPECT_EQ(fixture.group.stream_time(), 1);
  // Records that come while the dropped one waits are behind it.
  fixture.add(0, {raw("k", "!", 4)});
  fixture.add(0, {raw("k", "ok", 5)});
  EXPECT_THAT(fixture.drain(), ElementsAre("a 3!", "a 4@5"));
}

TEST(RecordQueue, FailsWithTopicPartitionAndOffset) {
  Fixture fixture;
  EXPECT_THAT(thrown([&] {
                fixture.add(0, {raw("k", "ok", 1), raw("k", "!", 2)}), fixture.drain();
              }),
              AllOf(HasSubstr("topic=[a] partition=[0] offset=[1]"), HasSubstr("bad bytes"),
                    HasSubstr("deserialization.exception.handler")));
}

TEST(RecordQueue, AHandlerThatThrowsFailsTheTask) {
  Fixture fixture;
  fixture.settings.deserialization_handler = [](const ErrorContext&) -> ErrorResponse {
    throw std::runtime_error("oops");
  };
  EXPECT_THAT(thrown([&] { fixture.add(0, {raw("k", "!", 2)}); }),
              AllOf(HasSubstr("oops"), HasSubstr("handler threw")));
}

TEST(RecordQueue, TellsTheHandlerWhereAndWhat) {
  Fixture fixture;
  std::string seen;
  fixture.settings.deserialization_handler = [&](const ErrorContext& context) {
    seen =
        text(context.topic, "/", context.partition, "/", context.offset, "@", context.timestamp, " ", context.node, " ",
             *context.source_key, "=", *context.source_value, " ", context.headers->begin()->key, " ", context.message);
    return ErrorResponse{ErrorAction::kContinue, {}};
  };
  fixture.add(0, {raw("k", "!x", 7, {{"h", "1"}})});
  EXPECT_EQ(seen, "a/0/0@7 src k=!x h bad bytes");
}

TEST(RecordTimestamp, InvalidOnesFailByDefault) {
  Fixture fixture;
  EXPECT_THAT(thrown([&] { fixture.add(0, {raw("k", "v", -1)}); }),
              AllOf(HasSubstr("topic = a, partition = 0, offset = 0"), HasSubstr("invalid (negative) timestamp")));
}

TEST(RecordTimestamp, InvalidOnesAreSkipped) {
  Fixture fixture(1, 0, DefaultTimestampExtractor::kLogAndSkipOnInvalid);
  fixture.add(0, {raw("k", "v", -1), raw("k", "v", 5)});
  EXPECT_THAT(fixture.drain(), ElementsAre("a 1@5"));
  EXPECT_EQ(fixture.metrics.dropped.value(), 1u);
}

TEST(RecordTimestamp, InvalidOnesAreThePartitionsTime) {
  Fixture fixture(1, 0, DefaultTimestampExtractor::kUsePartitionTimeOnInvalid);
  fixture.add(0, {raw("k", "v", 9), raw("k", "v", 4), raw("k", "v", -1)});
  EXPECT_THAT(fixture.drain(), ElementsAre("a 0@9", "a 1@4", "a 2@9"));
  Fixture fresh(1, 0, DefaultTimestampExtractor::kUsePartitionTimeOnInvalid);
  EXPECT_THAT(thrown([&] { fresh.add(0, {raw("k", "v", -1)}); }), HasSubstr("partition time is unknown"));
}

TEST(RecordTimestamp, MayBeTheWallClocks) {
  Fixture fixture(1, 0, DefaultTimestampExtractor::kWallclock);
  fixture.add(0, {raw("k", "v", -1)});
  EXPECT_THAT(fixture.drain(), ElementsAre("a 0@5000"));
}

TEST(RecordTimestamp, ComesFromTheSourcesOwnExtractorWithThePartitionTime) {
  std::vector<Timestamp> partition_times;
  Fixture fixture(1, 0, DefaultTimestampExtractor::kFailOnInvalid,
                  [&](const ConsumedRecord<Text, Text>& record, Timestamp partition_time) {
                    partition_times.push_back(partition_time);
                    return record.value->size() == 1 ? Timestamp(-7) : record.timestamp * 2;
                  });
  fixture.add(0, {raw("k", "vv", 10), raw("k", "v", 5), raw("k", "vv", 2)});
  EXPECT_THAT(fixture.drain(), ElementsAre("a 0@20", "a 2@4"));
  EXPECT_THAT(partition_times, ElementsAre(-1, 20, 20));
  EXPECT_EQ(fixture.metrics.dropped.value(), 1u);
}

TEST(RecordTimestamp, AnExtractorThatThrowsFailsTheTask) {
  Fixture fixture(
      1, 0, DefaultTimestampExtractor::kFailOnInvalid,
      [](const ConsumedRecord<Text, Text>&, Timestamp) -> Timestamp { throw std::runtime_error("no clock"); });
  EXPECT_THAT(thrown([&] { fixture.add(0, {raw("k", "v", 1)}); }),
              AllOf(HasSubstr("TimestampExtractor"), HasSubstr("no clock"), HasSubstr("offset = 0")));
}

}  // namespace
}  // namespace streams::runtime
