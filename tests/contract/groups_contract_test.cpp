// Client contract: consumer groups, their rebalances and their offsets.
#include "contract/client_contract.hpp"

namespace streams::client::contract {
namespace {

using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

class GroupsContract : public ClientContract {
 protected:
  std::unique_ptr<Member> member(const std::string& group, const std::vector<std::string>& topics,
                                 const Settings& more = {}) {
    auto result = std::make_unique<Member>(group_consumer(group, more));
    EXPECT_OK(result->reader.consumer().subscribe(topics, *result));
    return result;
  }
  /// A member that has got `count` partitions.
  std::unique_ptr<Member> member_with(std::size_t count, const std::string& group,
                                      const std::vector<std::string>& topics, const Settings& more = {}) {
    auto result = member(group, topics, more);
    EXPECT_TRUE(together({result.get()}, [&] { return result->owned.size() == count; }));
    return result;
  }
};

TEST_F(GroupsContract, OneMemberGetsEverything) {
  const std::string name = topic(3);
  for (std::int32_t p = 0; p < 3; ++p) send_numbers(name, p, p, p + 1);
  const auto alone = member_with(3, fresh("group"), {name});
  ASSERT_TRUE(alone->reader.to_end());
  EXPECT_THAT(alone->reader.values(), UnorderedElementsAre("0", "1", "2"));
  EXPECT_EQ(alone->callbacks, 1);
  EXPECT_EQ(alone->reader.errors.size(), 0u);
}

TEST_F(GroupsContract, FetchesAndCommitsPartitionsBesideTheSubscription) {
  const std::string subscribed = topic(2);
  const std::string beside = topic(2);
  send_numbers(subscribed, 1, 0, 2);
  send_numbers(beside, 1, 2, 4);
  const std::string group = fresh("group");
  Member first(group_consumer(group));
  first.companions = {beside};
  ASSERT_OK(first.reader.consumer().subscribe({subscribed}, first));
  ASSERT_TRUE(together({&first}, [&] { return first.owned.size() == 2; }));
  ASSERT_TRUE(first.reader.to_end());
  EXPECT_THAT(first.reader.values(), UnorderedElementsAre("0", "1", "2", "3"));
  ASSERT_OK(first.reader.consumer().commit({{{subscribed, 1}, 2, ""}}));
  first.before_revoke = [&] { EXPECT_OK(first.reader.consumer().commit({{{beside, 1}, 1, "half"}})); };
  first.reader.close();
  EXPECT_EQ(first.revoked, (std::set<TopicPartition>{{subscribed, 0}, {subscribed, 1}}));

  Member second(group_consumer(group));
  second.companions = {beside};
  ASSERT_OK(second.reader.consumer().subscribe({subscribed}, second));
  ASSERT_TRUE(together({&second}, [&] { return second.owned.size() == 2; }));
  ASSERT_TRUE(second.reader.to_end());
  EXPECT_EQ(second.reader.values(), numbers(3, 4));
}

TEST_F(GroupsContract, MovesOnlyWhatHasToMove) {
  const std::string name = topic(4);
  const std::string group = fresh("group");
  const auto first = member_with(4, group, {name});
  const auto second = member(group, {name});
  ASSERT_TRUE(
      together({first.get(), second.get()}, [&] { return first->owned.size() == 2 && second->owned.size() == 2; }));
  EXPECT_EQ(first->revoked.size(), 2u);  // the other two were never taken away
  EXPECT_EQ(first->revoked, second->owned);
  EXPECT_EQ(first->lost.size() + second->lost.size() + second->revoked.size(), 0u);
  const std::set<TopicPartition> orphans = second->owned;
  second->reader.close();
  EXPECT_EQ(second->revoked, orphans);
  ASSERT_TRUE(together({first.get()}, [&] { return first->owned.size() == 4; }));
  EXPECT_EQ(first->revoked, orphans);
}

TEST_F(GroupsContract, NothingIsReadTwiceWhenPartitionsMoveAfterACommit) {
  const std::string name = topic(4);
  for (std::int32_t p = 0; p < 4; ++p) send_numbers(name, p, 100 * p, 100 * p + 10);
  const std::string group = fresh("group");
  const auto first = member_with(4, group, {name});
  ASSERT_TRUE(together({first.get()}, [&] { return first->reader.seen.size() == 40; }));
  bool committed_in_callback = false;
  first->before_revoke = [&] {
    std::vector<OffsetAndMetadata> offsets;
    for (std::int32_t p = 0; p < 4; ++p) offsets.push_back({{name, p}, 10, ""});
    committed_in_callback = first->reader.consumer().commit(offsets).ok();
  };
  const auto second = member(group, {name});
  ASSERT_TRUE(together({first.get(), second.get()}, [&] { return second->owned.size() == 2; }));
  EXPECT_TRUE(committed_in_callback);
  for (std::int32_t p = 0; p < 4; ++p) send_numbers(name, p, 100 * p + 10, 100 * p + 11);
  ASSERT_TRUE(together({first.get(), second.get()},
                       [&] { return first->reader.seen.size() + second->reader.seen.size() >= 44; }));
  EXPECT_EQ(first->reader.seen.size(), 42u);
  EXPECT_EQ(second->reader.seen.size(), 2u);
}

TEST_F(GroupsContract, CommittingWhileOthersComeAndGoLosesNothing) {
  const std::string name = topic(4);
  const auto group = fresh("group");
  const auto first = member_with(4, group, {name});
  std::set<StatusCode> codes;
  const auto commit_and = [&](const std::function<bool()>& done) {
    return [&, done] {
      for (const TopicPartition& partition : first->owned) {
        codes.insert(first->reader.consumer().commit({{partition, 1, ""}}).code());
      }
      return done();
    };
  };
  for (int round = 0; round < 3; ++round) {
    const auto second = member(group, {name});
    ASSERT_TRUE(together({first.get(), second.get()},
                         commit_and([&] { return first->owned.size() == 2 && second->owned.size() == 2; })));
    second->reader.close();
    ASSERT_TRUE(together({first.get()}, commit_and([&] { return first->owned.size() == 4; })));
  }
  EXPECT_EQ(first->lost, (std::set<TopicPartition>{}));
  codes.erase(StatusCode::kRebalanceInProgress);  // try again after poll
  EXPECT_EQ(codes, (std::set<StatusCode>{StatusCode::kOk}));
}

TEST_F(GroupsContract, AMemberThatStopsPollingLosesItsPartitions) {
  const std::string name = topic(2);
  const std::string group = fresh("group");
  const Settings impatient{{"session.timeout.ms", "1500"}, {"max.poll.interval.ms", "1500"}};
  const auto sleeper = member_with(2, group, {name}, impatient);
  const auto old_metadata = sleeper->reader.consumer().group_metadata();
  ASSERT_OK(old_metadata);
  const auto other = member(group, {name}, impatient);
  ASSERT_TRUE(together({other.get()}, [&] { return other->owned.size() == 2; }));
  // The zombie does not know yet, but what it commits is refused: plainly, and in a transaction.
  const Status plain = sleeper->reader.consumer().commit({{{name, 0}, 7, ""}});
  EXPECT_EQ(plain.code(), StatusCode::kRebalanceInProgress) << plain.message();
  const auto sender = transactional(fresh("id"));
  ASSERT_OK(sender->begin_transaction());
  const Status fenced = sender->send_offsets({{{name, 0}, 7, ""}}, old_metadata.value(), kPatienceMs);
  EXPECT_EQ(fenced.code(), StatusCode::kAbortable) << fenced.message();
  ASSERT_OK(sender->abort_transaction(kPatienceMs));
  EXPECT_EQ(committed(group, {name, 0}).offset, -1);

  ASSERT_TRUE(together({sleeper.get(), other.get()}, [&] { return sleeper->lost.size() == 2; }));
  EXPECT_EQ(sleeper->lost, (std::set<TopicPartition>{{name, 0}, {name, 1}}));
  EXPECT_EQ(sleeper->revoked, (std::set<TopicPartition>{}));
  ASSERT_TRUE(
      together({sleeper.get(), other.get()}, [&] { return sleeper->owned.size() == 1 && other->owned.size() == 1; }));
}

TEST_F(GroupsContract, MetadataOfAnEarlierGenerationIsRefused) {
  const std::string name = topic(2);
  const std::string group = fresh("group");
  const auto first = member_with(2, group, {name});
  const auto old_metadata = first->reader.consumer().group_metadata();
  ASSERT_OK(old_metadata);
  const auto second = member(group, {name});
  ASSERT_TRUE(
      together({first.get(), second.get()}, [&] { return first->owned.size() == 1 && second->owned.size() == 1; }));
  const auto sender = transactional(fresh("id"));
  ASSERT_OK(sender->begin_transaction());
  const Status refused = sender->send_offsets({{{name, 0}, 5, ""}}, old_metadata.value(), kPatienceMs);
  EXPECT_EQ(refused.code(), StatusCode::kAbortable) << refused.message();
  ASSERT_OK(sender->abort_transaction(kPatienceMs));

  const auto metadata = first->reader.consumer().group_metadata();
  ASSERT_OK(metadata);
  ASSERT_OK(sender->begin_transaction());
  ASSERT_OK(sender->send_offsets({{{name, 0}, 6, "new"}}, metadata.value(), kPatienceMs));
  ASSERT_OK(sender->commit_transaction(kPatienceMs));
  EXPECT_EQ(committed(group, {name, 0}).offset, 6);
}

TEST_F(GroupsContract, NoMemberNoMetadata) {
  const auto outsider = group_consumer(fresh("group"));
  EXPECT_EQ(outsider->group_metadata().status().code(), StatusCode::kRebalanceInProgress);
}

TEST_F(GroupsContract, KeepsCommittedOffsetsWithTheirMetadata) {
  const std::string name = topic(3);
  const std::string group = fresh("group");
  const std::string metadata = "AgAAAY/base64=";
  {
    const auto alone = member_with(3, group, {name});
    ASSERT_OK(alone->reader.consumer().commit({{{name, 0}, 12, metadata}, {{name, 1}, 0, ""}}));
    ASSERT_OK(alone->reader.consumer().commit({}));
  }
  const auto asker = group_consumer(group);
  const auto offsets = asker->committed(partitions_of(name, 3), kPatienceMs);
  ASSERT_OK(offsets);
  ASSERT_EQ(offsets.value().size(), 3u);
  EXPECT_EQ(offsets.value()[0].offset, 12);
  EXPECT_EQ(offsets.value()[0].metadata, metadata);
  EXPECT_EQ(offsets.value()[1].offset, 0);
  EXPECT_EQ(offsets.value()[1].metadata, "");
  EXPECT_EQ(offsets.value()[2].offset, -1);
  EXPECT_EQ(offsets.value()[2].partition, (TopicPartition{name, 2}));
}

TEST_F(GroupsContract, ReportsASubscribedTopicThatIsMissing) {
  const std::string name = fresh("missing");
  const auto alone = member(fresh("group"), {name});
  ASSERT_TRUE(together({alone.get()}, [&] { return !alone->reader.errors.empty(); }));
  EXPECT_EQ(alone->reader.errors[0].status.code(), StatusCode::kNotFound) << alone->reader.errors[0].status.message();
  EXPECT_EQ(alone->reader.errors[0].partition, (TopicPartition{name, -1}));
  EXPECT_THAT(alone->reader.errors[0].status.message(), HasSubstr(name));
}

TEST_F(GroupsContract, PatternsFindTopicsThatAreMadeLater) {
  const std::string prefix = fresh("pattern");
  const auto make = [&](const std::string& name) {
    EXPECT_OK(admin().create_topics({{name, 1, -1, {}}}, kPatienceMs));
  };
  make(prefix + ".a");
  make(fresh("other"));
  const auto alone =
      member_with(1, fresh("group"), {"^" + prefix + "\\..*"}, {{"topic.metadata.refresh.interval.ms", "200"}});
  EXPECT_EQ(alone->owned, (std::set<TopicPartition>{{prefix + ".a", 0}}));
  make(prefix + ".b");
  ASSERT_TRUE(together({alone.get()}, [&] { return alone->owned.size() == 2; }));
  EXPECT_EQ(alone->owned, (std::set<TopicPartition>{{prefix + ".a", 0}, {prefix + ".b", 0}}));
}

TEST_F(GroupsContract, DescribesMembersWithClientIdsAndAssignments) {
  const std::string name = topic(2);
  const std::string group = fresh("group");
  const auto first = member_with(2, group, {name}, {{"client.id", "app;host=10.0.0.1:80"}});
  const auto second = member(group, {name}, {{"client.id", "b"}, {"group.instance.id", "b-instance"}});
  ASSERT_TRUE(
      together({first.get(), second.get()}, [&] { return first->owned.size() == 1 && second->owned.size() == 1; }));
  const auto description = admin().describe_group(group, kPatienceMs);
  ASSERT_OK(description);
  EXPECT_EQ(description.value().state, "Stable");
  std::map<std::string, std::vector<TopicPartition>> assignments;
  for (const GroupMember& m : description.value().members) {
    assignments[m.client_id] = m.assignment;
    EXPECT_NE(m.member_id, "");
  }
  const auto list = [](const std::set<TopicPartition>& set) {
    return std::vector<TopicPartition>(set.begin(), set.end());
  };
  EXPECT_EQ(assignments, (std::map<std::string, std::vector<TopicPartition>>{
                             {"app;host=10.0.0.1:80", list(first->owned)}, {"b", list(second->owned)}}));
}

TEST_F(GroupsContract, AMemberThatRemainsKeepsItsPlaceUntilItsSessionEnds) {
  const std::string name = topic(2);
  const std::string group = fresh("group");
  const auto remaining = member_with(2, group, {name});
  remaining->reader.consumer().close(Leaving::kRemain);
  EXPECT_EQ(remaining->owned, (std::set<TopicPartition>{})) << "its listener has given back everything";
  remaining->reader.close();
  const auto described = admin().describe_group(group, kPatienceMs);
  ASSERT_OK(described);
  EXPECT_EQ(described.value().state, "Stable");
  ASSERT_EQ(described.value().members.size(), 1u);
  EXPECT_EQ(described.value().members[0].assignment.size(), 2u);
}

TEST_F(GroupsContract, GroupsCanBeDeletedOnceTheyAreEmpty) {
  const std::string name = topic();
  const std::string group = fresh("group");
  const auto alone = member_with(1, group, {name});
  ASSERT_OK(alone->reader.consumer().commit({{{name, 0}, 1, ""}}));
  EXPECT_EQ(admin().delete_group(group, kPatienceMs).code(), StatusCode::kInvalidArgument);
  alone->reader.close();
  const auto empty = admin().describe_group(group, kPatienceMs);
  ASSERT_OK(empty);
  EXPECT_EQ(empty.value().state, "Empty");
  EXPECT_EQ(empty.value().members.size(), 0u);
  EXPECT_OK(admin().delete_group(group, kPatienceMs));
  EXPECT_EQ(committed(group, {name, 0}).offset, -1);
  EXPECT_EQ(admin().delete_group(group, kPatienceMs).code(), StatusCode::kNotFound);
}

TEST_F(GroupsContract, ClosingRightAfterSubscribingIsSafe) {
  const std::string name = topic(2);
  const std::string group = fresh("group");
  for (int i = 0; i < 5; ++i) {
    Member hasty(group_consumer(group));
    ASSERT_OK(hasty.reader.consumer().subscribe({name}, hasty));
    for (int turn = 0; turn < i; ++turn) hasty.reader.turn(5);
  }
  const auto last = member_with(2, group, {name});
  EXPECT_EQ(last->owned.size(), 2u);
}

}  // namespace
}  // namespace streams::client::contract
