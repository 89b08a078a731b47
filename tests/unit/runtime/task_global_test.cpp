// The task of global stores: filling them, reading them from other tasks and threads, finding them again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <runtime/task_global.hpp>

#include <atomic>
#include <thread>

#include "unit/runtime/task_rig.hpp"

namespace streams::runtime {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using TextStore = KeyValueStore<Text, Text>;

struct Fill final : Processor<Text, Text, void, void> {
  void init(Context& context) override { rows = &context.template get_state_store<TextStore>("names"); }
  void process(Record<Text, Text>&& record) override {
    if (record.value == "fail") throw std::out_of_range("refused");
    rows->put(*record.key, record.value);
  }
  TextStore* rows = nullptr;
};

/// A global store "names" from topic "people", and a stream that looks its values up there.
Topology looking_up(StoreType type = StoreType::kRocksDb) {
  struct LookUp final : Processor<Text, Text> {
    void init(Context& context) override { names = &context.template get_state_store<TextStore>("names"); }
    void process(Record<Text, Text>&& record) override {
      record.value = names->get(*record.value).value_or("?");
      context().forward(std::move(record));
    }
    TextStore* names = nullptr;
  };
  Topology topology = line([] { return std::make_unique<LookUp>(); });
  topology.add_global_store<Text, Text>(key_value_store<Text, Text>("names", {.type = type}), "gsrc", "people", "fill",
                                        [] { return std::make_unique<Fill>(); });
  return topology;
}

struct Fixture {
  explicit Fixture(StoreType type = StoreType::kRocksDb) : rig(looking_up(type)) {
    services = rig.services;
    services.persistent = state::make_in_memory(GlobalTask::store_families(rig.topology.plan(), true));
    services.in_memory = state::make_in_memory(GlobalTask::store_families(rig.topology.plan(), false));
    make();
  }
  void make() {
    global = std::make_unique<GlobalTask>(rig.topology.plan(), rig.settings, services);
    global->open();
    rig.services.globals = global.get();
  }
  void update(std::vector<RawTestRecord> records, std::int64_t first_offset = 0, std::int32_t partition = 0) {
    global->update({"people", partition}, *batch(std::move(records), first_offset));
  }

  TaskRig rig;
  TaskServices services;
  std::unique_ptr<GlobalTask> global;
};

TEST(GlobalTask, FillsStoresThatOtherTasksRead) {
  Fixture fixture;
  EXPECT_THAT(fixture.global->topics(), ElementsAre("people"));
  fixture.update({raw("1", "Ada", 10), raw("2", "Bo", 11)});
  Task& task = fixture.rig.start();
  task.add_records(0, batch({raw("x", "1", 1), raw("x", "3", 2)}));
  fixture.rig.run();
  fixture.update({raw("3", "Cy", 12)}, 2);
  task.add_records(0, batch({raw("x", "3", 3)}, 2));
  fixture.rig.run();
  EXPECT_THAT(fixture.rig.output.sent, ElementsAre("out/0 x=Ada@1", "out/0 x=?@2", "out/0 x=Cy@3"));
  EXPECT_EQ(fixture.global->metrics().processed.value(), 3u);
}

TEST(GlobalTask, ViewsAreReadOnlyAndKeepTheirRowsWhileTheyAreWalked) {
  Fixture fixture;
  fixture.update({raw("1", "Ada", 10), raw("2", "Bo", 11)});
  const auto view = fixture.global->view("names");
  auto& names = dynamic_cast<TextStore&>(*view);
  EXPECT_THROW(names.put("1", "Eve"), InvalidStateStore);
  std::vector<Text> seen;
  for (auto&& [key, value] : names.all()) {
    if (seen.empty()) fixture.update({raw("2", std::nullopt, 12), raw("3", "Cy", 13)}, 2);
    seen.push_back(key + "=" + value);
  }
  EXPECT_THAT(seen, ElementsAre("1=Ada", "2=Bo"));
  EXPECT_EQ(names.get("2"), std::nullopt);
  EXPECT_EQ(fixture.global->view("unknown"), nullptr);
}

TEST(GlobalTask, GoesOnWhereItsCheckpointIs) {
  Fixture fixture;
  EXPECT_EQ(fixture.global->next_offset({"people", 0}), client::PartitionStart::kEarliest);
  fixture.update({raw("1", "Ada", 10), raw("2", "Bo", 11)}, 5);
  fixture.update({raw("7", "Gus", 10)}, 2, 11);
  ASSERT_TRUE(fixture.global->checkpoint().ok());
  fixture.update({raw("1", "lost", 12)}, 7);
  fixture.global->close();
  fixture.services.persistent->discard();
  fixture.make();
  EXPECT_EQ(fixture.global->next_offset({"people", 0}), 7);
  EXPECT_EQ(fixture.global->next_offset({"people", 11}), 3);
  EXPECT_EQ(fixture.global->next_offset({"people", 1}), client::PartitionStart::kEarliest);
  EXPECT_EQ(dynamic_cast<TextStore&>(*fixture.global->store("names")).get("1"), "Ada");
}

TEST(GlobalTask, SkipsOrFailsAsTheHandlersSay) {
  Fixture fixture;
  EXPECT_THAT(
      thrown([&] { fixture.update({raw("1", "fail", 10)}, 8); }),
      AllOf(HasSubstr("processor=fill"), HasSubstr("topic=people"), HasSubstr("offset=8"), HasSubstr("refused")));
  fixture.rig.settings.processing_handler = log_and_continue();
  fixture.make();
  fixture.update({raw("1", "fail", 10), raw("1", "Ada", 11)}, 8);
  EXPECT_EQ(fixture.global->metrics().dropped.value(), 1u);
  EXPECT_EQ(dynamic_cast<TextStore&>(*fixture.global->store("names")).get("1"), "Ada");
  EXPECT_THROW(fixture.global->update({"strange", 0}, *batch({raw("1", "x", 1)})), InvalidArgument);
}

TEST(GlobalTask, IsReadByOtherThreadsWhileItIsFilled) {
  Fixture fixture(StoreType::kInMemory);
  std::atomic<bool> done{false};
  std::atomic<int> wrong{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&] {
      const auto view = fixture.global->view("names");
      auto& names = dynamic_cast<TextStore&>(*view);
      while (!done) {
        if (const auto value = names.get("7"); value && *value != "name 7") ++wrong;
        for (auto&& [key, value] : names.all()) wrong += value != "name " + key;
      }
    });
  }
  for (int i = 0; i < 300; ++i) {
    const Text key = std::to_string(i % 10);
    fixture.update({raw(key, "name " + key, i)}, i);
    if (i % 10 == 9) wrong += !fixture.global->checkpoint().ok();
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace streams::runtime
