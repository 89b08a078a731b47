// The Processor API: life cycle, forwarding, the record context, punctuations, stores, and where failures end.
#include "unit/topology/fake_task.hpp"
#include "unit/topology/shapes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace streams {
namespace {

using detail::Failure;
using detail::Rig;
using detail::Sent;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
/// source -> p -> sink
template <class Supplier>
Topology line(Supplier supplier) {
  Topology topology;
  topology.add_source<Text, Text>("src", {"in"});
  topology.add_processor("p", std::move(supplier), {"src"});
  topology.add_sink<Text, Text>("snk", "out", {"p"});
  return topology;
}

struct Upper final : Processor<Text, Text> {
  void process(Record<Text, Text>&& record) override {
    if (record.value) record.value = "<" + *record.value + ">";
    context().forward(std::move(record));
  }
};

TEST(Processor, ForwardsWhatItMakesOfARecord) {
  const Topology topology = line([] { return std::make_unique<Upper>(); });
  Rig rig(topology.plan());
  rig.start();
  rig.pipe("src", "k", "v", 5, {{"h", "1"}});
  rig.pipe("src", std::nullopt, std::nullopt, 6);
  EXPECT_THAT(rig.task.sent, ElementsAre(Sent{"out", "k", "<v>", 5, {{"h", "1"}}, std::nullopt},
                                         Sent{"out", std::nullopt, std::nullopt, 6, {}, std::nullopt}));
}

/// Notes its life.
struct Noted final : Processor<Text, Text, void, void> {
  explicit Noted(std::vector<std::string>& notes_in) : notes(notes_in) {}
  void init(Context& context) override {
    notes.push_back("init " + context.application_id() + " " + context.task_id());
  }
  void process(Record<Text, Text>&& record) override {
    const auto metadata = context().record_metadata();
    notes.push_back("process " + *record.key + " " + std::string(metadata->topic) + "/" +
                    std::to_string(metadata->partition) + "/" + std::to_string(metadata->offset) +
                    " stream=" + std::to_string(context().current_stream_time_ms()) +
                    " wall=" + std::to_string(context().current_system_time_ms()));
    context().commit();
  }
  void close() override { notes.push_back("close"); }
  std::vector<std::string>& notes;
};

TEST(Processor, LivesFromInitToCloseAndKnowsItsTask) {
  std::vector<std::string> notes;
  Topology topology;
  topology.add_source<Text, Text>("src", {"in"});
  topology.add_processor("p", [&] { return std::make_unique<Noted>(notes); }, {"src"});
  Rig rig(topology.plan());
  rig.start();
  rig.pipe("src", "k", "v", 9);
  rig.close();
  rig.close();
  EXPECT_THAT(notes, ElementsAre("init app 0_3", "process k in/3/0 stream=9 wall=777", "close"));
  EXPECT_EQ(rig.task.commits, 1);
}

TEST(Processor, IsNotClosedIfItWasNeverInitialised) {
  std::vector<std::string> notes;
  Topology topology;
  topology.add_source<Text, Text>("src", {"in"});
  topology.add_processor("p", [&] { return std::make_unique<Noted>(notes); }, {"src"});
  Rig rig(topology.plan());
  rig.close();
  EXPECT_THAT(notes, ElementsAre());
}

/// Sends each record to the child that its value names, then to all.
struct Router final : Processor<Text, Text> {
  void process(Record<Text, Text>&& record) override {
    context().forward(record, *record.value);
    context().forward(std::move(record));
  }
};

TEST(ProcessorForward, GoesToOneChildOrToAllInTheOrderTheyWereAdded) {
  Shape shape;
  shape.source("src", {"in"});
  shape.topology.add_processor("p", [] { return std::make_unique<Router>(); }, {"src"});
  shape.sink("z", "out-z", {"p"}).sink("a", "out-a", {"p"});
  Rig rig(shape.plan());
  rig.start();
  rig.pipe("src", "k", "a", 1);
  EXPECT_THAT(rig.task.sent,
              ElementsAre(Sent{"out-a", "k", "a", 1, {}, std::nullopt}, Sent{"out-z", "k", "a", 1, {}, std::nullopt},
                          Sent{"out-a", "k", "a", 1, {}, std::nullopt}));
  EXPECT_THAT(message_of<TaskError>([&] { rig.pipe("src", "k", "nobody", 2); }), "failed in p");
  EXPECT_THAT(
      rig.task.failures.back().message,
      HasSubstr("Unknown downstream node: nobody either does not exist or is not connected to this processor p"));
}

/// Does what a function says with each record.
template <class KOut = Text, class VOut = Text>
struct Scripted final : Processor<Text, Text, KOut, VOut> {
  using Script = std::function<void(ProcessorContext<KOut, VOut>&, Record<Text, Text>&&)>;
  explicit Scripted(Script script_in) : script(std::move(script_in)) {}
  void process(Record<Text, Text>&& record) override { script(this->context(), std::move(record)); }
  Script script;
};
auto scripted(Scripted<>::Script script) {
  return [script] { return std::make_unique<Scripted<>>(script); };
}

TEST(ProcessorForward, RefusesNegativeTimestamps) {
  const Topology topology = line(scripted([](auto& context, auto&& record) {
    record.timestamp -= 100;
    context.forward(std::move(record));
  }));
  Rig rig(topology.plan());
  rig.start();
  EXPECT_EQ(message_of<TaskError>([&] { rig.pipe("src", "k", "v", 10); }), "failed in p");
  EXPECT_THAT(rig.task.failures, ElementsAre(Failure{"p", "Timestamp may not be negative. Got: -90", 10, {}}));
  EXPECT_THAT(rig.task.sent, IsEmpty());
}

struct ForwardsTooEarly final : Processor<Text, Text> {
  void init(Context& context) override { context.forward({"k", "v", 0, {}}); }
  void process(Record<Text, Text>&&) override {}
};

TEST(ProcessorForward, IsNotPossibleBeforeTheNodesBelowAreReady) {
  const Topology topology = line([] { return std::make_unique<ForwardsTooEarly>(); });
  Rig rig(topology.plan());
  EXPECT_THAT(message_of<TaskError>([&] { rig.start(); }),
              HasSubstr("failed to initialize processor p: Processor p cannot forward in init() or close()"));
}

TEST(ProcessorContext, IsThatOfTheRecordForwardedWhileItIsBelow) {
  std::vector<std::string> seen;
  Rig* running = nullptr;
  const auto note = [&](const std::string& where) {
    const RecordContext& record = running->task.record;
    const Header* last = record.headers->last("h");
    seen.push_back(where + " " + std::to_string(record.timestamp) + " " + (last != nullptr ? *last->value : "-"));
  };
  Shape shape;
  shape.source("src", {"in"});
  shape.topology.add_processor("p", scripted([&](auto& context, auto&& record) {
                                 note("p before");
                                 Record<Text, Text> changed = record;
                                 changed.timestamp = 50;
                                 changed.headers.add("h", "new");
                                 context.forward(std::move(changed));
                                 note("p between");
                                 context.forward(std::move(record));
                                 note("p after");
                               }),
                               {"src"});
  shape.topology.add_processor("q", scripted([&](auto&, auto&& record) {
                                 const Record<Text, Text> taken = std::move(record);
                                 note("q");
                               }),
                               {"p"});
  Rig rig(shape.plan());
  running = &rig;
  rig.start();
  rig.pipe("src", "k", "v", 7, {{"h", "old"}});
  note("outside");
  EXPECT_THAT(
      seen, ElementsAre("p before 7 old", "q 50 new", "p between 7 old", "q 7 old", "p after 7 old", "outside 7 old"));
}

TEST(ProcessorFailure, IsReportedOnceByTheNodeThatFailed) {
  Shape shape;
  shape.source("src", {"in"}).node("above", {"src"});
  shape.topology.add_processor("bad", scripted([](auto&, auto&&) { throw std::runtime_error("boom"); }), {"above"});
  Rig rig(shape.plan());
  rig.start();
  EXPECT_EQ(message_of<TaskError>([&] { rig.pipe("src", "k", "v", 3, {{"h", "1"}}); }), "failed in bad");
  EXPECT_THAT(rig.task.failures, ElementsAre(Failure{"bad", "boom", 3, {{"h", "1"}}}));
}

TEST(ProcessorFailure, LeavesTheNodesAboveRunningIfTheHandlerSaysContinue) {
  std::vector<std::string> after;
  Shape shape;
  shape.source("src", {"in"});
  shape.topology.add_processor("above", scripted([&](auto& context, auto&& record) {
                                 record.timestamp += 1;
                                 context.forward(std::move(record));
                                 after.push_back("went on");
                               }),
                               {"src"});
  shape.topology.add_processor("bad", scripted([](auto&, auto&&) { throw std::runtime_error("boom"); }), {"above"});
  shape.sink("k", "out", {"above"});
  Rig rig(shape.plan());
  rig.task.continue_after_failures = true;
  rig.start();
  rig.pipe("src", "k", "v", 3);
  EXPECT_THAT(rig.task.failures, ElementsAre(Failure{"bad", "boom", 4, {}}));
  EXPECT_THAT(after, ElementsAre("went on"));
  EXPECT_THAT(rig.task.sent, ElementsAre(Sent{"out", "k", "v", 4, {}, std::nullopt}));
}

struct FailsToStart final : Processor<Text, Text> {
  void init(Context& context) override { static_cast<void>(context.get_state_store<KeyValueStore<Text, Text>>("st")); }
  void process(Record<Text, Text>&&) override {}
  void close() override { throw std::runtime_error("stuck"); }
};

TEST(ProcessorFailure, InInitNamesTheProcessorAndKeepsTheCause) {
  const Topology topology = line([] { return std::make_unique<FailsToStart>(); });
  Rig rig(topology.plan());
  try {
    rig.start();
    FAIL() << "nothing was thrown";
  } catch (const TaskError& error) {
    EXPECT_STREQ(error.what(), "failed to initialize processor p: no store st for p");
    EXPECT_EQ(message_of<InvalidStateStore>([&] { std::rethrow_exception(error.cause); }), "no store st for p");
  }
}

TEST(ProcessorFailure, InCloseNamesTheProcessor) {
  const Topology topology = line([] { return std::make_unique<FailsToStart>(); });
  Rig rig(topology.plan());
  const StoreBuilder builder = text_store("st");
  const auto store = builder.spec().make(builder.spec());
  rig.task.stores["st"] = store.get();
  rig.start();
  EXPECT_EQ(message_of<TaskError>([&] { rig.close(); }), "failed to close processor p: stuck");
}

TEST(ProcessorStores, AreGivenByTheirInterfaceAndTypes) {
  const StoreBuilder builder = timestamped_key_value_store<Text, std::int64_t>("st");
  const auto store = builder.spec().make(builder.spec());
  std::string error;
  bool found = false;
  const Topology topology = line(scripted([&](auto& context, auto&&) {
    const auto& typed = context.template get_state_store<TimestampedKeyValueStore<Text, std::int64_t>>("st");
    const auto& read =
        context.template get_state_store<ReadOnlyKeyValueStore<Text, ValueAndTimestamp<std::int64_t>>>("st");
    found = static_cast<const void*>(&typed) != nullptr && &read == &typed;
    error = message_of<InvalidStateStore>(
        [&] { static_cast<void>(context.template get_state_store<KeyValueStore<Text, std::int64_t>>("st")); });
  }));
  Rig rig(topology.plan());
  rig.task.stores["st"] = store.get();
  rig.start();
  rig.pipe("src", "k", "v", 0);
  EXPECT_TRUE(found);
  EXPECT_THAT(error, HasSubstr("StateStore st of processor p is a streams::detail::TimestampedKeyValueShell<"));
  EXPECT_THAT(error, HasSubstr("not a streams::KeyValueStore<"));
}

struct Ticks final : Processor<Text, Text> {
  void init(Context& context) override {
    using std::chrono::seconds;
    const auto tick = [this, &context](Timestamp now) {
      const bool nowhere = !context.record_metadata();
      context.forward({"tick", nowhere ? Text("no metadata") : Text("metadata"), now, {}});
    };
    stream = context.schedule(seconds(1), PunctuationType::kStreamTime, tick);
    context.schedule(seconds(2), PunctuationType::kWallClockTime, tick, 500);
  }
  void process(Record<Text, Text>&&) override { stream->cancel(); }
  std::shared_ptr<Cancellable> stream;
};

TEST(Punctuation, RunsWithItsOwnTimeWithoutHeadersAndMetadata) {
  const Topology topology = line([] { return std::make_unique<Ticks>(); });
  Rig rig(topology.plan());
  rig.start();
  ASSERT_EQ(rig.task.scheduled.size(), 2u);
  const detail::Scheduled& stream = *rig.task.scheduled[0];
  const detail::Scheduled& wall = *rig.task.scheduled[1];
  EXPECT_EQ(stream.node, "p");
  EXPECT_EQ(stream.interval_ms, 1000);
  EXPECT_EQ(stream.type, PunctuationType::kStreamTime);
  EXPECT_EQ(stream.start, std::nullopt);
  EXPECT_EQ(wall.interval_ms, 2000);
  EXPECT_EQ(wall.type, PunctuationType::kWallClockTime);
  EXPECT_EQ(wall.start, 500);

  rig.pipe("src", "k", "v", 10, {{"h", "1"}});
  EXPECT_TRUE(stream.cancelled);
  EXPECT_FALSE(wall.cancelled);
  wall.callback(4000);
  EXPECT_THAT(rig.task.sent, ElementsAre(Sent{"out", "tick", "no metadata", 4000, {}, std::nullopt}));
  EXPECT_EQ(rig.task.record.timestamp, 10);
  EXPECT_EQ(rig.task.record.partition, 3);
}

TEST(Punctuation, NeedsAnIntervalAStartAndAFunction) {
  std::vector<std::string> errors;
  const Topology topology = line(scripted([&](auto& context, auto&&) {
    using std::chrono::milliseconds;
    const auto none = [](Timestamp) {};
    const auto type = PunctuationType::kStreamTime;
    errors.push_back(message_of<InvalidArgument>([&] { context.schedule(milliseconds(0), type, none); }));
    errors.push_back(message_of<InvalidArgument>([&] { context.schedule(milliseconds(1), type, none, -1); }));
    errors.push_back(message_of<NullArgument>([&] { context.schedule(milliseconds(1), type, nullptr); }));
  }));
  Rig rig(topology.plan());
  rig.start();
  rig.pipe("src", "k", "v", 0);
  EXPECT_THAT(errors,
              ElementsAre("The minimum supported scheduling interval is 1 millisecond.",
                          "The minimum supported start time is Instant.EPOCH.", "The punctuator of p cannot be null."));
}

/// Numbers the records of a key's text; sends the length on.
struct Lengths final : FixedKeyProcessor<Text, Text, std::int64_t> {
  void process(FixedKeyRecord<Text, Text>&& record) override {
    if (!record.value) return context().forward(std::move(record).with_value<std::int64_t>(std::nullopt));
    const auto length = static_cast<std::int64_t>(record.value->size());
    auto out = std::move(record).with_value(length);
    out.headers.add("key", out.key().value_or("null"));
    context().forward(out);
    out.timestamp = 99;
    context().forward(std::move(out), "k2");
  }
};

TEST(FixedKeyProcessor, ChangesAllButTheKey) {
  Shape shape;
  shape.source("src", {"in"});
  shape.topology.add_processor("p", [] { return std::make_unique<Lengths>(); }, {"src"});
  shape.topology.add_sink<Text, std::int64_t>("k1", "one", {"p"}).add_sink<Text, std::int64_t>("k2", "two", {"p"});
  Rig rig(shape.plan());
  rig.start();
  rig.pipe("src", "k", "abc", 5);
  const Bytes three("\0\0\0\0\0\0\0\3", 8);
  EXPECT_THAT(rig.task.sent, ElementsAre(Sent{"one", "k", three, 5, {{"key", "k"}}, std::nullopt},
                                         Sent{"two", "k", three, 5, {{"key", "k"}}, std::nullopt},
                                         Sent{"two", "k", three, 99, {{"key", "k"}}, std::nullopt}));
  rig.task.sent.clear();
  rig.pipe("src", std::nullopt, std::nullopt, 6);
  EXPECT_THAT(rig.task.sent, ElementsAre(Sent{"one", std::nullopt, std::nullopt, 6, {}, std::nullopt},
                                         Sent{"two", std::nullopt, std::nullopt, 6, {}, std::nullopt}));
}

/// Neither copyable nor default-constructible.
struct Ticket {
  explicit Ticket(int number_in) : number(std::make_unique<int>(number_in)) {}
  std::unique_ptr<int> number;
};
struct TicketSerde final : Serde<Ticket> {
  void serialize(std::string_view, const Ticket& ticket, Bytes& out) const override {
    out += std::to_string(*ticket.number);
  }
  Ticket deserialize(std::string_view, BytesView bytes) const override { return Ticket(std::stoi(std::string(bytes))); }
};
struct Stamp final : Processor<Text, Ticket> {
  void process(Record<Text, Ticket>&& record) override {
    ++*record.value->number;
    context().forward(std::move(record));
  }
};
struct StampFixed final : FixedKeyProcessor<Text, Ticket> {
  void process(FixedKeyRecord<Text, Ticket>&& record) override { context().forward(std::move(record)); }
};

TEST(Processor, HandlesValuesThatCanOnlyBeMoved) {
  const SerdePtr<Ticket> serde = std::make_shared<TicketSerde>();
  Topology topology;
  topology.add_source<Text, Ticket>("src", {"in"}, {.value_serde = serde});
  topology.add_processor("p", [] { return std::make_unique<Stamp>(); }, {"src"});
  topology.add_processor("q", [] { return std::make_unique<StampFixed>(); }, {"p"});
  topology.add_sink<Text, Ticket>("k", "out", {"q"}, {.value_serde = serde});
  Rig rig(topology.plan());
  rig.start();
  rig.pipe("src", "k", "41", 1);
  EXPECT_THAT(rig.task.sent, ElementsAre(Sent{"out", "k", "42", 1, {}, std::nullopt}));

  topology.add_sink<Text, Ticket>("k2", "out2", {"q"}, {.value_serde = serde});
  EXPECT_THAT(message_of<TopologyError>([&] { Rig second(topology.plan()); }),
              HasSubstr("q has several children, but its records cannot be copied"));
}

}  // namespace
}  // namespace streams
