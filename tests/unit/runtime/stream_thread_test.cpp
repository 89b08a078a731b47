// Stream threads turned by hand: processing, committing, restarting.
#include "thread_fixture.hpp"

#include <streams/processor.hpp>

namespace streams::runtime {
namespace {

using Strings = std::vector<std::string>;

/// Forwards what a function keeps.
class KeepShort final : public Processor<std::string, std::string> {
 public:
  void process(Record<std::string, std::string>&& record) override {
    if (record.value && record.value->size() < 3) context().forward(std::move(record));
  }
};

/// Counts records per key in a store and forwards the counts.
class CountPerKey final : public Processor<std::string, std::string> {
 public:
  explicit CountPerKey(std::string store) : store_name_(std::move(store)) {}
  void init(Context& context) override {
    Processor::init(context);
    store_ = &context.get_state_store<KeyValueStore<std::string, std::string>>(store_name_);
  }
  void process(Record<std::string, std::string>&& record) override {
    const int count = std::stoi(store_->get(*record.key).value_or("0")) + 1;
    store_->put(*record.key, std::to_string(count));
    record.value = std::to_string(count);
    context().forward(std::move(record));
  }

 private:
  std::string store_name_;
  KeyValueStore<std::string, std::string>* store_ = nullptr;
};

Topology keep_short() {
  Topology topology;
  topology.add_source<std::string, std::string>("source", {"in"});
  topology.add_processor("keep", [] { return std::make_unique<KeepShort>(); }, {"source"});
  topology.add_sink<std::string, std::string>("sink", "out", {"keep"});
  return topology;
}

Topology count(StoreType type = StoreType::kRocksDb) {
  Topology topology;
  topology.add_source<std::string, std::string>("source", {"in"});
  topology.add_processor("count", [] { return std::make_unique<CountPerKey>("counts"); }, {"source"});
  topology.add_sink<std::string, std::string>("sink", "out", {"count"});
  topology.add_state_store(key_value_store<std::string, std::string>("counts", {.type = type}), {"count"});
  return topology;
}

TEST_F(StreamThreadTest, RunsRecordsThroughAStatelessTopology) {
  create("in", 2);
  create("out", 2);
  const auto app = instance(keep_short(), config());
  produce("in", "a", "1", 10, 0);
  produce("in", "b", "too long", 20, 1);
  produce("in", "c", "2", 30, 1);
  app->settle();
  commit(*app);
  EXPECT_THAT(read("out"), testing::UnorderedElementsAre("a=1@10", "c=2@30"));
  EXPECT_EQ(app->states, (Strings{"STARTING", "PARTITIONS_ASSIGNED", "RUNNING"}));
}

TEST_F(StreamThreadTest, GoesOnWhereItsPredecessorCommitted) {
  create("in");
  create("out");
  produce("in", "a", "1");
  {
    const auto app = instance(keep_short(), config());
    app->settle();
    app->close();
  }
  produce("in", "a", "2");
  const auto app = instance(keep_short(), config());
  app->settle();
  EXPECT_EQ(read("out"), (Strings{"a=1@0", "a=2@0"}));
}

TEST_F(StreamThreadTest, KeepsStateOverARestart) {
  create("in");
  create("out");
  produce("in", "a", "x");
  produce("in", "a", "x");
  {
    const auto app = instance(count(), config());
    app->settle();
    app->close();
  }
  produce("in", "a", "x");
  const auto app = instance(count(), config());
  app->settle();
  commit(*app);
  EXPECT_EQ(read("out"), (Strings{"a=1@0", "a=2@0", "a=3@0"}));
  EXPECT_EQ(read("app-counts-changelog"), (Strings{"a=1@0", "a=2@0", "a=3@0"}));
}

TEST_F(StreamThreadTest, RestoresStateFromTheChangelogOnAnotherMachine) {
  create("in");
  create("out");
  produce("in", "a", "x");
  produce("in", "b", "x");
  produce("in", "a", "x");
  {
    const auto app = instance(count(), config("machine-1"));
    app->settle();
    app->close();
  }
  produce("in", "a", "x");
  const auto app = instance(count(), config("machine-2"));
  app->settle();
  commit(*app);
  EXPECT_EQ(read("out"), (Strings{"a=1@0", "b=1@0", "a=2@0", "a=3@0"}));
}

}  // namespace
}  // namespace streams::runtime
