// Restoring: from changelogs, from source topics, after truncation, beside running tasks.
#include "test_processors.hpp"
#include "thread_fixture.hpp"

#include <streams/streams_builder.hpp>

namespace streams::runtime {
namespace {

using Strings = std::vector<std::string>;

class RestoreTest : public StreamThreadTest {
 protected:
  void run_once(const Topology& topology, const StreamsConfig& with) {
    const auto app = instance(topology, with);
    app->settle();
    commit(*app);
    app->close();
  }
  void delete_before(const std::string& topic, std::int64_t offset) {
    const auto admin = cluster_.clients().admin({});
    ASSERT_TRUE(admin->delete_records({{{topic, 0}, offset, {}}}, 1000).ok());
  }
};

TEST_F(RestoreTest, RestoresStoresInMemoryAtEveryStart) {
  create("in");
  create("out");
  for (int i = 1; i <= 3; ++i) {
    produce("in", "a", "x");
    run_once(count_per_key(StoreType::kInMemory), config());
  }
  EXPECT_EQ(read("out"), (Strings{"a=1@0", "a=2@0", "a=3@0"}));
}

TEST_F(RestoreTest, SaysHowFastItGoesAndHowLongItWillTake) {
  create("in");
  create("out");
  for (int i = 0; i < 6000; ++i) produce("in", std::to_string(i), "x");
  run_once(count_per_key(StoreType::kInMemory), config());
  const auto app = instance(count_per_key(StoreType::kInMemory), config());
  for (int i = 0; i < 8; ++i) {
    clock_.advance(10000);
    app->thread().run_once(0);
  }
  EXPECT_GE(logged("restored 4000 records (400 per second), up to 2000 remain, which takes about 5 s"), 1u);
}

/// "name=value" of a group's metrics that are numbers.
std::map<std::string, double> numbers(Instance& app, const std::string& group, Timestamp now_ms) {
  std::map<std::string, double> out;
  for (const Metric& metric : app.registry().read(now_ms)) {
    if (metric.name.group != group) continue;
    EXPECT_TRUE(metric.name.tags.at("thread-id").starts_with("app-St")) << metric.name.name;
    if (const auto* whole = std::get_if<std::int64_t>(&metric.value))
      out[metric.name.name] = static_cast<double>(*whole);
    if (const auto* value = std::get_if<double>(&metric.value)) out[metric.name.name] = *value;
  }
  return out;
}

TEST_F(RestoreTest, ShowsWhatIsRestoredAndWhatRemains) {
  create("in");
  create("out");
  for (int i = 0; i < 6000; ++i) produce("in", std::to_string(i), "x");
  run_once(count_per_key(StoreType::kInMemory), config());
  auto with = config();
  with.set("metrics.recording.level", "DEBUG");
  const auto app = instance(count_per_key(StoreType::kInMemory), with);
  const std::string updater = "stream-state-updater-metrics", task = "stream-task-metrics";
  for (int i = 0; i < 100 && numbers(*app, task, clock_.now_ms())["restore-total"] == 0; ++i) app->thread().run_once(0);
  auto tasks = numbers(*app, task, clock_.now_ms());
  const double restored = tasks["restore-total"];
  EXPECT_GT(restored, 0);
  EXPECT_EQ(tasks["restore-remaining-records-total"], 6000 - restored);
  auto updaters = numbers(*app, updater, clock_.now_ms());
  EXPECT_EQ(updaters["active-restoring-tasks"], 1);
  EXPECT_EQ(updaters["standby-updating-tasks"], 0);
  EXPECT_EQ(updaters["restore-records-rate"], restored / 30);
  EXPECT_GT(updaters["restore-call-rate"], 0);
  app->settle();
  tasks = numbers(*app, task, clock_.now_ms());
  EXPECT_EQ(tasks["restore-total"], 6000);
  EXPECT_EQ(tasks["restore-remaining-records-total"], 0);
  updaters = numbers(*app, updater, clock_.now_ms());
  EXPECT_EQ(updaters["active-restoring-tasks"], 0);
  EXPECT_EQ(updaters["restore-records-rate"], 6000.0 / 30);
  app->close();
  EXPECT_EQ(numbers(*app, updater, clock_.now_ms()).size(), 0u);
}

TEST_F(RestoreTest, ReadsOnlyWhatIsMissing) {
  create("in");
  create("out");
  produce("in", "a", "x");
  run_once(count_per_key(), config());
  produce("in", "a", "x");
  run_once(count_per_key(), config());
  EXPECT_EQ(logged(" records in "), 0u) << "the state on disk is complete";
}

TEST_F(RestoreTest, StartsFromTheBeginningWhereTheChangelogNoLongerHasWhatIsMissing) {
  create("in");
  create("out");
  create("app-counts-changelog", 1, {{"cleanup.policy", "compact,delete"}});
  produce("in", "a", "x");
  run_once(count_per_key(), config("a"));
  produce("in", "b", "x");
  produce("in", "b", "x");
  run_once(count_per_key(), config("b"));  // the state in a is now behind
  delete_before("app-counts-changelog", 2);
  produce("in", "b", "x");
  produce("in", "a", "x");
  run_once(count_per_key(), config("a"));
  EXPECT_EQ(logged("is restored from the beginning"), 1u);
  EXPECT_EQ(read("out"), (Strings{"a=1@0", "b=1@0", "b=2@0", "b=3@0", "a=1@0"}))
      << "the row of a was deleted from the changelog";
}

TEST_F(RestoreTest, StartsFromTheBeginningWhereTheChangelogWasMadeAnew) {
  create("in");
  create("out");
  produce("in", "a", "x");
  produce("in", "a", "x");
  run_once(count_per_key(), config());
  ASSERT_TRUE(cluster_.delete_topic("app-counts-changelog").ok());
  produce("in", "a", "x");
  run_once(count_per_key(), config());
  EXPECT_EQ(read("out"), (Strings{"a=1@0", "a=2@0", "a=1@0"}));
}

TEST_F(RestoreTest, UsesASourceTopicAsChangelogUpToTheCommittedOffset) {
  create("table");
  create("stream");
  create("out");
  StreamsBuilder builder;
  const auto table =
      builder.table<std::string, std::string>("table", Materialized<std::string, std::string>{.store_name = "t"});
  builder.stream<std::string, std::string>("stream")
      .join(table, [](const std::string& l, const std::string& r) { return l + r; })
      .to("out");
  const Topology topology = builder.build(Optimization::all());
  produce("table", "a", "A", 1);
  run_once(topology, config("a"));
  produce("table", "a", "B", 5);
  produce("stream", "a", "x", 3);
  produce("stream", "a", "y", 7);
  run_once(topology, config("b"));
  EXPECT_EQ(read("out"), (Strings{"a=xA@3", "a=yB@7"}))
      << "the row is read when its time has come, not restored before";
  EXPECT_FALSE(cluster_.topics().contains("app-t-changelog"));
}

TEST_F(RestoreTest, SaysWhichRecordOfWhichChangelogAStoreCannotTake) {
  create("in");
  create("app-counts-changelog");
  produce("app-counts-changelog", "short", "v");
  StreamsBuilder builder;
  builder.stream<std::string, std::string>("in")
      .group_by_key()
      .windowed_by(TimeWindows::of_size_with_no_grace(std::chrono::seconds(1)))
      .count(Materialized<std::string, std::int64_t>{.store_name = "counts"});
  const auto app = instance(builder.build(), config());
  std::string message;
  try {
    app->settle();
  } catch (const StreamsError& error) {
    message = error.what();
  }
  EXPECT_EQ(message,
            "State of task 0_0 cannot be restored: app-counts-changelog-0 (state store counts): The changelog of state "
            "store counts has a record with key 73686f7274 (5 bytes), which is too short: time and sequence number of "
            "a window alone take 12 bytes.");
}

}  // namespace
}  // namespace streams::runtime
