// Who is in the group and has what, on a real cluster: instances that come back under their group.instance.id, and what
// instances in two processes know of each other.
#include "broker/broker_topologies.hpp"
#include "broker/kafka_app.hpp"

#include <streams/kafka_streams.hpp>

#include <gmock/gmock.h>

#include <atomic>

namespace streams::testing {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;
using State = KafkaStreams::State;
using ::testing::IsEmpty;

constexpr int kTimeoutMs = 30000;
constexpr std::int32_t kPartitions = 4;
constexpr int kKeys = 40;
constexpr std::size_t kUuidEnding = 37;
const HostInfo kHere{"here", 1};
const HostInfo kThere{"there", 2};

class MembershipBrokerTest : public KafkaAppTest {
 protected:
  void SetUp() override {
    KafkaAppTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    create(name("in"), kPartitions);
    create(name("out"), kPartitions);
  }
  std::map<std::string, std::string> with(const std::string& directory,
                                          const std::map<std::string, std::string>& more) const {
    auto out = settings(directory);
    for (const auto& [key, value] : more) out[key] = value;
    return out;
  }
  std::unique_ptr<KafkaStreams> app(const std::map<std::string, std::string>& of) const {
    StreamsConfig config(of);
    if (std::getenv("STREAMS_TEST_LOG") == nullptr) config.set_logger(nullptr);
    return std::make_unique<KafkaStreams>(count_topology(name("in"), name("out")), config);
  }
  std::unique_ptr<Worker> worker(std::map<std::string, std::string> of) const {
    of["app.in"] = name("in");
    of["app.out"] = name("out");
    return std::make_unique<Worker>(STREAMS_BROKER_WORKER, of);
  }
  static std::string key(int number) { return "key-" + std::to_string(number); }
  /// One record per key; waits until each is counted so often.
  void count_each(int so_often) {
    Pairs records;
    for (int i = 0; i < kKeys; ++i) records.push_back({key(i), "x"});
    produce(name("in"), records);
    EXPECT_TRUE(wait_until([&] {
      std::map<std::string, int> counts;
      for (const ReadRecord& r : read(name("out"))) counts[*r.key] = std::stoi(*r.value);
      return std::all_of(records.begin(), records.end(), [&](const auto& r) { return counts[r.first] == so_often; });
    }));
  }
  /// Partitions of the input by member, once the group is stable with so many members; members by their instance id.
  std::map<std::string, std::vector<client::TopicPartition>> assignment(std::size_t members) {
    std::map<std::string, std::vector<client::TopicPartition>> out;
    EXPECT_TRUE(wait_until([&] {
      const auto group = admin_->describe_group(name("app"), kTimeoutMs);
      if (!group.ok() || group.value().state != "Stable" || group.value().members.size() != members) return false;
      out.clear();
      std::size_t partitions = 0;
      for (const client::GroupMember& member : group.value().members) {
        // The broker calls a static member after its instance id: "<instance id>-<uuid>".
        out[member.member_id.substr(0, member.member_id.size() - kUuidEnding)] = member.assignment;
        partitions += member.assignment.size();
      }
      return partitions == kPartitions;
    }));
    return out;
  }
};

TEST_F(MembershipBrokerTest, AStaticMemberComesBackWithoutARebalance) {
  const auto fixed = [&](const std::string& id, const std::string& threads) {
    return app(with(id, {{"consumer.group.instance.id", id},
                         {"num.stream.threads", threads},
                         {"processing.guarantee", "exactly_once_v2"},
                         {"consumer.session.timeout.ms", "30000"}}));
  };
  const auto staying = fixed("staying", "1");
  std::atomic<int> changes = 0;
  staying->set_state_listener([&](State, State) { ++changes; });
  staying->start();
  auto coming = fixed("coming", "2");
  coming->start();
  const auto before = assignment(3);
  std::vector<std::string> ids;
  for (const auto& [id, partitions] : before) ids.push_back(id);
  EXPECT_EQ(ids, (std::vector<std::string>{"coming-1", "coming-2", "staying-1"})) << "a name for each thread";
  count_each(1);
  EXPECT_TRUE(wait_until([&] { return staying->state() == State::kRunning && coming->state() == State::kRunning; }));
  const int changes_before = changes;
  EXPECT_TRUE(coming->close(std::chrono::seconds(30)));
  EXPECT_EQ(assignment(3), before) << "it remains a member";
  coming = fixed("coming", "2");
  coming->start();
  count_each(2);
  EXPECT_EQ(assignment(3), before);
  EXPECT_EQ(changes, changes_before) << "the other saw nothing of it";
  EXPECT_TRUE(coming->close(std::chrono::seconds(30)));
  EXPECT_TRUE(staying->close(std::chrono::seconds(30)));
  EXPECT_EQ(staying->last_error() + coming->last_error(), "");
}

class Ownership : public MembershipBrokerTest, public ::testing::WithParamInterface<const char*> {};
INSTANTIATE_TEST_SUITE_P(Replicas, Ownership, ::testing::Values("0", "1"));

TEST_P(Ownership, IsKnownAcrossProcessesAsTheyComeAndGo) {
  const bool standby = GetParam() == std::string("1");
  const auto here = app(with("here", {{"application.server", "here:1"}, {"num.standby.replicas", GetParam()}}));
  here->start();
  const auto there = worker(with("there", {{"application.server", "there:2"}, {"num.standby.replicas", GetParam()}}));
  assignment(2);
  count_each(1);
  const auto hosts = [](const std::vector<StreamsMetadata>& clients) {
    std::set<HostInfo> out;
    for (const StreamsMetadata& client : clients) out.insert(client.host);
    return out;
  };
  const std::set<HostInfo> both{kHere, kThere};
  ASSERT_TRUE(wait_until([&] { return hosts(here->metadata_for_store("counts")) == both; }));
  ASSERT_TRUE(wait_until([&] { return here->state() == State::kRunning; }));
  EXPECT_EQ(hosts(here->metadata_for_all_clients()), both);
  StreamsMetadata::Partitions all;
  for (const StreamsMetadata& client : here->metadata_for_all_clients()) {
    EXPECT_EQ(client.partitions.size(), kPartitions / 2u) << client.host.host;
    EXPECT_EQ(client.stores, (std::set<std::string>{"counts"}));
    EXPECT_EQ(client.standby_stores, standby ? (std::set<std::string>{"counts"}) : std::set<std::string>{});
    all.insert(client.partitions.begin(), client.partitions.end());
  }
  StreamsMetadata::Partitions expected;
  for (std::int32_t p = 0; p < kPartitions; ++p) expected.emplace(name("in"), p);
  EXPECT_EQ(all, expected) << "each has one owner";
  const auto rows = here->store("counts", queryable::key_value<std::string, std::string>());
  int own = 0;
  for (int i = 0; i < kKeys; ++i) {
    const bool is_here = rows->get(key(i)).has_value();
    const auto where = here->query_metadata_for_key("counts", key(i));
    ASSERT_TRUE(where.has_value());
    EXPECT_EQ(where->active_host, is_here ? kHere : kThere) << key(i);
    EXPECT_EQ(where->standby_hosts, standby ? (std::set<HostInfo>{is_here ? kThere : kHere}) : std::set<HostInfo>{});
    own += is_here ? 1 : 0;
  }
  EXPECT_GT(own, 0);
  EXPECT_LT(own, kKeys);
  EXPECT_TRUE(wait_until([&] {
    const auto lags = here->all_local_store_partition_lags();
    if (!lags.contains("counts") || lags.at("counts").size() != (standby ? kPartitions : kPartitions / 2u))
      return false;
    return std::all_of(lags.at("counts").begin(), lags.at("counts").end(),
                       [](const auto& entry) { return entry.second.lag() == 0 && entry.second.end > 0; });
  })) << "all its partitions are up to date, and no others are listed";
  EXPECT_EQ(there->stop(), 0);
  EXPECT_TRUE(wait_until([&] { return hosts(here->metadata_for_store("counts")) == std::set<HostInfo>{kHere}; }));
  EXPECT_TRUE(wait_until([&] { return here->state() == State::kRunning; }));
  for (int i = 0; i < kKeys; ++i) {
    EXPECT_EQ(rows->get(key(i)), "1");
    const auto where = here->query_metadata_for_key("counts", key(i));
    ASSERT_TRUE(where.has_value());
    EXPECT_EQ(where->active_host, kHere);
    EXPECT_THAT(where->standby_hosts, IsEmpty());
  }
  EXPECT_EQ(here->all_local_store_partition_lags().at("counts").size(), static_cast<std::size_t>(kPartitions));
  EXPECT_TRUE(here->close(std::chrono::seconds(30)));
  EXPECT_EQ(here->last_error(), "");
}

}  // namespace
}  // namespace streams::testing
