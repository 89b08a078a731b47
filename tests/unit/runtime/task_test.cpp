// A task at work: records, punctuations, failures, context.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/runtime/task_rig.hpp"

namespace streams::runtime {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(TaskId, IsWrittenAndReadAsText) {
  EXPECT_EQ((TaskId{3, 12}.text()), "3_12");
  EXPECT_EQ(TaskId::parse("3_12"), (TaskId{3, 12}));
  for (const char* text : {"", "3", "3_", "_3", "3-1", "3_1x", "-1_2", "1_-2", "a_b", "1_2_3"}) {
    EXPECT_EQ(TaskId::parse(text), std::nullopt) << text;
  }
}

TEST(Task, TakesRecordsThroughItsTopology) {
  TaskRig rig(pass_through());
  Task& task = rig.start();
  EXPECT_EQ(task.add_records(0, batch({raw("a", "1", 10), raw(std::nullopt, std::nullopt, 5, {{"h", std::nullopt}})})),
            2u);
  EXPECT_EQ(rig.run(), 2);
  EXPECT_THAT(rig.output.sent, ElementsAre("out/0 a=1@10", "out/-1 ~=~@5 {h=~}"));
  EXPECT_EQ(task.stream_time(), 10);
  EXPECT_EQ(task.partition_time(0), 10);
  EXPECT_EQ(task.metrics().processed.value(), 2u);
  EXPECT_EQ(task.metrics().sent.value(), 2u);
  EXPECT_EQ(task.buffered(), 0u);
}

TEST(Task, ReadsSeveralInputsInTheOrderOfTime) {
  TaskRig rig(pass_through({"in", "more"}), {"in", "more"});
  Task& task = rig.start();
  task.add_records(1, batch({raw("b", "1", 1), raw("b", "4", 4)}));
  task.add_records(0, batch({raw("a", "2", 2), raw("a", "3", 3)}));
  EXPECT_EQ(rig.run(), 3);  // then "in" is empty, and may have more
  task.set_at_end(0, true);
  EXPECT_EQ(rig.run(), 1);
  EXPECT_THAT(rig.output.sent, ElementsAre("out/0 b=1@1", "out/0 a=2@2", "out/0 a=3@3", "out/0 b=4@4"));
}

TEST(Task, RefusesInputsThatItsTopologyDoesNotRead) {
  TaskRig rig(pass_through());
  rig.inputs.push_back({{"strange", 0}, find_source(rig.topology.plan(), std::nullopt, "app", "strange")});
  EXPECT_THAT(thrown([&] { rig.make(); }), HasSubstr("Topic strange is unknown to the topology"));
}

TEST(Task, FindsSourcesByTopicAndPattern) {
  Topology topology;
  topology.add_source<Text, Text>("one", {"in", "more"});
  topology.add_source<Text, Text>("all", TopicPattern{"x-.*"});
  topology.add_sink<Text, Text>("s1", "out", {"one"});
  topology.add_sink<Text, Text>("s2", "out", {"all"});
  const auto find = [&](std::optional<int> group, const Text& topic) {
    return find_source(topology.plan(), group, "app", topic);
  };
  EXPECT_EQ(find(std::nullopt, "more"), "one");
  EXPECT_EQ(find(0, "in"), "one");
  EXPECT_EQ(find(1, "in"), "");
  EXPECT_EQ(find(1, "x-1"), "all");
  EXPECT_EQ(find(1, "x-.*"), "all");
  EXPECT_EQ(find(std::nullopt, "y"), "");
}

TEST(Task, TellsProcessorsWhereARecordCameFrom) {
  std::vector<std::string> seen;
  TaskRig rig(line(processor([&seen](auto&& record, auto& context) {
    const auto metadata = context.record_metadata();
    seen.push_back(text(metadata->topic, "/", metadata->partition, "/", metadata->offset, "@", record.timestamp, " ",
                        context.application_id(), " ", context.task_id(), " stream=", context.current_stream_time_ms(),
                        " wall=", context.current_system_time_ms()));
  })));
  Task& task = rig.start();
  task.add_records(0, batch({raw("k", "v", 7), raw("k", "v", 3)}, 40));
  rig.clock.set(2000);
  rig.run();
  task.add_records(0, batch({raw("k", "v", 9)}, 50), "other");
  rig.run();
  EXPECT_THAT(seen, ElementsAre("in/0/40@7 app 0_0 stream=7 wall=2000", "in/0/41@3 app 0_0 stream=7 wall=2000",
                                "other/0/50@9 app 0_0 stream=9 wall=2000"));
}

TEST(Task, AFailingProcessorFailsTheTaskWithPlaceAndCause) {
  TaskRig rig(line(processor([](auto&&, auto&) { throw std::out_of_range("too far"); })));
  Task& task = rig.start();
  task.add_records(0, batch({raw("k", "v", 7)}, 40));
  try {
    rig.run();
    FAIL() << "nothing was thrown";
  } catch (const TaskError& error) {
    EXPECT_STREQ(error.what(),
                 "Exception caught in process. taskId=0_0, processor=p, topic=in, partition=0, offset=40: too far");
    EXPECT_THROW(std::rethrow_exception(error.cause), std::out_of_range);
  }
}

TEST(Task, AFailingProcessorLosesItsRecordIfTheHandlerSaysContinue) {
  TaskRig rig(line(processor([](auto&& record, auto& context) {
    if (record.value == "bad") throw std::out_of_range("too far");
    context.forward(std::move(record));
  })));
  std::string seen;
  rig.settings.processing_handler = [&](const ErrorContext& context) {
    seen = text(context.topic, "/", context.partition, "/", context.offset, "@", context.timestamp, " ", context.node,
                " ", context.task_id, " ", *context.source_key, "=", *context.source_value, " ", context.message);
    return ErrorResponse{ErrorAction::kContinue, {dead_letter("dlq", context)}};
  };
  rig.start().add_records(0, batch({raw("a", "1", 7), raw("b", "bad", 8), raw("c", "3", 9)}));
  rig.run();
  EXPECT_EQ(seen, "in/0/1@8 p 0_0 b=bad too far");
  EXPECT_THAT(rig.output.sent, ElementsAre("out/0 a=1@7", HasSubstr("dlq/0 b=bad@8"), "out/0 c=3@9"));
  EXPECT_EQ(rig.task->metrics().dropped.value(), 1u);
}

TEST(Task, AFailureBelowIsToldOfTheNodeThatFailed) {
  Topology topology;
  topology.add_source<Text, Text>("src", {"in"});
  topology.add_processor("above", processor([](auto&& record, auto& context) { context.forward(std::move(record)); }),
                         {"src"});
  topology.add_processor("below", processor([](auto&&, auto&) { throw std::out_of_range("too far"); }), {"above"});
  TaskRig rig(std::move(topology));
  int asked = 0;
  rig.settings.processing_handler = [&](const ErrorContext&) {
    ++asked;
    return ErrorResponse{};
  };
  rig.start().add_records(0, batch({raw("k", "v", 1)}));
  EXPECT_THAT(thrown([&] { rig.run(); }), HasSubstr("processor=below"));
  EXPECT_EQ(asked, 1);
}

TEST(Task, AProcessingHandlerThatThrowsFailsTheTask) {
  TaskRig rig(line(processor([](auto&&, auto&) { throw std::out_of_range("too far"); })));
  rig.settings.processing_handler = [](const ErrorContext&) -> ErrorResponse { throw std::logic_error("oops"); };
  rig.start().add_records(0, batch({raw("k", "v", 1)}));
  EXPECT_THAT(thrown([&] { rig.run(); }), AllOf(HasSubstr("handler threw: oops"), HasSubstr("too far")));
}

TEST(Task, FencingGoesPastTheProcessingHandler) {
  TaskRig rig(pass_through());
  rig.settings.processing_handler = log_and_continue();
  rig.start().add_records(0, batch({raw("k", "v", 1), raw("k", "v", 2), raw("k", "v", 3)}));
  rig.output.next_status = Status(StatusCode::kFenced, "somebody else has it");
  EXPECT_THROW(rig.run(), TaskMigrated);
  rig.output.next_status = Status(StatusCode::kAbortable, "aborted");
  EXPECT_THROW(rig.run(), TaskCorrupted);
}

TEST(Task, AProcessorThatCannotBeInitialisedIsNamed) {
  struct Bad final : Processor<Text, Text> {
    void init(Context& context) override { context.template get_state_store<KeyValueStore<Text, Text>>("nowhere"); }
    void process(Record<Text, Text>&&) override {}
  };
  TaskRig rig(line([] { return std::make_unique<Bad>(); }));
  EXPECT_THAT(thrown([&] { rig.start(); }),
              AllOf(HasSubstr("failed to initialize processor p"), HasSubstr("has no access to StateStore nowhere")));
}

/// Schedules as it is told and notes what fires.
struct Ticking final : Processor<Text, Text> {
  Ticking(PunctuationType type_in, std::vector<Timestamp>& fired_in) : type(type_in), fired(fired_in) {}
  void init(Context& context) override {
    context.schedule(std::chrono::milliseconds(10), type, [this, &context](Timestamp now) {
      fired.push_back(now);
      EXPECT_EQ(context.record_metadata(), std::nullopt);
      if (fail) throw std::out_of_range("too far");
      context.forward(Record<Text, Text>{"tick", std::to_string(now), now, {}});
    });
  }
  void process(Record<Text, Text>&& record) override { context().forward(std::move(record)); }
  PunctuationType type;
  std::vector<Timestamp>& fired;
  bool fail = false;
};

TEST(TaskPunctuation, ByStreamTimeFollowsTheRecords) {
  std::vector<Timestamp> fired;
  TaskRig rig(line([&] { return std::make_unique<Ticking>(PunctuationType::kStreamTime, fired); }));
  Task& task = rig.start();
  EXPECT_FALSE(task.punctuate_stream_time());
  task.add_records(0, batch({raw("a", "1", 3), raw("a", "2", 12), raw("a", "3", 15), raw("a", "4", 45)}));
  rig.run();
  EXPECT_THAT(fired, ElementsAre(3, 12, 45));
  EXPECT_THAT(rig.output.sent, ElementsAre("out/0 a=1@3", "out/0 tick=3@3", "out/0 a=2@12", "out/0 tick=12@12",
                                           "out/0 a=3@15", "out/0 a=4@45", "out/0 tick=45@45"));
  EXPECT_EQ(task.metrics().punctuated.value(), 3u);
}

TEST(TaskPunctuation, ByWallClockNeedsNoRecords) {
  std::vector<Timestamp> fired;
  TaskRig rig(line([&] { return std::make_unique<Ticking>(PunctuationType::kWallClockTime, fired); }));
  Task& task = rig.start();
  EXPECT_EQ(task.next_wall_clock_punctuation(), 1010);
  EXPECT_FALSE(task.punctuate_wall_clock());
  EXPECT_FALSE(task.commit_needed());
  rig.clock.set(1037);
  EXPECT_TRUE(task.punctuate_wall_clock());
  EXPECT_FALSE(task.punctuate_wall_clock());
  EXPECT_TRUE(task.commit_needed());
  EXPECT_THAT(fired, ElementsAre(1037));
  EXPECT_EQ(task.next_wall_clock_punctuation(), 1040);
}

TEST(TaskPunctuation, AFailureGoesToTheProcessingHandler) {
  std::vector<Timestamp> fired;
  const auto failing = [&] {
    auto out = std::make_unique<Ticking>(PunctuationType::kWallClockTime, fired);
    out->fail = true;
    return out;
  };
  TaskRig rig(line(failing));
  rig.start();
  rig.clock.set(1010);
  EXPECT_THAT(thrown([&] { rig.task->punctuate_wall_clock(); }),
              AllOf(HasSubstr("Exception caught while punctuating processor 'p'"), HasSubstr("too far")));
  TaskRig tolerant(line(failing));
  tolerant.settings.processing_handler = log_and_continue();
  tolerant.start();
  tolerant.clock.set(1010);
  EXPECT_TRUE(tolerant.task->punctuate_wall_clock());
  EXPECT_EQ(tolerant.task->metrics().dropped.value(), 1u);
}

TEST(Task, ClosesItsProcessorsOnceEvenIfOneThrows) {
  struct Closing final : Processor<Text, Text> {
    Closing(std::vector<std::string>& log_in, std::string name_in) : log(log_in), name(std::move(name_in)) {}
    void process(Record<Text, Text>&&) override {}
    void close() override {
      log.push_back(name);
      if (name == "first") throw std::logic_error("stuck");
    }
    std::vector<std::string>& log;
    std::string name;
  };
  std::vector<std::string> log;
  Topology topology;
  topology.add_source<Text, Text>("src", {"in"});
  topology.add_processor("p1", [&] { return std::make_unique<Closing>(log, "first"); }, {"src"});
  topology.add_processor("p2", [&] { return std::make_unique<Closing>(log, "second"); }, {"src"});
  TaskRig rig(std::move(topology));
  EXPECT_THAT(thrown([&] { rig.start().close(true); }), HasSubstr("stuck"));
  rig.task->close(true);
  rig.task.reset();
  EXPECT_THAT(log, ElementsAre("first", "second"));
}

}  // namespace
}  // namespace streams::runtime
