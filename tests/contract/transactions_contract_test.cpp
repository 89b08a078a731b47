// Client contract: transactions and who may see what they write.
#include "contract/client_contract.hpp"

namespace streams::client::contract {
namespace {

class TransactionsContract : public ClientContract {};

TEST_F(TransactionsContract, CommittedRecordsBecomeVisibleTogether) {
  const std::string first = topic();
  const std::string second = topic();
  const auto sender = transactional(fresh("id"));
  ASSERT_OK(sender->begin_transaction());
  send(*sender, first, 0, "a");
  send(*sender, second, 0, "b");
  ASSERT_OK(sender->flush(kPatienceMs));
  EXPECT_EQ(stored(first), (std::vector<OptionalBytes>{}));
  EXPECT_EQ(stored(first, 0, "read_uncommitted"), (std::vector<OptionalBytes>{"a"}));
  ASSERT_OK(sender->commit_transaction(kPatienceMs));
  EXPECT_EQ(stored_soon(first, 1), (std::vector<OptionalBytes>{"a"}));
  EXPECT_EQ(stored_soon(second, 1), (std::vector<OptionalBytes>{"b"}));
  EXPECT_EQ(sender->acked_offset({first, 0}), 0);
}

TEST_F(TransactionsContract, AbortedRecordsAreNeverReadCommitted) {
  const std::string name = topic();
  const auto sender = transactional(fresh("id"));
  for (int round = 0; round < 2; ++round) {
    ASSERT_OK(sender->begin_transaction());
    send(*sender, name, 0, "lost" + std::to_string(round));
    ASSERT_OK(sender->flush(kPatienceMs));
    ASSERT_OK(sender->abort_transaction(kPatienceMs));
    ASSERT_OK(sender->begin_transaction());
    send(*sender, name, 0, "kept" + std::to_string(round));
    ASSERT_OK(sender->commit_transaction(kPatienceMs));
  }
  EXPECT_EQ(stored_soon(name, 2), (std::vector<OptionalBytes>{"kept0", "kept1"}));
  EXPECT_EQ(stored(name, 0, "read_uncommitted"), (std::vector<OptionalBytes>{"lost0", "kept0", "lost1", "kept1"}));
  EXPECT_EQ(sender->take_errors().size(), 0u);
}

TEST_F(TransactionsContract, OffsetsCountTheMarkersOfTransactions) {
  const std::string name = topic();
  const TopicPartition partition{name, 0};
  const auto sender = transactional(fresh("id"));
  for (int round = 0; round < 2; ++round) {
    ASSERT_OK(sender->begin_transaction());
    for (int n = 0; n < 3; ++n) send(*sender, name, 0, "v");
    ASSERT_OK(sender->commit_transaction(kPatienceMs));
    EXPECT_EQ(sender->acked_offset(partition), 4 * round + 2);
  }
  Reader reader(consumer());
  reader.assign({partition});
  ASSERT_TRUE(reader.until([&] { return reader.consumer().position(partition) == 8; }));
  std::vector<std::int64_t> offsets;
  for (const Seen& record : reader.seen) offsets.push_back(record.offset);
  EXPECT_EQ(offsets, (std::vector<std::int64_t>{0, 1, 2, 4, 5, 6}));
  ASSERT_TRUE(reader.to_end());
  const auto range = admin().offsets({partition}, kPatienceMs);
  ASSERT_OK(range);
  EXPECT_EQ(range.value().at(partition).latest, 8);
}

TEST_F(TransactionsContract, TheEndIsWhereTheFirstOpenTransactionBegins) {
  const std::string name = topic();
  const TopicPartition partition{name, 0};
  send_numbers(name, 0, 0, 2);
  const auto open = transactional(fresh("id"));
  ASSERT_OK(open->begin_transaction());
  send(*open, name, 0, "open");
  ASSERT_OK(open->flush(kPatienceMs));
  send_numbers(name, 0, 2, 4);  // behind it
  Reader reader(consumer());
  reader.assign({partition});
  ASSERT_TRUE(reader.to_end());
  EXPECT_EQ(reader.values(), numbers(0, 2));
  EXPECT_EQ(reader.consumer().position(partition), 2);
  const auto range = admin().offsets({partition}, kPatienceMs);
  ASSERT_OK(range);
  EXPECT_EQ(range.value().at(partition).latest, 5);  // of all records
  ASSERT_OK(open->abort_transaction(kPatienceMs));
  ASSERT_TRUE(reader.until([&] { return reader.seen.size() == 4; }));
  EXPECT_EQ(reader.values(), numbers(0, 4));
  ASSERT_TRUE(reader.until([&] { return reader.consumer().position(partition) == 6; }));
}

TEST_F(TransactionsContract, OffsetsAreCommittedWithTheRecordsOrNotAtAll) {
  const std::string name = topic();
  const std::string group = fresh("group");
  Member member(group_consumer(group));
  ASSERT_OK(member.reader.consumer().subscribe({name}, member));
  ASSERT_TRUE(together({&member}, [&] { return member.owned.size() == 1; }));
  const auto sender = transactional(fresh("id"));
  const auto commit_offset = [&](std::int64_t offset) {
    const auto metadata = member.reader.consumer().group_metadata();
    ASSERT_OK(metadata);
    ASSERT_OK(sender->begin_transaction());
    send(*sender, name, 0, "v");
    ASSERT_OK(sender->send_offsets({{{name, 0}, offset, "m"}}, metadata.value(), kPatienceMs));
  };
  commit_offset(3);
  ASSERT_OK(sender->abort_transaction(kPatienceMs));
  EXPECT_EQ(committed(group, {name, 0}).offset, -1);
  commit_offset(4);
  ASSERT_OK(sender->commit_transaction(kPatienceMs));
  const OffsetAndMetadata now = committed(group, {name, 0});
  EXPECT_EQ(now.offset, 4);
  EXPECT_EQ(now.metadata, "m");
}

TEST_F(TransactionsContract, ANewProducerWithTheSameIdFencesTheOldOne) {
  const std::string name = topic();
  const std::string id = fresh("id");
  const auto old = transactional(id);
  ASSERT_OK(old->begin_transaction());
  send(*old, name, 0, "old");
  ASSERT_OK(old->flush(kPatienceMs));
  const auto fresh_one = transactional(id);  // aborts what was open
  send(*old, name, 0, "zombie");
  const Status refused = old->commit_transaction(kPatienceMs);
  EXPECT_EQ(refused.code(), StatusCode::kFenced) << refused.message();
  EXPECT_EQ(old->begin_transaction().code(), StatusCode::kFenced);
  ASSERT_OK(fresh_one->begin_transaction());
  send(*fresh_one, name, 0, "new");
  ASSERT_OK(fresh_one->commit_transaction(kPatienceMs));
  EXPECT_EQ(stored_soon(name, 1), (std::vector<OptionalBytes>{"new"}));
}

TEST_F(TransactionsContract, ARefusedRecordMakesTheTransactionAbortable) {
  const std::string name = topic(1, {{"max.message.bytes", "2000"}});
  const auto sender = transactional(fresh("id"));
  ASSERT_OK(sender->begin_transaction());
  send(*sender, name, 0, "small");
  ASSERT_OK(sender->send({name, 0, std::nullopt, std::string(5000, 'x'), 1, nullptr}));
  const Status status = sender->commit_transaction(kPatienceMs);
  EXPECT_EQ(status.code(), StatusCode::kAbortable) << status.message();
  ASSERT_OK(sender->abort_transaction(kPatienceMs));
  // librdkafka 2.0 gives the refused record's sequence number away, and needs a second abort to get over it.
  Status next(StatusCode::kAbortable, "");
  for (int attempt = 0; attempt < 2 && next.code() == StatusCode::kAbortable; ++attempt) {
    if (attempt > 0) ASSERT_OK(sender->abort_transaction(kPatienceMs));
    ASSERT_OK(sender->begin_transaction());
    send(*sender, name, 0, "next");
    next = sender->commit_transaction(kPatienceMs);
  }
  EXPECT_OK(next);
  EXPECT_EQ(stored_soon(name, 1), (std::vector<OptionalBytes>{"next"}));
}

TEST_F(TransactionsContract, SendingOutsideOfATransactionIsRefused) {
  const std::string name = topic();
  const auto sender = transactional(fresh("id"));
  const Status status = sender->send({name, 0, std::nullopt, "v", 1, nullptr});
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << status.message();
  EXPECT_EQ(sender->commit_transaction(kPatienceMs).code(), StatusCode::kInvalidArgument);
}

TEST_F(TransactionsContract, EmptyTransactionsCommitAndAbort) {
  const auto sender = transactional(fresh("id"));
  ASSERT_OK(sender->begin_transaction());
  EXPECT_OK(sender->commit_transaction(kPatienceMs));
  ASSERT_OK(sender->begin_transaction());
  EXPECT_OK(sender->abort_transaction(kPatienceMs));
}

TEST_F(TransactionsContract, AnOpenTransactionEndsWhenItsTimeIsUp) {
  const std::string name = topic();
  const auto slow = transactional(fresh("id"), {{"transaction.timeout.ms", "1500"}, {"message.timeout.ms", "1000"}});
  ASSERT_OK(slow->begin_transaction());
  send(*slow, name, 0, "abandoned");
  ASSERT_OK(slow->flush(kPatienceMs));
  send_numbers(name, 0, 0, 1);
  Reader reader(consumer());
  reader.assign({{name, 0}});
  ASSERT_TRUE(reader.until([&] { return !reader.seen.empty(); }));
  EXPECT_EQ(reader.values(), numbers(0, 1));
  const Status late = slow->commit_transaction(kPatienceMs);
  EXPECT_EQ(late.code(), StatusCode::kFenced) << late.message();
}

}  // namespace
}  // namespace streams::client::contract
