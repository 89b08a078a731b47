// How records leave a task, and what happens when they cannot.
#include <runtime/record_collector.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/runtime/task_rig.hpp"

namespace streams::runtime {
namespace {

using streams::detail::OutputRecord;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Fixture {
  Fixture() : log(null_logger(), ""), collector(output, handler, scope, metrics, log) {
    record.topic = "in";
    record.offset = 7;
    record.partition = 3;
    scope.task_id = "0_3";
    scope.record = &record;
    scope.source_key = "sk";
    scope.source_value = "sv";
  }
  void send(std::string_view topic, OptionalView key, OptionalView value, std::optional<std::int32_t> partition = {},
            OptionalView partition_key = {}) {
    OutputRecord out;
    out.topic = topic;
    out.key = key;
    out.value = value;
    out.timestamp = 5;
    out.partition = partition;
    out.partition_key = partition_key ? partition_key : key;
    collector.send("snk", out);
  }
  void fail_next(StatusCode code) { output.next_status = Status(code, "the reason"); }

  KeepingOutput output;
  ProductionHandler handler;
  RecordContext record;
  ErrorScope scope;
  TaskMetrics metrics;
  Log log;
  RecordCollector collector;
};

TEST(RecordCollector, ChoosesThePartitionAsKafkaDoes) {
  Fixture fixture;
  fixture.output.partition_count = 12;
  fixture.send("out", "key", "v");
  fixture.send("out", "key", "v", 4);
  fixture.send("out", "windowed key", "v", std::nullopt, "key");
  fixture.send("out", std::nullopt, "v");
  const std::string hashed = std::to_string(partition_for_key("key", 12));
  EXPECT_THAT(fixture.output.sent, ElementsAre("out/" + hashed + " key=v@5", "out/4 key=v@5",
                                               "out/" + hashed + " windowed key=v@5", "out/-1 ~=v@5"));
  EXPECT_EQ(fixture.metrics.sent.value(), 4u);
}

TEST(RecordCollector, AsksForPartitionsOncePerTopicAndCommit) {
  Fixture fixture;
  for (int i = 0; i < 3; ++i) {
    fixture.send("out", "k", "v");
    fixture.send("other", "k", "v");
  }
  EXPECT_EQ(fixture.output.asked, 2);
  fixture.collector.forget_partitions();
  fixture.send("out", "k", "v");
  EXPECT_EQ(fixture.output.asked, 3);
}

TEST(RecordCollector, FailsForATopicThatDoesNotExist) {
  Fixture fixture;
  EXPECT_THAT(thrown([&] { fixture.send("missing", "k", "v"); }),
              AllOf(HasSubstr("topic missing"), HasSubstr("task 0_3"), HasSubstr("does not exist")));
}

TEST(RecordCollector, AsksNobodyWhereNothingCanBeSaved) {
  Fixture fixture;
  fixture.handler = [](const ErrorContext&, const ProductionError&) -> ErrorResponse {
    throw std::logic_error("asked");
  };
  fixture.fail_next(StatusCode::kFenced);
  EXPECT_THROW(fixture.send("out", "k", "v"), TaskMigrated);
  fixture.fail_next(StatusCode::kAbortable);
  EXPECT_THROW(fixture.send("out", "k", "v"), TaskCorrupted);
  fixture.fail_next(StatusCode::kAuthorization);
  EXPECT_THAT(thrown([&] { fixture.send("out", "k", "v"); }), AllOf(HasSubstr("topic out"), HasSubstr("the reason")));
  fixture.fail_next(StatusCode::kFatal);
  EXPECT_THROW(fixture.send("out", "k", "v"), TaskMigrated) << "a new producer can go on";
}

TEST(RecordCollector, RetriesByDefaultWhatMayPassAndFailsOtherwise) {
  Fixture fixture;
  fixture.fail_next(StatusCode::kTimedOut);
  EXPECT_THAT(thrown([&] { fixture.send("out", "k", "v"); }), HasSubstr("starts again from its last commit"));
  fixture.fail_next(StatusCode::kTimedOut);
  EXPECT_THROW(fixture.send("out", "k", "v"), TaskCorrupted);
  fixture.fail_next(StatusCode::kInvalidArgument);
  EXPECT_THROW(fixture.send("out", "k", "v"), TaskError);
  EXPECT_EQ(fixture.metrics.dropped.value(), 0u);
}

TEST(RecordCollector, ARetryOfWhatCannotPassFails) {
  Fixture fixture;
  fixture.handler = [](const ErrorContext&, const ProductionError&) { return ErrorResponse{ErrorAction::kRetry, {}}; };
  fixture.fail_next(StatusCode::kInvalidArgument);
  EXPECT_THROW(fixture.send("out", "k", "v"), TaskError);
}

TEST(RecordCollector, DropsARecordIfTheHandlerSaysContinueAndSendsTheDeadLetter) {
  Fixture fixture;
  std::string seen;
  fixture.handler = [&](const ErrorContext& context, const ProductionError& error) {
    seen = text(context.topic, "/", context.partition, "/", context.offset, " ", context.node, " ", context.task_id,
                " ", context.message, " -> ", error.topic, " ", *error.key, "=", *error.value, " ", error.retriable);
    return ErrorResponse{ErrorAction::kContinue, {dead_letter("dlq", context)}};
  };
  fixture.fail_next(StatusCode::kInvalidArgument);
  fixture.send("out", "k", "v");
  EXPECT_EQ(seen, "in/3/7 snk 0_3 the reason -> out k=v false");
  EXPECT_THAT(fixture.output.sent, ElementsAre(HasSubstr("dlq/0 sk=sv@0")));
  EXPECT_EQ(fixture.metrics.dropped.value(), 1u);
  EXPECT_EQ(fixture.metrics.sent.value(), 0u);
}

TEST(RecordCollector, AHandlerThatThrowsFailsTheTask) {
  Fixture fixture;
  fixture.handler = [](const ErrorContext&, const ProductionError&) -> ErrorResponse {
    throw std::logic_error("oops");
  };
  fixture.fail_next(StatusCode::kInvalidArgument);
  EXPECT_THAT(thrown([&] { fixture.send("out", "k", "v"); }), AllOf(HasSubstr("handler threw"), HasSubstr("oops")));
}

TEST(RecordCollector, AsksTheHandlerAboutWhatCannotBeSerialised) {
  Fixture fixture;
  const auto fail = [&] {
    try {
      throw SerializationError("no bytes for this");
    } catch (...) {
      fixture.collector.serialization_failed("snk", "out", true);
    }
  };
  EXPECT_THAT(thrown(fail), AllOf(HasSubstr("key"), HasSubstr("topic out"), HasSubstr("no bytes for this")));
  ProductionError::Kind kind{};
  fixture.handler = [&](const ErrorContext&, const ProductionError& error) {
    kind = error.kind;
    return ErrorResponse{ErrorAction::kContinue, {}};
  };
  fail();
  EXPECT_EQ(kind, ProductionError::Kind::kKeySerialization);
  EXPECT_EQ(fixture.metrics.dropped.value(), 1u);
}

TEST(RecordCollector, ADeadLetterThatCannotBeSentFailsTheTask) {
  Fixture fixture;
  fixture.fail_next(StatusCode::kTimedOut);
  EXPECT_THAT(thrown([&] {
                fixture.collector.send_dead_letters({{"dlq", "k", "v", 1, {}}});
              }),
              AllOf(HasSubstr("dead letter"), HasSubstr("dlq")));
}

TEST(DeliveryError, IsJudgedAsAFailedSend) {
  KeepingOutput output;
  Counter dropped;
  const Log log(null_logger(), "");
  const auto judge = [&](StatusCode code, const ProductionHandler& handler) {
    handle_delivery_error({{"out", 2}, "k", "v", Status(code, "the reason")}, handler, output, dropped, log);
  };
  EXPECT_THROW(judge(StatusCode::kFenced, nullptr), TaskMigrated);
  EXPECT_THROW(judge(StatusCode::kTimedOut, nullptr), TaskCorrupted);
  EXPECT_THROW(judge(StatusCode::kInvalidArgument, nullptr), TaskError);
  judge(StatusCode::kInvalidArgument, [](const ErrorContext&, const ProductionError& error) {
    DeadLetter letter{"dlq", Bytes(*error.key), Bytes(*error.value), -1, {}};
    return ErrorResponse{ErrorAction::kContinue, {letter}};
  });
  EXPECT_EQ(dropped.value(), 1u);
  EXPECT_THAT(output.sent, ElementsAre("dlq/0 k=v@-1"));
}

TEST(DeadLetterRecord, SaysWhatWentWrongAndWhere) {
  ErrorContext context;
  context.topic = "in";
  context.partition = 1;
  context.offset = 42;
  context.timestamp = 99;
  context.node = "p";
  context.task_id = "0_1";
  context.source_key = "k";
  context.error = std::make_exception_ptr(std::out_of_range("too far"));
  context.message = "too far";
  const DeadLetter letter = dead_letter("dlq", context);
  EXPECT_EQ(letter.topic, "dlq");
  EXPECT_EQ(letter.key, "k");
  EXPECT_EQ(letter.value, std::nullopt);
  EXPECT_EQ(letter.timestamp, 99);
  EXPECT_EQ(letter.headers,
            (Headers{{"__streams.errors.exception", "std::out_of_range: too far"},
                     {"__streams.errors.message", "too far"},
                     {"__streams.errors.stacktrace", "std::out_of_range: too far\n\tat processor p of task 0_1\n"},
                     {"__streams.errors.topic", "in"},
                     {"__streams.errors.partition", "1"},
                     {"__streams.errors.offset", "42"}}));
}

TEST(DeadLetterRecord, IsMadeByHandlersThatHaveATopic) {
  const ErrorContext context;
  EXPECT_EQ(log_and_continue()(context).action, ErrorAction::kContinue);
  EXPECT_THAT(log_and_continue()(context).dead_letters, IsEmpty());
  EXPECT_EQ(log_and_continue("dlq")(context).dead_letters.size(), 1u);
  EXPECT_EQ(log_and_fail("dlq")(context).action, ErrorAction::kFail);
  EXPECT_EQ(log_and_fail("dlq")(context).dead_letters.size(), 1u);
  ProductionError error;
  error.retriable = true;
  EXPECT_EQ(retry_or_fail("dlq")(context, error).action, ErrorAction::kRetry);
  error.kind = ProductionError::Kind::kKeySerialization;
  EXPECT_EQ(retry_or_fail("dlq")(context, error).action, ErrorAction::kFail);
  EXPECT_EQ(retry_or_fail("dlq")(context, error).dead_letters.size(), 1u);
}

}  // namespace
}  // namespace streams::runtime
