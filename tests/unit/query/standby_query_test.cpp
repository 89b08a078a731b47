// Reading standby replicas: stale rows, hosts, lags.
#include "query_fixture.hpp"

namespace streams {
namespace {

class StandbyReplicas : public QueryTest {
 protected:
  using Counts = std::map<std::string, Count>;

  /// Two instances that run, each a standby of the other's partition.
  void start_both() {
    create("in", 2);
    for (const char* host : {"host-a:1", "host-b:2"})
      start(counting(), {{"num.standby.replicas", "1"}, {"application.server", host}});
    ASSERT_TRUE(all_running({apps_[0].get(), apps_[1].get()}));
    ASSERT_TRUE(eventually([&] {
      return std::all_of(apps_.begin(), apps_.end(), [](const auto& app) {
        const auto threads = app->metadata_for_local_threads();
        return threads[0].active_tasks.size() == 1 && threads[0].standby_tasks.size() == 1;
      });
    }));
  }
  static Counts local(const KafkaStreams& app, bool stale) {
    return rows(app.store("counts", queryable::key_value<std::string, Count>(), {.stale_stores = stale})->all());
  }
};

TEST_F(StandbyReplicas, AreReadByWhoAllowsStaleStores) {
  start_both();
  Counts all;
  for (int i = 0; i < 20; ++i) {
    produce("k" + std::to_string(i), "v");
    all["k" + std::to_string(i)] = 1;
  }
  for (const auto& app : apps_) {
    EXPECT_TRUE(eventually([&] { return local(*app, true) == all; }));
    const Counts own = local(*app, false);
    EXPECT_GT(own.size(), 0u);
    EXPECT_LT(own.size(), 20u) << "only what the instance is active for";
  }
}

TEST_F(StandbyReplicas, AnswerSinglePartitionsUnlessTheActiveOneIsAskedFor) {
  start_both();
  const std::string standby = apps_[0]->metadata_for_local_threads()[0].standby_tasks[0];
  const std::int32_t partition = standby.back() - '0';
  std::string key = "k";
  while (partition_for_key(key, 2) != partition) key += "k";
  produce(key, "v");
  StateQueryRequest<KeyQuery<std::string, Count>> request{.store = "counts", .query = {.key = key}};
  request.partitions = {partition};
  EXPECT_TRUE(eventually([&] {
    auto results = apps_[0]->query(request).partitions;
    return results.at(partition).ok() && results.at(partition).result() == 1;
  }));
  request.require_active = true;
  EXPECT_EQ(apps_[0]->query(request).partitions.at(partition).failure, FailureReason::kNotActive);
  const auto view = apps_[0]->store("counts", queryable::key_value<std::string, Count>(), {.partition = partition});
  EXPECT_THROW(view->get(key), InvalidStateStorePartition);
}

TEST_F(StandbyReplicas, AreKnownToAllInstances) {
  start_both();
  for (const auto& app : apps_) {
    ASSERT_TRUE(eventually([&] {
      const auto all = app->metadata_for_store("counts");
      return all.size() == 2 && all[0].standby_partitions.size() == 1 && all[1].standby_partitions.size() == 1;
    }));
    const auto all = app->metadata_for_all_clients();
    EXPECT_EQ(all[0].standby_stores, std::set<std::string>{"counts"});
    EXPECT_EQ(all[0].standby_partitions, all[1].partitions);
    EXPECT_EQ(all[1].standby_partitions, all[0].partitions);
    const auto where = app->query_metadata_for_key<std::string>("counts", "k");
    ASSERT_TRUE(where.has_value());
    ASSERT_EQ(where->standby_hosts.size(), 1u);
    EXPECT_NE(*where->standby_hosts.begin(), where->active_host);
  }
}

TEST_F(StandbyReplicas, SayHowFarTheyAre) {
  start_both();
  for (int i = 0; i < 20; ++i) produce("k" + std::to_string(i), "v");
  for (const auto& app : apps_) {
    EXPECT_TRUE(eventually([&] {
      const auto lags = app->all_local_store_partition_lags().at("counts");
      return lags.size() == 2 && lags.at(0).lag() == 0 && lags.at(1).lag() == 0 &&
             lags.at(0).end + lags.at(1).end >= 20;
    }));
  }
}

TEST_F(StandbyReplicas, TakeOverWhenAnInstanceCloses) {
  start_both();
  for (int i = 0; i < 20; ++i) produce("k" + std::to_string(i), "v");
  ASSERT_TRUE(eventually([&] { return local(*apps_[1], true).size() == 20; }));
  apps_[0]->close();
  EXPECT_TRUE(eventually([&] { return local(*apps_[1], false).size() == 20; }));
  EXPECT_EQ(apps_[1]->metadata_for_local_threads()[0].standby_tasks, Strings{});
}

TEST_F(StandbyReplicas, StayAsTheyAreWhileTheInstanceIsPaused) {
  start_both();
  apps_[1]->pause();
  for (int i = 0; i < 20; ++i) produce("k" + std::to_string(i), "v");
  ASSERT_TRUE(eventually([&] { return !local(*apps_[0], false).empty(); }));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(local(*apps_[1], true), Counts());
  apps_[1]->resume();
  EXPECT_TRUE(eventually([&] { return local(*apps_[1], true).size() == 20; }));
}

}  // namespace
}  // namespace streams
