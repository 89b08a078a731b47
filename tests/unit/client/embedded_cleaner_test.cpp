// What the embedded cluster forgets: DeleteRecords, retention, compaction.
#include "embedded_fixture.hpp"

#include <gmock/gmock.h>

namespace streams::client {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class EmbeddedCleaner : public EmbeddedTest {
 protected:
  void put(const std::string& key, OptionalBytes value, Timestamp timestamp = -1) {
    ASSERT_OK(cluster_.produce("t", {.key = key, .value = std::move(value), .timestamp = timestamp}).status());
  }

  OffsetRange range() { return admin()->offsets({{"t", 0}}, 0).value().at({"t", 0}); }
};

TEST_F(EmbeddedCleaner, DeletesRecordsBelowAnOffset) {
  ASSERT_OK(cluster_.create_topic("t"));
  for (int i = 0; i < 5; ++i) put(std::to_string(i), "v");
  ASSERT_OK(admin()->delete_records({{{"t", 0}, 3, ""}}, 0));
  EXPECT_THAT(stored("t"), ElementsAre("3:3=v", "4:4=v"));
  ASSERT_OK(admin()->delete_records({{{"t", 0}, 1, ""}}, 0));  // already done
  EXPECT_EQ(range().earliest, 3);
  EXPECT_EQ(admin()->delete_records({{{"t", 0}, 6, ""}}, 0).code(), StatusCode::kOffsetOutOfRange);
  ASSERT_OK(admin()->delete_records({{{"t", 0}, -1, ""}}, 0));
  EXPECT_THAT(stored("t"), IsEmpty());
  EXPECT_EQ(range().earliest, 5);
  EXPECT_EQ(range().latest, 5);
  put("5", "v");
  EXPECT_THAT(stored("t"), ElementsAre("5:5=v"));
}

TEST_F(EmbeddedCleaner, ReportsAPositionThatWasDeletedOnceUntilItIsMoved) {
  ASSERT_OK(cluster_.create_topic("t"));
  for (int i = 0; i < 5; ++i) put("k", std::to_string(i));
  const auto c = consumer();
  const PartitionStart starts[] = {{{"t", 0}, 0}};
  ASSERT_OK(c->assign(starts));
  ASSERT_OK(admin()->delete_records({{{"t", 0}, 3, ""}}, 0));
  std::vector<ConsumerError> errors;
  c->poll(0, errors);
  c->poll(0, errors);
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors[0].partition, (TopicPartition{"t", 0}));
  EXPECT_EQ(errors[0].status.code(), StatusCode::kOffsetOutOfRange);
  EXPECT_FALSE(c->at_end({"t", 0}));
  ASSERT_OK(c->seek({{"t", 0}, PartitionStart::kEarliest}));
  EXPECT_THAT(take(*c, {"t", 0}), ElementsAre("3:k=3", "4:k=4"));
}

TEST_F(EmbeddedCleaner, DropsRecordsThatAreOlderThanTheRetentionTime) {
  ASSERT_OK(cluster_.create_topic("t", 1, {{"retention.ms", "1000"}}));
  put("k", "old");
  clock_.advance(1000);
  cluster_.clean();
  EXPECT_THAT(stored("t"), ElementsAre("0:k=old"));
  clock_.advance(1);
  cluster_.clean();
  EXPECT_THAT(stored("t"), IsEmpty());
  EXPECT_EQ(range().earliest, 1);
  put("k", "new");
  EXPECT_THAT(stored("t"), ElementsAre("1:k=new"));
}

TEST_F(EmbeddedCleaner, KeepsWithinTheRetentionBytesWhileRecordsAreWritten) {
  ASSERT_OK(cluster_.create_topic("t", 1, {{"retention.bytes", "100000"}}));
  for (int i = 0; i < 1000; ++i) put("k", std::string(1000, 'v'));
  EXPECT_EQ(range().earliest, 0);  // looked at every five minutes only
  clock_.advance(5 * 60 * 1000);
  for (int i = 0; i < 1000; ++i) put("k", std::string(1000, 'v'));
  EXPECT_GT(range().earliest, 700);
  EXPECT_EQ(range().latest, 2000);
}

