// Client contract: producing and consuming without groups and transactions.
#include "contract/client_contract.hpp"

namespace streams::client::contract {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class RecordsContract : public ClientContract {};

TEST_F(RecordsContract, KeepsTheOrderOfAPartition) {
  const std::string name = topic(3);
  for (std::int32_t p = 0; p < 3; ++p) send_numbers(name, p, 100 * p, 100 * p + 250);
  Reader reader(consumer());
  reader.assign({{name, 0}, {name, 2}});
  ASSERT_TRUE(reader.to_end());
  std::map<std::int32_t, std::vector<OptionalBytes>> by_partition;
  for (const Seen& record : reader.seen) {
    by_partition[record.partition].push_back(record.value);
    ASSERT_EQ(record.offset + 1, static_cast<std::int64_t>(by_partition[record.partition].size()));
  }
  EXPECT_EQ(by_partition,
            (std::map<std::int32_t, std::vector<OptionalBytes>>{{0, numbers(0, 250)}, {2, numbers(200, 450)}}));
}

TEST_F(RecordsContract, TellsNullFromEmptyInKeysValuesAndHeaders) {
  const std::string name = topic();
  const auto sender = producer();
  const Headers headers{{"a", "1"}, {"b", std::nullopt}, {"a", ""}, {"", "nameless"}};
  const std::string with_zero("x\0y", 3);
  ASSERT_OK(sender->send({name, 0, std::nullopt, std::nullopt, 1, nullptr}));
  ASSERT_OK(sender->send({name, 0, "", "", 2, &headers}));
  ASSERT_OK(sender->send({name, 0, OptionalView(BytesView()), with_zero, 3, nullptr}));
  ASSERT_OK(sender->flush(kPatienceMs));
  Reader reader(consumer());
  reader.assign({{name, 0}});
  ASSERT_TRUE(reader.to_end());
  EXPECT_THAT(reader.seen, ElementsAre(Seen{0, 0, 1, std::nullopt, std::nullopt}, Seen{0, 1, 2, "", "", headers},
                                       Seen{0, 2, 3, "", with_zero}));
}

TEST_F(RecordsContract, KeepsTimestampsAndFillsInMissingOnes) {
  const std::string name = topic();
  const auto sender = producer();
  const auto now_ms = [] {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  };
  const std::int64_t before = now_ms();
  for (const Timestamp time : {Timestamp{0}, Timestamp{1}, Timestamp{1'600'000'000'123}, Timestamp{5}, Timestamp{-1}}) {
    ASSERT_OK(sender->send({name, 0, std::nullopt, "v", time, nullptr}));
  }
  ASSERT_OK(sender->flush(kPatienceMs));
  const std::int64_t after = now_ms();
  Reader reader(consumer());
  reader.assign({{name, 0}});
  ASSERT_TRUE(reader.to_end());
  std::vector<Timestamp> times;
  for (const Seen& record : reader.seen) times.push_back(record.timestamp);
  ASSERT_EQ(times.size(), 5u);
  EXPECT_GE(times[4], before);
  EXPECT_LE(times[4], after);
  times.pop_back();
  EXPECT_THAT(times, ElementsAre(0, 1, 1'600'000'000'123, 5));
}

TEST_F(RecordsContract, PositionIsTheNextOffsetToComeOutOfFetch) {
  const std::string name = topic();
  send_numbers(name, 0, 0, 10);
  const TopicPartition partition{name, 0};
  Reader reader(consumer());
  reader.assign({partition}, 3);
  EXPECT_EQ(reader.consumer().position(partition), 3);
  EXPECT_EQ(reader.consumer().position({name, 1}), -1);
  std::unique_ptr<RecordBatch> batch;
  std::vector<ConsumerError> errors;
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while ((batch = reader.consumer().fetch(partition, 4)) == nullptr && std::chrono::steady_clock::now() < deadline) {
    reader.consumer().poll(50, errors);
  }
  ASSERT_NE(batch, nullptr);
  ASSERT_LE(batch->records().size(), 4u);
  EXPECT_EQ(reader.consumer().position(partition), batch->records().back().offset + 1);
  EXPECT_FALSE(reader.consumer().at_end(partition));
  ASSERT_TRUE(reader.to_end());
  EXPECT_EQ(reader.consumer().position(partition), 10);
  EXPECT_EQ(errors.size() + reader.errors.size(), 0u);
}

TEST_F(RecordsContract, IsAtTheEndAgainAfterEveryNewEnd) {
  const std::string name = topic(2);
  const TopicPartition partition{name, 0};
  Reader reader(consumer());
  reader.assign({partition});
  EXPECT_FALSE(reader.consumer().at_end(partition));
  ASSERT_TRUE(reader.to_end());  // an empty partition has an end as well
  EXPECT_EQ(reader.seen.size(), 0u);
  EXPECT_EQ(reader.consumer().position(partition), 0);
  for (int n = 0; n < 3; ++n) {
    send_numbers(name, 0, n, n + 1);
    ASSERT_TRUE(reader.until([&] { return reader.values() == numbers(0, n + 1); }));
    ASSERT_TRUE(reader.to_end());
    EXPECT_EQ(reader.consumer().position(partition), n + 1);
  }
  EXPECT_FALSE(reader.consumer().at_end({name, 1}));  // not assigned
}

TEST_F(RecordsContract, StartsAtTheOffsetsItIsGiven) {
  const std::string name = topic();
  send_numbers(name, 0, 0, 5);
  Reader from_three(consumer());
  from_three.assign({{name, 0}}, 3);
  ASSERT_TRUE(from_three.to_end());
  EXPECT_EQ(from_three.values(), numbers(3, 5));
  Reader latest(consumer());
  latest.assign({{name, 0}}, PartitionStart::kLatest);
  ASSERT_TRUE(latest.to_end());
  EXPECT_EQ(latest.consumer().position({name, 0}), 5);
  send_numbers(name, 0, 5, 6);
  ASSERT_TRUE(latest.until([&] { return !latest.seen.empty(); }));
  EXPECT_EQ(latest.values(), numbers(5, 6));
}

TEST_F(RecordsContract, SeekDropsWhatWasPrefetchedAndReadsFromThere) {
  const std::string name = topic(2);
  send_numbers(name, 0, 0, 300);
  send_numbers(name, 1, 0, 3);
  const TopicPartition partition{name, 0};
  Reader reader(consumer());
  reader.assign({partition, {name, 1}});
  ASSERT_TRUE(reader.until([&] { return !reader.seen.empty(); }));
  ASSERT_TRUE(reader.to_end());
  for (const std::int64_t offset : {std::int64_t{297}, std::int64_t{0}, std::int64_t{100}}) {
    reader.seen.clear();
    ASSERT_OK(reader.consumer().seek({partition, offset}));
    EXPECT_FALSE(reader.consumer().at_end(partition));
    EXPECT_EQ(reader.consumer().position(partition), offset);
    ASSERT_TRUE(reader.to_end());
    EXPECT_EQ(reader.values(), numbers(static_cast<int>(offset), 300));
  }
  EXPECT_EQ(reader.consumer().seek({{name, 7}, 0}).code(), StatusCode::kInvalidArgument);
}

TEST_F(RecordsContract, SeeksRightAfterAssigning) {
  const std::string name = topic();
  send_numbers(name, 0, 0, 20);
  Reader reader(consumer());
  reader.assign({{name, 0}});
  ASSERT_OK(reader.consumer().seek({{name, 0}, 15}));
  ASSERT_TRUE(reader.to_end());
  EXPECT_EQ(reader.values(), numbers(15, 20));
}

TEST_F(RecordsContract, UnassignedPartitionsGiveNothingAndCanBeAssignedAgain) {
  const std::string name = topic(2);
  send_numbers(name, 0, 0, 20);
  send_numbers(name, 1, 0, 5);
  Reader reader(consumer());
  reader.assign(partitions_of(name, 2));
  ASSERT_TRUE(reader.to_end());
  const std::vector<TopicPartition> first{{name, 0}};
  ASSERT_OK(reader.consumer().unassign(first));
  EXPECT_EQ(reader.consumer().fetch({name, 0}, 10), nullptr);
  EXPECT_EQ(reader.consumer().position({name, 0}), -1);
  EXPECT_OK(reader.consumer().unassign(first));  // once more does no harm
  reader.seen.clear();
  reader.assign(first, 18);
  ASSERT_TRUE(reader.to_end());
  EXPECT_EQ(reader.values(), numbers(18, 20));
  const std::vector<PartitionStart> again{{{name, 1}, 0}};
  EXPECT_EQ(reader.consumer().assign(again).code(), StatusCode::kInvalidArgument);
}

TEST_F(RecordsContract, PollEndsWhenRecordsArrive) {
  const std::string name = topic();
  Reader reader(consumer());
  reader.assign({{name, 0}});
  ASSERT_TRUE(reader.to_end());
  send_numbers(name, 0, 0, 1);
  const auto begun = std::chrono::steady_clock::now();
  while (reader.seen.empty() && std::chrono::steady_clock::now() - begun < kPatience) reader.turn(kPatienceMs);
  EXPECT_EQ(reader.values(), numbers(0, 1));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, kPatience / 2);
}

