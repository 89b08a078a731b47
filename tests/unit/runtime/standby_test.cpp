// Standby tasks turned by hand: they follow, take over, step back.
#include "test_processors.hpp"
#include "thread_fixture.hpp"

#include <streams/streams_builder.hpp>

namespace streams::runtime {
namespace {

using Strings = std::vector<std::string>;

/// Writes down what it is told.
class Told final : public StandbyListener {
 public:
  void on_start(const std::string& topic, std::int32_t partition, const std::string& store,
                std::int64_t start) override {
    lines.push_back(text("start ", topic, "-", partition, " ", store, " at ", start));
  }
  void on_batch(const std::string&, std::int32_t, const std::string&, std::int64_t next_offset, std::int64_t,
                std::int64_t end) override {
    next = next_offset;
    last_end = end;
  }
  void on_suspended(const std::string& topic, std::int32_t partition, const std::string& store,
                    std::int64_t next_offset, std::int64_t, Reason reason) override {
    lines.push_back(text(reason == Reason::kPromoted ? "promoted " : "migrated ", topic, "-", partition, " ", store,
                         " at ", next_offset));
  }
  Strings lines;
  std::int64_t next = -1, last_end = -1;
};

class StandbyTest : public StreamThreadTest {
 protected:
  StreamsConfig config(const std::string& directory, const std::string& guarantee = "at_least_once") {
    StreamsConfig out = StreamThreadTest::config(directory);
    out.set("num.standby.replicas", 1).set("processing.guarantee", guarantee);
    return out;
  }
  std::unique_ptr<Instance> instance(const Topology& topology, const StreamsConfig& config,
                                     std::shared_ptr<StandbyListener> listener = nullptr) {
    return std::make_unique<Instance>(clients(), clock_, topology, config, ++instances_, std::move(listener));
  }
  /// Turns them long enough for rebalances, commits and looks at the group.
  void turn(const std::vector<Instance*>& instances, int rounds = 60) {
    for (int i = 0; i < rounds; ++i) {
      clock_.advance(50);
      for (Instance* instance : instances) instance->turn();
    }
  }
  static Strings active(const Instance& of) {
    Strings out;
    for (const TaskMetadata& task : const_cast<Instance&>(of).thread().metadata().active_tasks) out.push_back(task.id);
    return out;
  }
  static Strings standby(const Instance& of) {
    Strings out;
    for (const TaskId task : const_cast<Instance&>(of).standby().tasks()) out.push_back(task.text());
    return out;
  }
};

/// "group {tag=value ...}: name ..." of an instance's standby tasks and their updater.
Strings listed(Instance& of, const std::string& level) {
  std::map<std::string, std::string> lists;
  for (const Metric& metric : of.registry().read(0)) {
    if (metric.name.tags.at("thread-id") != "app-StateUpdater-standby" || name_of(metric.level) != level) continue;
    std::string key = metric.name.group + " {";
    for (const auto& [tag, value] : metric.name.tags) {
      if (tag != "thread-id") key += (key.back() == '{' ? "" : " ") + tag + "=" + value;
    }
    lists[key + "}:"] += " " + metric.name.name;
  }
  Strings out;
  for (const auto& [key, names] : lists) out.push_back(key + names);
  return out;
}

TEST_F(StandbyTest, ListsItsMetricsAsLongAsItIsHere) {
  create("in", 2);
  create("out", 2);
  const Topology topology = count_per_key(StoreType::kInMemory);
  auto with = config("b");
  with.set("metrics.recording.level", "DEBUG");
  auto a = instance(topology, config("a"));
  auto b = instance(topology, with);
  turn({a.get(), b.get()});
  const std::string updater =
      "stream-state-updater-metrics {}: active-paused-tasks active-restore-ratio active-restoring-tasks "
      "checkpoint-ratio idle-ratio restore-call-rate restore-records-rate standby-paused-tasks standby-update-ratio "
      "standby-updating-tasks";
  const std::string task = active(*a).front();
  const std::string store = "stream-state-metrics {in-memory-state-id=counts task-id=" + task + "}:";
  EXPECT_THAT(listed(*b, "INFO"),
              testing::ElementsAre(store + " num-open-iterators oldest-iterator-open-since-ms", updater));
  EXPECT_THAT(
      listed(*b, "DEBUG"),
      testing::ElementsAre(testing::StartsWith(store + " all-latency-avg all-latency-max all-rate delete-latency-avg"),
                           "stream-task-metrics {task-id=" + task + "}: update-rate update-total"));
  for (int i = 0; i < 5; ++i) produce("in", "k", "x", i, task.back() - '0');
  turn({a.get(), b.get()});
  std::map<std::string, double> values;
  for (const Metric& metric : b->registry().read(clock_.now_ms())) {
    if (metric.name.tags.at("thread-id") != "app-StateUpdater-standby") continue;
    if (const auto* whole = std::get_if<std::int64_t>(&metric.value)) values[metric.name.name] = *whole;
    if (const auto* value = std::get_if<double>(&metric.value)) values[metric.name.name] = *value;
  }
  EXPECT_GE(values["update-total"], 1) << "updates of one key may have been cached together";
  EXPECT_GT(values["restore-records-rate"], 0);
  EXPECT_EQ(values["standby-updating-tasks"], 1);
  EXPECT_EQ(values["active-restoring-tasks"], 0);
  a->close();
  a.reset();
  turn({b.get()});
  EXPECT_EQ(listed(*b, "INFO"), Strings{updater}) << "the task is active now";
}

struct Case {
  StoreType store;
  std::string guarantee;
};

class StandbyTakeover : public StandbyTest, public testing::WithParamInterface<Case> {};

TEST_P(StandbyTakeover, NeedsNoRestoring) {
  create("in", 2);
  create("out", 2);
  const Topology topology = count_per_key(GetParam().store);
  auto a = instance(topology, config("a", GetParam().guarantee));
  const auto told = std::make_shared<Told>();
  auto b = instance(topology, config("b", GetParam().guarantee), told);
  turn({a.get(), b.get()});
  ASSERT_EQ(active(*a).size(), 1u);
  EXPECT_EQ(standby(*a), active(*b));
  EXPECT_EQ(standby(*b), active(*a));
  const std::int32_t of_a = active(*a).front().back() - '0';
  for (int i = 0; i < 5; ++i) produce("in", "k", "x", i, of_a);
  turn({a.get(), b.get()});
  EXPECT_GE(told->next, 5);
  a->close();
  a.reset();
  const std::size_t restored_before = logged("changelog records");
  produce("in", "k", "x", 5, of_a);
  turn({b.get()});
  EXPECT_EQ(logged("changelog records"), restored_before) << "nothing was left to restore";
  EXPECT_EQ(active(*b).size(), 2u);
  EXPECT_EQ(standby(*b), Strings{});
  EXPECT_THAT(read("out"), testing::Contains("k=6@5"));
  ASSERT_FALSE(told->lines.empty());
  EXPECT_EQ(told->lines.front(), text("start app-counts-changelog-", of_a, " counts at 0"));
  EXPECT_THAT(told->lines.back(), testing::StartsWith(text("promoted app-counts-changelog-", of_a, " counts at ")));
}

TEST_P(StandbyTakeover, LeavesAStandbyBehindThatGoesOn) {
  create("in", 2);
  create("out", 2);
  const Topology topology = count_per_key(GetParam().store);
  const auto told = std::make_shared<Told>();
  auto a = instance(topology, config("a", GetParam().guarantee), told);
  for (int i = 0; i < 5; ++i) {
    produce("in", "k", "x", i, 0);
    produce("in", "l", "x", i, 1);
  }
  turn({a.get()});
  ASSERT_EQ(active(*a).size(), 2u);
  auto b = instance(topology, config("b", GetParam().guarantee));
  turn({a.get(), b.get()});
  ASSERT_EQ(active(*b).size(), 1u);
  EXPECT_EQ(standby(*a), active(*b));
  ASSERT_EQ(told->lines.size(), 1u);
  EXPECT_THAT(told->lines[0], testing::Not(testing::EndsWith(" at 0"))) << "it had all of it";
  b->close();
  b.reset();
  const std::size_t restored_before = logged("changelog records");
  produce("in", "k", "x", 5, 0);
  produce("in", "l", "x", 5, 1);
  turn({a.get()});
  EXPECT_EQ(logged("changelog records"), restored_before);
  EXPECT_THAT(read("out"), testing::IsSupersetOf({"k=6@5", "l=6@5"}));
}

INSTANTIATE_TEST_SUITE_P(Stores, StandbyTakeover,
                         testing::Values(Case{StoreType::kRocksDb, "at_least_once"},
                                         Case{StoreType::kInMemory, "at_least_once"},
                                         Case{StoreType::kRocksDb, "exactly_once_v2"},
                                         Case{StoreType::kInMemory, "exactly_once_v2"}),
                         [](const auto& of) {
                           return std::string(of.param.store == StoreType::kRocksDb ? "RocksDb" : "InMemory") +
                                  (of.param.guarantee == "at_least_once" ? "AtLeastOnce" : "ExactlyOnce");
                         });

TEST_F(StandbyTest, SurvivesARestartWithWhatItHasWritten) {
  create("in", 2);
  create("out", 2);
  auto a = instance(count_per_key(), config("a"));
  auto b = instance(count_per_key(), config("b"));
  turn({a.get(), b.get()});
  const std::int32_t of_a = active(*a).front().back() - '0';
  for (int i = 0; i < 5; ++i) produce("in", "k", "x", i, of_a);
  turn({a.get(), b.get()});
  b->close();
  b.reset();
  turn({a.get()});
  const auto told = std::make_shared<Told>();
  b = instance(count_per_key(), config("b"), told);
  turn({a.get(), b.get()});
  ASSERT_FALSE(told->lines.empty());
  EXPECT_THAT(told->lines[0], testing::AnyOf(testing::EndsWith(" at 5"), testing::EndsWith(" at 0")));
  EXPECT_EQ(standby(*b), active(*a));
}

TEST_F(StandbyTest, StartsFromTheBeginningIfItsChangelogHasBeenCutOff) {
  create("in", 2);
  create("out", 2);
  create("app-counts-changelog", 2, {{"cleanup.policy", "compact,delete"}});
  auto a = instance(count_per_key(), config("a"));
  auto b = instance(count_per_key(), config("b"));
  turn({a.get(), b.get()});
  const std::int32_t of_a = active(*a).front().back() - '0';
  for (int i = 0; i < 5; ++i) produce("in", "k", "x", i, of_a);
  turn({a.get()});  // b does not read
  ASSERT_TRUE(clients().admin({})->delete_records({{{"app-counts-changelog", of_a}, 3, ""}}, 1000).ok());
  turn({a.get(), b.get()});
  EXPECT_EQ(logged("starts from the beginning"), 1u);
  EXPECT_EQ(standby(*b), active(*a));
}

TEST_F(StandbyTest, StopsWhereASourceTopicIsCommitted) {
  create("in", 2);
  create("out", 2);
  StreamsBuilder builder;
  builder.table<std::string, std::string>("in", Materialized<std::string, std::string>{.store_name = "table"})
      .to_stream()
      .to("out");
  const Topology topology = builder.build(Optimization::all());
  auto a = instance(topology, config("a"));
  const auto told = std::make_shared<Told>();
  auto b = instance(topology, config("b"), told);
  turn({a.get(), b.get()});
  ASSERT_EQ(active(*a).size(), 1u);
  const std::int32_t of_a = active(*a).front().back() - '0';
  for (int i = 0; i < 3; ++i) produce("in", "k", std::to_string(i), i, of_a);
  turn({a.get(), b.get()});
  EXPECT_EQ(told->next, 3);
  for (int i = 3; i < 6; ++i) produce("in", "k", std::to_string(i), i, of_a);
  for (int i = 0; i < 40; ++i) {  // a says only that it lives
    clock_.advance(50);
    b->turn();
  }
  EXPECT_EQ(told->next, 3) << "what is not committed may be read by another version of the task";
  turn({a.get(), b.get()});
  EXPECT_EQ(told->next, 6);
}

TEST_F(StandbyTest, WithoutReplicasThereAreNone) {
  create("in", 2);
  create("out", 2);
  StreamsConfig settings = config("a");
  settings.set("num.standby.replicas", 0);
  auto a = instance(count_per_key(), settings);
  turn({a.get()});
  const auto group = clients().admin({})->describe_group("app", 1000);
  ASSERT_EQ(group.value().members.size(), 1u);
  EXPECT_EQ(group.value().members[0].client_id, "app-StreamThread-1-consumer");
}

}  // namespace
}  // namespace streams::runtime