TEST_F(EmbeddedCleaner, KeepsRecordsForEverWithoutRetention) {
  ASSERT_OK(cluster_.create_topic("t", 1, {{"retention.ms", "-1"}}));
  put("k", "v", 0);
  clock_.advance(1'000'000'000'000);
  cluster_.clean();
  EXPECT_THAT(stored("t"), ElementsAre("0:k=v"));
}

TEST_F(EmbeddedCleaner, CompactsToTheLastRecordOfEachKey) {
  ASSERT_OK(cluster_.create_topic("t", 1, {{"cleanup.policy", "compact"}}));
  put("a", "1");
  put("b", "1");
  put("a", "2");
  put("b", std::nullopt);
  put("c", "1");
  const auto c = consumer();
  const PartitionStart starts[] = {{{"t", 0}, 0}};
  ASSERT_OK(c->assign(starts));
  cluster_.clean();
  EXPECT_THAT(take(*c, {"t", 0}), ElementsAre("2:a=2", "3:b=null", "4:c=1"));
  EXPECT_EQ(range().earliest, 0);
  EXPECT_EQ(range().latest, 5);
  clock_.advance(86'399'999);
  cluster_.clean();
  EXPECT_THAT(stored("t"), ElementsAre("2:a=2", "3:b=null", "4:c=1"));
  clock_.advance(1);
  cluster_.clean();
  EXPECT_THAT(stored("t"), ElementsAre("2:a=2", "4:c=1"));
  put("d", "1");
  EXPECT_THAT(stored("t"), ElementsAre("2:a=2", "4:c=1", "5:d=1"));
}

TEST_F(EmbeddedCleaner, DoesNotCompactOpenTransactionsNorLetAbortedRecordsWin) {
  ASSERT_OK(cluster_.create_topic("t", 1, {{"cleanup.policy", "compact"}}));
  const auto p = producer({{"transactional.id", "x"}});
  ASSERT_OK(p->init_transactions(0));
  put("a", "1");
  put("a", "2");
  ASSERT_OK(p->begin_transaction());
  ASSERT_OK(send(*p, "t", "a", "aborted"));
  ASSERT_OK(p->abort_transaction(0));
  ASSERT_OK(p->begin_transaction());
  ASSERT_OK(send(*p, "t", "b", "1"));
  ASSERT_OK(send(*p, "t", "b", "2"));
  cluster_.clean();
  EXPECT_THAT(stored("t", false), ElementsAre("1:a=2", "4:b=1", "5:b=2"));
  ASSERT_OK(p->commit_transaction(0));
  cluster_.clean();
  EXPECT_THAT(stored("t"), ElementsAre("1:a=2", "5:b=2"));
  EXPECT_EQ(range().latest, 7);
}

TEST_F(EmbeddedCleaner, LeavesRecordsAloneThatAreYoungerThanTheLag) {
  ASSERT_OK(cluster_.create_topic("t", 1, {{"cleanup.policy", "compact"}, {"min.compaction.lag.ms", "1000"}}));
  put("a", "1");
  put("a", "2");
  clock_.advance(1000);
  put("a", "3");
  cluster_.clean();
  EXPECT_THAT(stored("t"), ElementsAre("1:a=2", "2:a=3"));
}

TEST_F(EmbeddedCleaner, CompactsWhileRecordsAreWritten) {
  ASSERT_OK(cluster_.create_topic("t", 1, {{"cleanup.policy", "compact"}}));
  constexpr int kRecords = 100'000;
  const auto p = producer();
  for (int i = 0; i < kRecords; ++i) ASSERT_OK(send(*p, "t", "key" + std::to_string(i % 10), std::to_string(i)));
  const auto left = cluster_.read("t").value();
  EXPECT_LT(left.size(), kRecords / 10u);
  std::map<OptionalBytes, OptionalBytes> last;
  for (const StoredRecord& r : left) last[r.key] = r.value;
  ASSERT_EQ(last.size(), 10u);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(last["key" + std::to_string(i)], std::to_string(kRecords - 10 + i));
}

TEST_F(EmbeddedCleaner, RefusesWhatACompactedTopicCannotHold) {
  ASSERT_OK(cluster_.create_topic("t", 1, {{"cleanup.policy", "compact"}}));
  EXPECT_EQ(cluster_.produce("t", {.value = "v"}).status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(admin()->delete_records({{{"t", 0}, 0, ""}}, 0).code(), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace streams::client