TEST_F(RecordsContract, PollDoesNotWaitWhileRecordsAreLeft) {
  const std::string name = topic();
  send_numbers(name, 0, 0, 5);
  Reader reader(consumer());
  std::vector<ConsumerError> errors;
  const std::vector<PartitionStart> start{{{name, 0}, 0}};
  ASSERT_OK(reader.consumer().assign(start));
  std::vector<std::int64_t> offsets;
  const auto begun = std::chrono::steady_clock::now();
  while (offsets.size() < 5 && std::chrono::steady_clock::now() - begun < kPatience) {
    reader.consumer().poll(kPatienceMs, errors);
    if (const auto batch = reader.consumer().fetch({name, 0}, 1)) offsets.push_back(batch->records()[0].offset);
  }
  EXPECT_THAT(offsets, ElementsAre(0, 1, 2, 3, 4));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, kPatience / 2);
}

TEST_F(RecordsContract, BatchesOutliveTheirConsumer) {
  const std::string name = topic();
  send_numbers(name, 0, 0, 3);
  std::unique_ptr<RecordBatch> batch;
  {
    Reader reader(consumer());
    std::vector<ConsumerError> errors;
    const std::vector<PartitionStart> start{{{name, 0}, 2}};
    ASSERT_OK(reader.consumer().assign(start));
    const auto begun = std::chrono::steady_clock::now();
    while (batch == nullptr && std::chrono::steady_clock::now() - begun < kPatience) {
      reader.consumer().poll(50, errors);
      batch = reader.consumer().fetch({name, 0}, 10);
    }
  }
  ASSERT_NE(batch, nullptr);
  EXPECT_EQ(batch->records()[0].value, OptionalView("2"));
  EXPECT_TRUE(batch->headers(batch->records()[0]).empty());
}

