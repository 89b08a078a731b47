// What a task commits: offsets, metadata, stores, changelogs; and what it finds again after a restart.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <runtime/commit_metadata.hpp>

#include <numeric>

#include "unit/runtime/task_rig.hpp"

namespace streams::runtime {
namespace {

using client::OffsetAndMetadata;
using client::PartitionStart;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// "topic:offset partition time" of each commit.
std::vector<std::string> show(const std::vector<OffsetAndMetadata>& offsets) {
  std::vector<std::string> out;
  for (const OffsetAndMetadata& offset : offsets) {
    out.push_back(
        text(offset.partition.topic, ":", offset.offset, " ", decode_commit_metadata(offset.metadata).partition_time));
  }
  return out;
}

TEST(TaskCommit, HasTheOffsetOfTheNextRecordThatIsNotProcessed) {
  TaskRig rig(pass_through());
  Task& task = rig.start();
  EXPECT_FALSE(task.commit_needed());
  EXPECT_THAT(rig.commit(), IsEmpty());
  // Offsets have gaps where control records or compacted ones were.
  task.add_records(0, batch({raw("a", "1", 10)}, 3));
  task.add_records(0, batch({raw("a", "2", 20)}, 7));
  task.set_position(0, 8);
  ASSERT_TRUE(task.process_one(0));
  EXPECT_TRUE(task.commit_needed());
  EXPECT_THAT(show(rig.commit()), ElementsAre("in:7 10"));
  EXPECT_FALSE(task.commit_needed());
  ASSERT_TRUE(task.process_one(0));
  EXPECT_THAT(show(rig.commit()), ElementsAre("in:8 20"));
}

TEST(TaskCommit, FollowsTheConsumerPastControlRecords) {
  TaskRig rig(pass_through());
  Task& task = rig.start();
  task.set_position(0, 5);
  EXPECT_FALSE(task.commit_needed());  // nothing was read yet
  task.add_records(0, batch({raw("a", "1", 10)}, 5));
  task.set_position(0, 6);
  rig.run();
  EXPECT_THAT(show(rig.commit()), ElementsAre("in:6 10"));
  task.set_position(0, 7);
  EXPECT_TRUE(task.commit_needed());
  EXPECT_THAT(show(rig.commit()), ElementsAre("in:7 10"));
  EXPECT_FALSE(task.commit_needed());
}

TEST(TaskCommit, LeavesOutInputsThatNothingWasReadFrom) {
  TaskRig rig(pass_through({"in", "more"}), {"in", "more"});
  rig.settings.max_task_idle_ms = -1;
  Task& task = rig.start();
  task.set_position(0, 4);
  task.add_records(1, batch({raw("b", "1", 3)}));
  rig.run();
  EXPECT_THAT(show(rig.commit()), ElementsAre("more:1 3"));
}

TEST(TaskCommit, CountsRecordsThatWereSkipped) {
  Topology topology;
  topology.add_source<Text, std::int64_t>("src", {"in"});
  topology.add_sink<Text, std::int64_t>("snk", "out", {"src"});
  TaskRig rig(std::move(topology));
  rig.settings.deserialization_handler = log_and_continue();
  rig.start().add_records(0, batch({raw("a", "no number", 10)}, 4));
  EXPECT_EQ(rig.run(), 1);
  EXPECT_THAT(show(rig.commit()), ElementsAre("in:5 -1"));
  EXPECT_EQ(rig.task->metrics().processed.value(), 0u);
}

TEST(TaskCommit, IsAskedForByProcessors) {
  TaskRig rig(line(processor([](auto&&, auto& context) { context.commit(); })));
  rig.start().add_records(0, batch({raw("a", "1", 10)}));
  EXPECT_FALSE(rig.task->commit_requested());
  rig.run();
  EXPECT_TRUE(rig.task->commit_requested());
  rig.commit();
  EXPECT_FALSE(rig.task->commit_requested());
}

TEST(TaskStart, TakesPartitionTimesFromTheLastCommit) {
  TaskRig rig(pass_through({"in", "more"}), {"in", "more"});
  rig.start({{{"in", 0}, 5, encode_commit_metadata(100, {})}, {{"more", 0}, 7, "no metadata"}, {{"x", 0}, 1, ""}});
  EXPECT_EQ(rig.task->partition_time(0), 100);
  EXPECT_EQ(rig.task->partition_time(1), -1);
  EXPECT_EQ(rig.task->stream_time(), 100);
}

/// Remembers a number in the commit metadata: the highest timestamp it has seen.
struct Remembering final : streams::detail::Node<Record<Text, Text>, Record<Text, Text>> {
  void on_record(Record<Text, Text>&& record) override {
    record.value = std::to_string(context().metadata("high").value_or(-1));
    context().set_metadata("high", record.timestamp);
    forward(std::move(record));
  }
};

TEST(TaskCommit, KeepsProcessorMetadataWithEveryInput) {
  Topology topology;
  auto plan = std::make_shared<streams::detail::TopologyPlan>();
  Topology made(plan);
  made.add_source<Text, Text>("src", {"in", "more"});
  plan->add_processor("p", [] { return std::make_unique<Remembering>(); }, {"src"});
  made.add_sink<Text, Text>("snk", "out", {"p"});
  TaskRig rig(made, {"in", "more"});
  rig.settings.max_task_idle_ms = -1;
  rig.start().set_position(0, 4);
  rig.task->add_records(1, batch({raw("b", "", 3)}));
  rig.run();
  const auto offsets = rig.commit();
  EXPECT_THAT(show(offsets), ElementsAre("in:4 -1", "more:1 3"));
  EXPECT_EQ(decode_commit_metadata(offsets[0].metadata).processors, (ProcessorMetadata{{"high", 3}}));
  rig.make();
  rig.start(offsets).add_records(0, batch({raw("b", "", 9)}, 4));
  rig.run();
  EXPECT_THAT(rig.output.take(), ElementsAre("out/0 b=-1@3", "out/0 b=3@9"));
}

/// Appends values to what is stored for the key; forwards the result.
Topology appending(const StoreBuilder& store) {
  Topology topology;
  topology.add_source<Text, Text>("src", {"in"});
  struct Append final : Processor<Text, Text> {
    void init(Context& context) override {
      rows = &context.template get_state_store<KeyValueStore<Text, Text>>("rows");
    }
    void process(Record<Text, Text>&& record) override {
      if (record.value) record.value = rows->get(*record.key).value_or("") + *record.value;
      rows->put(*record.key, record.value);
      context().forward(std::move(record));
    }
    KeyValueStore<Text, Text>* rows = nullptr;
  };
  topology.add_processor("p", [] { return std::make_unique<Append>(); }, {"src"});
  topology.add_state_store(store, {"p"});
  topology.add_sink<Text, Text>("snk", "out", {"p"});
  return topology;
}

StoreBuilder rows_store(StoreOptions<Text, Text> options = {}) { return key_value_store<Text, Text>("rows", options); }

Text row(TaskRig& rig, const Text& key) {
  return dynamic_cast<KeyValueStore<Text, Text>&>(*rig.task->store("rows")).get(key).value_or("none");
}

TEST(TaskStores, WriteTheirChangelogAndTheirDatabase) {
  TaskRig rig(appending(rows_store()));
  rig.start().add_records(0, batch({raw("a", "1", 10, {{"h", "x"}}), raw("a", "2", 20), raw("a", std::nullopt, 30)}));
  rig.run();
  EXPECT_THAT(rig.output.take(),
              ElementsAre("app-rows-changelog/0 a=1@10", "out/0 a=1@10 {h=x}", "app-rows-changelog/0 a=12@20",
                          "out/0 a=12@20", "app-rows-changelog/0 a=~@30", "out/0 a=~@30"));
  EXPECT_EQ(rig.task->metrics().logged.value(), 3u);
  EXPECT_TRUE(rig.services.persistent->offsets().empty());
  EXPECT_GT(rig.task->uncommitted_bytes(), 0u);
  rig.commit();
  EXPECT_EQ(rig.services.persistent->offsets(), (std::map<std::string, std::int64_t>{{"app-rows-changelog-0", 2}}));
  EXPECT_EQ(rig.task->uncommitted_bytes(), 0u);
  EXPECT_EQ(rig.task->store("nothing"), nullptr);
}

TEST(TaskStores, AreThereAgainInANewTaskOverTheSameDatabase) {
  TaskRig rig(appending(rows_store()));
  rig.start().add_records(0, batch({raw("a", "1", 10)}));
  rig.run();
  rig.commit();
  rig.task->close(true);
  rig.make();
  ASSERT_EQ(rig.task->changelogs().size(), 1u);
  EXPECT_EQ(rig.task->changelogs()[0].store, "rows");
  EXPECT_EQ(rig.task->changelogs()[0].partition, (client::TopicPartition{"app-rows-changelog", 0}));
  EXPECT_EQ(rig.task->changelogs()[0].next_offset, 1);
  EXPECT_FALSE(rig.task->changelogs()[0].is_source_topic);
  rig.start();
  EXPECT_EQ(row(rig, "a"), "1");
}

TEST(TaskStores, ForgetWhatWasNotCommittedWhenTheTaskIsClosedDirty) {
  TaskRig rig(appending(rows_store()));
  rig.start().add_records(0, batch({raw("a", "1", 10)}));
  rig.run();
  rig.commit();
  rig.task->add_records(0, batch({raw("a", "2", 20), raw("b", "1", 20)}, 1));
  rig.run();
  EXPECT_EQ(row(rig, "a"), "12");
  rig.task->close(false);
  rig.make();
  rig.start();
  EXPECT_EQ(row(rig, "a"), "1");
  EXPECT_EQ(row(rig, "b"), "none");
}

TEST(TaskStores, AreRestoredFromTheirChangelogs) {
  TaskRig rig(appending(rows_store({.type = StoreType::kInMemory})));
  rig.make();
  EXPECT_EQ(rig.task->changelogs()[0].next_offset, PartitionStart::kEarliest);
  rig.task->restore(0,
                    *batch({raw("a", "1", 10), raw("b", "2", 20), raw("a", "3", 30), raw("b", std::nullopt, 40)}, 5));
  EXPECT_EQ(rig.task->changelogs()[0].next_offset, 9);
  rig.task->restored_to(0, 12);
  EXPECT_TRUE(rig.task->checkpoint().ok());
  EXPECT_EQ(rig.services.in_memory->offsets(), (std::map<std::string, std::int64_t>{{"app-rows-changelog-0", 11}}));
  EXPECT_EQ(rig.task->metrics().restored.value(), 4u);
  rig.start();
  EXPECT_EQ(row(rig, "a"), "3");
  EXPECT_EQ(row(rig, "b"), "none");
  EXPECT_THAT(rig.output.take(), IsEmpty());
}

/// Keeps every value of a key and time; forwards how many there are.
Topology keeping_duplicates() {
  Topology topology;
  topology.add_source<Text, Text>("src", {"in"});
  struct Keep final : Processor<Text, Text> {
    void init(Context& context) override { rows = &context.get_state_store<WindowStore<Text, Text>>("rows"); }
    void process(Record<Text, Text>&& record) override {
      rows->put(*record.key, *record.value, record.timestamp);
      Text all;
      for (const auto& [time, value] : rows->fetch(*record.key, record.timestamp, record.timestamp)) all += value;
      record.value = all;
      context().forward(std::move(record));
    }
    WindowStore<Text, Text>* rows = nullptr;
  };
  topology.add_processor("p", [] { return std::make_unique<Keep>(); }, {"src"});
  topology.add_state_store(
      window_store<Text, Text>("rows",
                               {.retention = Millis(3600000), .window_size = Millis(60000), .retain_duplicates = true}),
      {"p"});
  topology.add_sink<Text, Text>("snk", "out", {"p"});
  return topology;
}

TEST(TaskStores, OverwriteNoDuplicateThatWasRestoredThoughATransactionWasAborted) {
  const Text suffix = Text("\0\0\0\0\0\0\0\x0a\0\0\0\x01", 12);  // time 10, the first duplicate
  TaskRig rig(keeping_duplicates());
  rig.make();
  rig.task->restore(0, *batch({raw("a" + suffix, "1", 10)}));
  rig.task->restored_to(0, 1);
  ASSERT_TRUE(rig.task->checkpoint().ok());
  rig.task->close(false);
  rig.make();
  rig.start().add_records(0, batch({raw("a", "2", 10)}));
  rig.run();
  EXPECT_THAT(rig.output.take(), ::testing::Contains("out/0 a=12@10"));
}

TEST(TaskStores, WithoutLoggingHaveNoChangelog) {
  TaskRig rig(appending(rows_store({.logging = false})));
  rig.start().add_records(0, batch({raw("a", "1", 10)}));
  EXPECT_THAT(rig.task->changelogs(), IsEmpty());
  rig.run();
  rig.commit();
  EXPECT_THAT(rig.output.take(), ElementsAre("out/0 a=1@10"));
  EXPECT_TRUE(rig.services.persistent->offsets().empty());
}

TEST(TaskStores, WithCachingAreWrittenAtTheCommit) {
  TaskRig rig(appending(rows_store({.caching = true})));
  rig.services.cache = state::make_record_cache(1'000'000);
  rig.start().add_records(0, batch({raw("a", "1", 10), raw("a", "2", 20)}));
  rig.run();
  EXPECT_THAT(rig.output.take(), ElementsAre("out/0 a=1@10", "out/0 a=12@20"));
  rig.commit();
  EXPECT_THAT(rig.output.take(), ElementsAre("app-rows-changelog/0 a=12@20"));
  EXPECT_EQ(row(rig, "a"), "12");
  // Without a cache to share there is no caching.
  TaskRig bare(appending(rows_store({.caching = true})));
  bare.start().add_records(0, batch({raw("a", "1", 10)}));
  bare.run();
  EXPECT_THAT(bare.output.take(), ElementsAre("app-rows-changelog/0 a=1@10", "out/0 a=1@10"));
}

TEST(TaskStores, DropTheCacheOfATaskThatIsClosedDirty) {
  TaskRig rig(appending(rows_store({.caching = true})));
  rig.services.cache = state::make_record_cache(1'000'000);
  rig.start().add_records(0, batch({raw("a", "1", 10)}));
  rig.run();
  rig.task->close(false);
  rig.make();
  rig.start();
  EXPECT_EQ(row(rig, "a"), "none");
}

TEST(TaskStores, MayUseASourceTopicAsChangelog) {
  auto plan = std::make_shared<streams::detail::TopologyPlan>();
  Topology topology(plan);
  topology.add_source<Text, Text>("src", {"in"});
  struct Put final : Processor<Text, Text, void, void> {
    void init(Context& context) override {
      rows = &context.template get_state_store<KeyValueStore<Text, Text>>("rows");
    }
    void process(Record<Text, Text>&& record) override { rows->put(*record.key, record.value); }
    KeyValueStore<Text, Text>* rows = nullptr;
  };
  topology.add_processor("p", [] { return std::make_unique<Put>(); }, {"src"});
  topology.add_state_store(rows_store(), {"p"});
  plan->reuse_as_changelog("rows", "in");
  TaskRig rig(topology);
  rig.make();
  EXPECT_TRUE(rig.task->changelogs()[0].is_source_topic);
  EXPECT_EQ(rig.task->changelogs()[0].partition, (client::TopicPartition{"in", 0}));
  rig.start().add_records(0, batch({raw("a", "1", 10), raw("b", "2", 20)}, 6));
  ASSERT_TRUE(rig.task->process_one(0));
  rig.commit();
  EXPECT_EQ(rig.services.persistent->offsets(), (std::map<std::string, std::int64_t>{{"in-0", 6}}));
  EXPECT_THAT(rig.output.take(), IsEmpty());
}

/// A store of the user's own that keeps a sum in itself.
struct SumStore final : StateStore {
  void open(streams::detail::StoreHost& host_in) override { host = &host_in; }
  void restore(BytesView, OptionalView value, Timestamp, const Headers&) override { sum = std::stoi(Text(*value)); }
  void flush() override {
    if (sum != 0) host->log(spec, "sum", std::to_string(sum), -1, {});
  }
  streams::detail::StoreHost* host = nullptr;
  streams::detail::StoreSpec spec;
  int sum = 0;
};

Topology summing() {
  streams::detail::StoreSpec spec;
  spec.name = "sum";
  spec.kind = streams::detail::StoreKind::kOther;
  spec.persistent = false;
  spec.make = [](const streams::detail::StoreSpec& of) {
    auto out = std::make_unique<SumStore>();
    out->spec = of;
    return out;
  };
  struct Add final : Processor<Text, Text, void, void> {
    void init(Context& context) override { store = &context.template get_state_store<SumStore>("sum"); }
    void process(Record<Text, Text>&& record) override { store->sum += std::stoi(*record.value); }
    SumStore* store = nullptr;
  };
  Topology topology;
  topology.add_source<Text, Text>("src", {"in"});
  topology.add_processor("p", [] { return std::make_unique<Add>(); }, {"src"});
  topology.add_state_store(StoreBuilder(spec), {"p"});
  return topology;
}

TEST(TaskStores, ThatKeepTheirRowsToThemselvesAreRestoredFromTheBeginning) {
  TaskRig rig(summing());
  rig.start().add_records(0, batch({raw("a", "3", 10), raw("a", "4", 11)}));
  rig.run();
  rig.commit();
  EXPECT_THAT(rig.output.take(), ElementsAre("app-sum-changelog/0 sum=7@-1"));
  rig.task->close(true);
  rig.make();
  EXPECT_EQ(rig.task->changelogs()[0].next_offset, PartitionStart::kEarliest);
  rig.task->restore(0, *batch({raw("sum", "7", -1)}));
  rig.start();
  EXPECT_EQ(dynamic_cast<SumStore&>(*rig.task->store("sum")).sum, 7);
}

TEST(TaskStores, AFlushThatFailsNamesTheStoreAndFlushesTheOthers) {
  struct Flushing final : StateStore {
    explicit Flushing(std::vector<int>& log_in, int id_in) : log(log_in), id(id_in) {}
    void open(streams::detail::StoreHost&) override {}
    void restore(BytesView, OptionalView, Timestamp, const Headers&) override {}
    void flush() override {
      log.push_back(id);
      if (id == 1) throw std::runtime_error("disk gone");
    }
    std::vector<int>& log;
    int id;
  };
  std::vector<int> log;
  Topology topology = pass_through();
  topology.add_state_store(custom_store("s1", [&] { return std::make_unique<Flushing>(log, 1); }), {"p"});
  topology.add_state_store(custom_store("s2", [&] { return std::make_unique<Flushing>(log, 2); }), {"p"});
  TaskRig rig(std::move(topology));
  rig.start().add_records(0, batch({raw("a", "1", 10)}));
  rig.run();
  EXPECT_THAT(thrown([&] { rig.task->prepare_commit(); }),
              AllOf(HasSubstr("Failed to flush state store s1"), HasSubstr("disk gone")));
  EXPECT_THAT(log, ElementsAre(1, 2));
}

TEST(TaskStores, NeedTheirDatabase) {
  TaskRig rig(appending(rows_store()));
  rig.services.persistent = nullptr;
  EXPECT_THAT(thrown([&] { rig.make(); }), AllOf(HasSubstr("no persistent state database"), HasSubstr("rows")));
}

TEST(StoreFamilies, AreTheStoresOfASubTopologyByDatabase) {
  Topology topology = appending(rows_store());
  topology.add_source<Text, Text>("src2", {"in2"});
  topology.add_processor("p2", processor([](auto&&, auto&) {}), {"src2"});
  topology.add_state_store(key_value_store<Text, Text>("mem", {.type = StoreType::kInMemory}), {"p2"});
  EXPECT_THAT(store_families(topology.plan(), 0, true), ElementsAre("rows"));
  EXPECT_THAT(store_families(topology.plan(), 0, false), IsEmpty());
  EXPECT_THAT(store_families(topology.plan(), 1, false), ElementsAre("mem"));
  EXPECT_THAT(store_families(topology.plan(), std::nullopt, true), ElementsAre("rows"));
}

}  // namespace
}  // namespace streams::runtime
