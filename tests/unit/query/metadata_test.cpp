// Which instance has what: two instances of one application tell each other through their group.
#include "query_fixture.hpp"

#include <streams/partitioner.hpp>

namespace streams {
namespace {

class StreamsMetadataOf : public QueryTest {};

TEST_F(StreamsMetadataOf, EveryInstanceKnowsWhoHasEachPartition) {
  create("in", 4);
  const KafkaStreams& a = start(counting(), {{"application.server", "host-a:1001"}});
  const KafkaStreams& b = start(counting(), {{"application.server", "host-b:1002"}});
  const auto complete = [](const KafkaStreams& app) {
    std::size_t partitions = 0;
    for (const StreamsMetadata& metadata : app.metadata_for_all_clients()) {
      if (metadata.partitions.empty()) return false;
      partitions += metadata.partitions.size();
    }
    return partitions == 4 && app.metadata_for_all_clients().size() == 2;
  };
  ASSERT_TRUE(eventually([&] { return complete(a) && complete(b); }));
  ASSERT_TRUE(all_running({apps_[0].get(), apps_[1].get()}));
  const std::vector<StreamsMetadata> all = a.metadata_for_all_clients();
  EXPECT_EQ(all, b.metadata_for_all_clients());
  EXPECT_EQ(all, a.metadata_for_store("counts"));
  EXPECT_EQ(all[0].host, (HostInfo{"host-a", 1001}));
  EXPECT_EQ(all[1].host, (HostInfo{"host-b", 1002}));
  EXPECT_EQ(all[0].stores, std::set<std::string>{"counts"});

  for (int i = 0; i < 40; ++i) produce("k" + std::to_string(i), "v");
  const auto count_of = [&](const std::string& key) -> std::optional<Count> {
    const auto where = a.query_metadata_for_key<std::string>("counts", key);
    if (!where) return std::nullopt;
    const KafkaStreams& holder = where->active_host.host == "host-a" ? a : b;
    return holder.store("counts", queryable::key_value<std::string, Count>(), {.partition = where->partition})
        ->get(key);
  };
  for (int i = 0; i < 40; ++i) {
    const std::string key = "k" + std::to_string(i);
    EXPECT_TRUE(eventually([&] { return count_of(key) == 1; })) << key;
    EXPECT_EQ(a.query_metadata_for_key<std::string>("counts", key),
              b.query_metadata_for_key<std::string>("counts", key));
    EXPECT_EQ(a.query_metadata_for_key<std::string>("counts", key)->partition, partition_for_key(key, 4));
  }
  const auto third = a.query_metadata_for_key<std::string>(
      "counts", "any", [](std::string_view topic, const std::string*, std::int32_t partitions) {
        EXPECT_EQ(topic, "in");
        EXPECT_EQ(partitions, 4);
        return std::vector<std::int32_t>{3};
      });
  EXPECT_EQ(third->partition, 3);
}

TEST_F(StreamsMetadataOf, AnInstanceThatLeavesIsForgotten) {
  create("in", 2);
  const KafkaStreams& a = start(counting(), {{"application.server", "host-a:1001"}});
  KafkaStreams& b = start(counting(), {{"application.server", "host-b:1002"}});
  ASSERT_TRUE(eventually([&] { return a.metadata_for_all_clients().size() == 2; }));
  b.close();
  EXPECT_TRUE(eventually([&] {
    const auto all = a.metadata_for_all_clients();
    return all.size() == 1 && all[0].host.host == "host-a" && all[0].partitions.size() == 2;
  }));
}

TEST_F(StreamsMetadataOf, AnInstanceWithoutAddressIsNotListed) {
  create("in", 1);
  const KafkaStreams& app = start(counting());
  ASSERT_TRUE(eventually([&] { return app.query_metadata_for_key<std::string>("counts", "k").has_value(); }));
  EXPECT_EQ(app.metadata_for_all_clients(), std::vector<StreamsMetadata>());
  EXPECT_EQ(app.query_metadata_for_key<std::string>("counts", "k"), (KeyQueryMetadata{HostInfo::unknown(), {}, 0}));
  EXPECT_THROW(app.metadata_for_store("other"), UnknownStateStore);
}

TEST_F(StreamsMetadataOf, AddressesAreHostAndPort) {
  EXPECT_EQ(HostInfo::parse("localhost:8080"), (HostInfo{"localhost", 8080}));
  EXPECT_EQ(HostInfo::parse("http://h.example:80"), (HostInfo{"h.example", 80}));
  EXPECT_EQ(HostInfo::parse("[::1]:9"), (HostInfo{"::1", 9}));
  for (const char* endpoint : {"localhost:8080", "[::1]:9"}) EXPECT_EQ(HostInfo::parse(endpoint).endpoint(), endpoint);
  for (const char* bad : {"", "localhost", "localhost:", ":8080", "h:x", "h:70000"})
    EXPECT_EQ(HostInfo::parse(bad), HostInfo::unknown()) << bad;
  create("in", 1);
  EXPECT_THROW(KafkaStreams(counting(), config({{"application.server", "nowhere"}}), cluster_), ConfigError);
}

TEST_F(StreamsMetadataOf, RunningStoresDoNotLag) {
  create("in", 2);
  const KafkaStreams& app = start(counting());
  for (int i = 0; i < 10; ++i) produce("k" + std::to_string(i), "v");
  using Lags = std::map<std::string, std::map<std::int32_t, LagInfo>>;
  Lags lags;
  EXPECT_TRUE(eventually([&] {
    lags = app.all_local_store_partition_lags();
    return lags.size() == 1 && lags["counts"].size() == 2 && lags["counts"][0].end + lags["counts"][1].end >= 10;
  }));
  for (const auto& [partition, lag] : lags["counts"]) EXPECT_EQ(lag.lag(), 0) << partition;
}

}  // namespace
}  // namespace streams