TEST_F(RecordsContract, AckedOffsetIsTheLastOneWritten) {
  const std::string name = topic(2);
  const auto sender = producer();
  EXPECT_EQ(sender->acked_offset({name, 0}), -1);
  for (int n = 0; n < 7; ++n) send(*sender, name, 0, "v");
  ASSERT_OK(sender->flush(kPatienceMs));
  EXPECT_EQ(sender->acked_offset({name, 0}), 6);
  EXPECT_EQ(sender->acked_offset({name, 1}), -1);
  send(*sender, name, 0, "v");
  ASSERT_OK(sender->flush(kPatienceMs));
  EXPECT_EQ(sender->acked_offset({name, 0}), 7);
}

TEST_F(RecordsContract, CountsPartitionsAndKnowsMissingTopics) {
  const std::string name = topic(5);
  const auto sender = producer();
  const auto count = sender->partitions(name, kPatienceMs);
  ASSERT_OK(count);
  EXPECT_EQ(count.value(), 5);
  const auto missing = sender->partitions(fresh("missing"), kPatienceMs);
  EXPECT_EQ(missing.status().code(), StatusCode::kNotFound) << missing.status().message();
}

TEST_F(RecordsContract, RefusedRecordsComeBackWithTheirBytes) {
  const std::string name = topic(1, {{"max.message.bytes", "2000"}});
  const auto sender = producer();
  ASSERT_OK(sender->send({name, 0, "key", std::string(5000, 'x'), 1, nullptr}));
  sender->flush(kPatienceMs).ignore("what counts are the errors");
  const auto errors = sender->take_errors();
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors[0].partition, (TopicPartition{name, 0}));
  EXPECT_EQ(errors[0].key, "key");
  EXPECT_EQ(errors[0].value, std::string(5000, 'x'));
  EXPECT_EQ(errors[0].status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(errors[0].status.message(), HasSubstr(name + "[0]"));
  EXPECT_EQ(sender->take_errors().size(), 0u);
}

TEST_F(RecordsContract, SendingToAMissingTopicFails) {
  const std::string name = fresh("missing");
  const auto sender = producer({{"topic.metadata.propagation.max.ms", "500"}, {"message.timeout.ms", "3000"}});
  const Status sent = sender->send({name, 0, "key", "value", 1, nullptr});
  if (!sent.ok()) {
    EXPECT_EQ(sent.code(), StatusCode::kNotFound) << sent.message();
    return;
  }
  sender->flush(kPatienceMs).ignore("what counts are the errors");
  const auto errors = sender->take_errors();
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors[0].status.code(), StatusCode::kNotFound) << errors[0].status.message();
  EXPECT_THAT(errors[0].status.message(), HasSubstr(name));
}

TEST_F(RecordsContract, ReportsAMissingTopicThatIsAssigned) {
  const std::string name = fresh("missing");
  Reader reader(consumer({{"topic.metadata.propagation.max.ms", "500"}}));
  reader.assign({{name, 0}});
  ASSERT_TRUE(reader.until([&] { return !reader.errors.empty(); }));
  EXPECT_EQ(reader.errors[0].status.code(), StatusCode::kNotFound) << reader.errors[0].status.message();
  EXPECT_THAT(reader.errors[0].status.message(), HasSubstr(name));
}

TEST_F(RecordsContract, ReportsOffsetsThatAreGoneAndReadsOnAfterSeek) {
  const std::string name = topic();
  send_numbers(name, 0, 0, 10);
  ASSERT_OK(admin().delete_records({{{name, 0}, 4, ""}}, kPatienceMs));
  Reader reader(consumer());
  reader.assign({{name, 0}}, 2);
  ASSERT_TRUE(reader.until([&] { return !reader.errors.empty(); }));
  EXPECT_EQ(reader.errors[0].partition, (TopicPartition{name, 0}));
  EXPECT_EQ(reader.errors[0].status.code(), StatusCode::kOffsetOutOfRange) << reader.errors[0].status.message();
  EXPECT_EQ(reader.seen.size(), 0u);
  ASSERT_OK(reader.consumer().seek({{name, 0}, PartitionStart::kEarliest}));
  ASSERT_TRUE(reader.to_end());
  EXPECT_EQ(reader.values(), numbers(4, 10));
}

}  // namespace
}  // namespace streams::client::contract
