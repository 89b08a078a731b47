// Consumer groups of the embedded cluster: cooperative rebalances, sessions, committed offsets and who may commit them.
#include "embedded_fixture.hpp"

#include <gmock/gmock.h>

namespace streams::client {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// A consumer that writes down what it is told: "+t0" assigned, "-t0" revoked, "!t0" lost.
class Member : RebalanceListener {
 public:
  Member(EmbeddedCluster& cluster, Settings settings, const std::vector<std::string>& topics) {
    settings.emplace("group.id", "g");
    consumer = cluster.clients().consumer(settings);
    EXPECT_OK(consumer->subscribe(topics, *this));
  }

  /// Polls once, and returns what was told since the last call.
  std::vector<std::string> poll() {
    consumer->poll(0, errors);
    return std::exchange(told, {});
  }

  std::vector<std::string> told;
  std::vector<ConsumerError> errors;
  std::unique_ptr<Consumer> consumer;

 private:
  void tell(const char* sign, std::span<const TopicPartition> partitions) {
    std::string line = sign;
    for (const TopicPartition& p : partitions) line += p.topic + std::to_string(p.partition);
    told.push_back(line);
  }
  void on_assigned(std::span<const TopicPartition> added) override { tell("+", added); }
  void on_revoked(std::span<const TopicPartition> removed) override { tell("-", removed); }
  void on_lost(std::span<const TopicPartition> lost) override { tell("!", lost); }
};

class EmbeddedGroup : public EmbeddedTest {
 protected:
  Member member(const std::string& client_id, const std::vector<std::string>& topics = {"t"}) {
    return Member(cluster_, {{"client.id", client_id}, {"session.timeout.ms", "10000"}}, topics);
  }
};

TEST_F(EmbeddedGroup, GivesEverythingToTheOnlyMember) {
  ASSERT_OK(cluster_.create_topic("t", 3));
  Member a = member("a");
  EXPECT_THAT(a.poll(), ElementsAre("+t0t1t2"));
  EXPECT_THAT(a.poll(), IsEmpty());
}

TEST_F(EmbeddedGroup, RevokesAPartitionFromItsOwnerBeforeItGivesItAway) {
  ASSERT_OK(cluster_.create_topic("t", 4));
  Member a = member("a");
  a.poll();
  Member b = member("b");
  EXPECT_THAT(b.poll(), IsEmpty());                  // joins, waits for a
  EXPECT_THAT(a.poll(), ElementsAre("-t2t3", "+"));  // keeps two, joins again without the others
  EXPECT_THAT(b.poll(), ElementsAre("+", "+t2t3"));  // the first generation had nothing for it
  EXPECT_THAT(a.poll(), ElementsAre("+"));
  EXPECT_THAT(b.poll(), IsEmpty());
}

TEST_F(EmbeddedGroup, HandsThePartitionsOfALeaverToTheOthers) {
  ASSERT_OK(cluster_.create_topic("t", 4));
  Member a = member("a");
  Member b = member("b");
  a.poll();
  b.poll();
  a.poll();
  b.poll();
  a.poll();
  a.consumer->close();
  EXPECT_THAT(a.told, ElementsAre("-t0t1"));
  EXPECT_THAT(b.poll(), ElementsAre("+t0t1"));
}

TEST_F(EmbeddedGroup, DropsAMemberWhoseSessionIsOverAndTellsItWhenItComesBack) {
  ASSERT_OK(cluster_.create_topic("t", 2));
  Member a = member("a");
  a.poll();
  Member b = member("b");
  b.poll();
  clock_.advance(9'999);
  EXPECT_THAT(b.poll(), IsEmpty());
  clock_.advance(1);
  EXPECT_THAT(b.poll(), ElementsAre("+t0t1"));
  EXPECT_EQ(a.consumer->commit({{{"t", 0}, 5, ""}}).code(), StatusCode::kRebalanceInProgress);
  EXPECT_EQ(a.consumer->group_metadata().status().code(), StatusCode::kRebalanceInProgress);
  EXPECT_THAT(a.poll(), ElementsAre("!t0t1"));
  EXPECT_THAT(b.poll(), ElementsAre("-t1", "+"));
  EXPECT_THAT(a.poll(), ElementsAre("+", "+t1"));
}

TEST_F(EmbeddedGroup, SharesOutTopicsThatMatchAPatternLater) {
  ASSERT_OK(cluster_.create_topic("orders-1"));
  Member a = member("a", {"^orders-.*"});
  EXPECT_THAT(a.poll(), ElementsAre("+orders-10"));
  ASSERT_OK(cluster_.create_topic("orders-2"));
  ASSERT_OK(cluster_.create_topic("other"));
  EXPECT_THAT(a.poll(), ElementsAre("+orders-20"));
  ASSERT_OK(cluster_.add_partitions("orders-2", 3));
  EXPECT_THAT(a.poll(), ElementsAre("+orders-21orders-22"));
  ASSERT_OK(cluster_.delete_topic("orders-1"));
  EXPECT_THAT(a.poll(), ElementsAre("-orders-10", "+", "+"));
}

TEST_F(EmbeddedGroup, ReportsATopicThatDoesNotExistOnceAndAssignsItWhenItDoes) {
  Member a = member("a", {"late"});
  EXPECT_THAT(a.poll(), ElementsAre("+"));
  a.poll();
  ASSERT_EQ(a.errors.size(), 1u);
  EXPECT_EQ(a.errors[0].partition.topic, "late");
  EXPECT_EQ(a.errors[0].status.code(), StatusCode::kNotFound);
  ASSERT_OK(cluster_.create_topic("late"));
  EXPECT_THAT(a.poll(), ElementsAre("+late0"));
}

TEST_F(EmbeddedGroup, RefusesASubscriptionThatMakesNoSense) {
  Member a = member("a");
  struct : RebalanceListener {
    void on_assigned(std::span<const TopicPartition>) override {}
    void on_revoked(std::span<const TopicPartition>) override {}
    void on_lost(std::span<const TopicPartition>) override {}
  } listener;
  EXPECT_EQ(a.consumer->subscribe({"^("}, listener).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(a.consumer->subscribe({}, listener).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(consumer()->subscribe({"t"}, listener).code(), StatusCode::kInvalidArgument);
}

TEST_F(EmbeddedGroup, KeepsCommittedOffsetsWithTheirMetadata) {
  ASSERT_OK(cluster_.create_topic("t", 3));
  {
    Member a = member("a");
    a.poll();
    ASSERT_OK(a.consumer->commit({{{"t", 0}, 7, "seven"}, {{"t", 1}, 8, ""}}));
  }
  const auto reader = consumer({{"group.id", "g"}});
  const auto offsets = reader->committed({{"t", 0}, {"t", 1}, {"t", 2}}, 0);
  ASSERT_OK(offsets.status());
  ASSERT_EQ(offsets.value().size(), 3u);
  EXPECT_EQ(offsets.value()[0].offset, 7);
  EXPECT_EQ(offsets.value()[0].metadata, "seven");
  EXPECT_EQ(offsets.value()[1].offset, 8);
  EXPECT_EQ(offsets.value()[2].offset, -1);
}

TEST_F(EmbeddedGroup, AcceptsCommitsOfANonMemberOnlyWhileNobodyIsAMember) {
  ASSERT_OK(cluster_.create_topic("t"));
  const auto outsider = consumer({{"group.id", "g"}});
  EXPECT_OK(outsider->commit({{{"t", 0}, 1, ""}}));
  Member a = member("a");
  a.poll();
  EXPECT_EQ(outsider->commit({{{"t", 0}, 2, ""}}).code(), StatusCode::kRebalanceInProgress);
  EXPECT_EQ(outsider->commit({{{"t", 9}, 2, ""}}).code(), StatusCode::kRebalanceInProgress);
  EXPECT_EQ(a.consumer->commit({{{"t", 9}, 2, ""}}).code(), StatusCode::kNotFound);
}

TEST_F(EmbeddedGroup, HasNoMetadataForAConsumerThatHasNotJoined) {
  ASSERT_OK(cluster_.create_topic("t"));
  Member a = member("a");
  EXPECT_EQ(a.consumer->group_metadata().status().code(), StatusCode::kRebalanceInProgress);
  EXPECT_EQ(a.consumer->commit({{{"t", 0}, 2, ""}}).code(), StatusCode::kRebalanceInProgress);
  a.poll();
  EXPECT_OK(a.consumer->group_metadata().status());
  Member b = member("b");
  b.poll();
  EXPECT_EQ(b.consumer->group_metadata().status().code(), StatusCode::kRebalanceInProgress);
}

TEST_F(EmbeddedGroup, GivesAStaticMemberItsPlaceBack) {
  ASSERT_OK(cluster_.create_topic("t", 2));
  const Settings first{{"client.id", "a"}, {"group.instance.id", "one"}};
  auto a = std::make_unique<Member>(cluster_, first, std::vector<std::string>{"t"});
  a->poll();
  a->consumer->close();
  Member again(cluster_, first, {"t"});
  EXPECT_THAT(again.poll(), ElementsAre("+t0t1"));
  Member thief(cluster_, first, {"t"});
  thief.poll();
  EXPECT_EQ(again.consumer->commit({{{"t", 0}, 1, ""}}).code(), StatusCode::kFenced);
  EXPECT_THAT(again.poll(), ElementsAre("!t0t1"));
  ASSERT_EQ(again.errors.size(), 1u);
  EXPECT_EQ(again.errors[0].status.code(), StatusCode::kFenced);
}

TEST_F(EmbeddedGroup, DescribesItsMembersOnceItIsStable) {
  ASSERT_OK(cluster_.create_topic("t", 2));
  const auto a_admin = admin();
  EXPECT_EQ(a_admin->describe_group("g", 0).value().state, "Dead");
  Member a = member("host=a");
  a.poll();
  Member b = member("host=b");
  b.poll();
  const GroupDescription moving = a_admin->describe_group("g", 0).value();
  EXPECT_EQ(moving.state, "PreparingRebalance");
  EXPECT_THAT(moving.members[0].assignment, IsEmpty());
  a.poll();
  b.poll();
  const GroupDescription stable = a_admin->describe_group("g", 0).value();
  EXPECT_EQ(stable.state, "Stable");
  ASSERT_EQ(stable.members.size(), 2u);
  EXPECT_EQ(stable.members[0].client_id, "host=a");
  EXPECT_THAT(stable.members[0].assignment, ElementsAre(TopicPartition{"t", 0}));
  EXPECT_THAT(stable.members[1].assignment, ElementsAre(TopicPartition{"t", 1}));
  EXPECT_EQ(a_admin->delete_group("g", 0).code(), StatusCode::kInvalidArgument);
  a.consumer->close();
  b.consumer->close();
  EXPECT_EQ(a_admin->describe_group("g", 0).value().state, "Empty");
  EXPECT_OK(a_admin->delete_group("g", 0));
  EXPECT_EQ(a_admin->delete_group("g", 0).code(), StatusCode::kNotFound);
}

}  // namespace
}  // namespace streams::client
