// Transactions of the embedded cluster: visibility, fencing, offsets, time-outs.
#include "embedded_fixture.hpp"

#include <gmock/gmock.h>

namespace streams::client {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct NoListener : RebalanceListener {
  void on_assigned(std::span<const TopicPartition>) override {}
  void on_revoked(std::span<const TopicPartition>) override {}
  void on_lost(std::span<const TopicPartition>) override {}
};

class EmbeddedTransaction : public EmbeddedTest {
 protected:
  void SetUp() override { ASSERT_OK(cluster_.create_topic("t", 2)); }

  std::unique_ptr<Producer> transactional(const std::string& id = "x") {
    auto p = producer({{"transactional.id", id}, {"transaction.timeout.ms", "60000"}});
    EXPECT_OK(p->init_transactions(0));
    return p;
  }

  std::unique_ptr<Consumer> reader(const std::string& isolation) {
    auto c = consumer({{"isolation.level", isolation}});
    const PartitionStart starts[] = {{{"t", 0}, 0}};
    EXPECT_OK(c->assign(starts));
    return c;
  }

  std::int64_t committed(const std::string& group) {
    const auto offsets = consumer({{"group.id", group}})->committed({{"t", 0}}, 0);
    return offsets.ok() ? offsets.value()[0].offset : -1000 - static_cast<int>(offsets.status().code());
  }

  NoListener no_listener_;
};

TEST_F(EmbeddedTransaction, ShowsRecordsOnceTheyAreCommitted) {
  const auto p = transactional();
  const auto committed = reader("read_committed");
  const auto uncommitted = reader("read_uncommitted");
  ASSERT_OK(p->begin_transaction());
  ASSERT_OK(send(*p, "t", "k", "1"));
  ASSERT_TRUE(cluster_.produce("t", {.key = "k", .value = "2", .partition = 0}).ok());
  EXPECT_EQ(p->acked_offset({"t", 0}), -1);
  EXPECT_THAT(take(*committed, {"t", 0}), IsEmpty());
  EXPECT_TRUE(committed->at_end({"t", 0}));
  EXPECT_EQ(committed->position({"t", 0}), 0);
  EXPECT_THAT(take(*uncommitted, {"t", 0}), ElementsAre("0:k=1", "1:k=2"));
  ASSERT_OK(p->commit_transaction(0));
  EXPECT_EQ(p->acked_offset({"t", 0}), 0);
  EXPECT_THAT(take(*committed, {"t", 0}), ElementsAre("0:k=1", "1:k=2"));
  EXPECT_EQ(committed->position({"t", 0}), 3);  // past the marker
  EXPECT_EQ(uncommitted->position({"t", 0}), 3);
  EXPECT_TRUE(uncommitted->at_end({"t", 0}));
}

TEST_F(EmbeddedTransaction, HidesWhatWasAborted) {
  const auto p = transactional();
  const auto other = transactional("y");
  ASSERT_OK(p->begin_transaction());
  ASSERT_OK(other->begin_transaction());
  ASSERT_OK(send(*p, "t", "k", "bad"));
  ASSERT_OK(send(*other, "t", "k", "good"));
  ASSERT_OK(p->abort_transaction(0));
  ASSERT_OK(other->commit_transaction(0));
  ASSERT_OK(p->begin_transaction());
  ASSERT_OK(send(*p, "t", "k", "late"));
  ASSERT_OK(p->commit_transaction(0));
  EXPECT_THAT(stored("t"), ElementsAre("1:k=good", "4:k=late"));
  EXPECT_THAT(stored("t", false), ElementsAre("0:k=bad", "1:k=good", "4:k=late"));
}

TEST_F(EmbeddedTransaction, StepsOverAnAbortedTailWithoutRecords) {
  const auto p = transactional();
  const auto c = reader("read_committed");
  ASSERT_OK(p->begin_transaction());
  for (int i = 0; i < 1000; ++i) ASSERT_OK(send(*p, "t", "k", "bad"));
  ASSERT_OK(p->abort_transaction(0));
  EXPECT_THAT(take(*c, {"t", 0}), IsEmpty());
  EXPECT_TRUE(c->at_end({"t", 0}));
  EXPECT_EQ(c->position({"t", 0}), 1001);
}

TEST_F(EmbeddedTransaction, FencesTheOlderProducerAndAbortsItsTransaction) {
  const auto zombie = transactional();
  ASSERT_OK(zombie->begin_transaction());
  ASSERT_OK(send(*zombie, "t", "k", "zombie"));
  const auto p = transactional();
  EXPECT_THAT(stored("t"), IsEmpty());
  EXPECT_OK(send(*zombie, "t", "k", "late"));
  const auto errors = zombie->take_errors();
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors[0].status.code(), StatusCode::kFenced);
  EXPECT_EQ(errors[0].value, "late");
  EXPECT_EQ(zombie->commit_transaction(0).code(), StatusCode::kFenced);
  EXPECT_EQ(zombie->begin_transaction().code(), StatusCode::kFenced);
  ASSERT_OK(p->begin_transaction());
  ASSERT_OK(send(*p, "t", "k", "mine"));
  ASSERT_OK(p->commit_transaction(0));
  EXPECT_THAT(stored("t"), ElementsAre("2:k=mine"));
}

TEST_F(EmbeddedTransaction, CommitsOffsetsWithTheRecordsOrNotAtAll) {
  const auto c = consumer({{"group.id", "g"}});
  ASSERT_OK(c->subscribe({"t"}, no_listener_));
  std::vector<ConsumerError> errors;
  c->poll(0, errors);
  const auto p = transactional();
  ASSERT_OK(p->begin_transaction());
  ASSERT_OK(p->send_offsets({{{"t", 0}, 5, "m"}}, c->group_metadata().value(), 0));
  EXPECT_EQ(committed("g"), -1000 - static_cast<int>(StatusCode::kTimedOut));
  ASSERT_OK(p->abort_transaction(0));
  EXPECT_EQ(committed("g"), -1);
  ASSERT_OK(p->begin_transaction());
  ASSERT_OK(p->send_offsets({{{"t", 0}, 6, "m"}}, c->group_metadata().value(), 0));
  ASSERT_OK(p->commit_transaction(0));
  EXPECT_EQ(committed("g"), 6);
}

TEST_F(EmbeddedTransaction, RefusesOffsetsOfAnOutdatedGenerationAndGoesOnAfterAnAbort) {
  const auto a = consumer({{"group.id", "g"}});
  const auto b = consumer({{"group.id", "g"}});
  std::vector<ConsumerError> errors;
  ASSERT_OK(a->subscribe({"t"}, no_listener_));
  a->poll(0, errors);
  const GroupMetadata outdated = a->group_metadata().value();
  ASSERT_OK(b->subscribe({"t"}, no_listener_));
  b->poll(0, errors);
  a->poll(0, errors);

  const auto p = transactional();
  ASSERT_OK(p->begin_transaction());
  ASSERT_OK(send(*p, "t", "k", "1"));
  EXPECT_EQ(p->send_offsets({{{"t", 0}, 5, ""}}, outdated, 0).code(), StatusCode::kAbortable);
  EXPECT_EQ(p->commit_transaction(0).code(), StatusCode::kAbortable);
  EXPECT_EQ(send(*p, "t", "k", "2").code(), StatusCode::kAbortable);
  ASSERT_OK(p->abort_transaction(0));
  ASSERT_OK(p->begin_transaction());
  ASSERT_OK(p->send_offsets({{{"t", 0}, 5, ""}}, a->group_metadata().value(), 0));
  ASSERT_OK(p->commit_transaction(0));
  EXPECT_EQ(committed("g"), 5);
  EXPECT_THAT(stored("t"), IsEmpty());
}

TEST_F(EmbeddedTransaction, AbortsWhatIsOpenForTooLongAndFencesItsProducer) {
  const auto p = transactional();
  const auto c = reader("read_committed");
  ASSERT_OK(p->begin_transaction());
  ASSERT_OK(send(*p, "t", "k", "slow"));
  ASSERT_TRUE(cluster_.produce("t", {.key = "k", .value = "plain", .partition = 0}).ok());
  clock_.advance(59'999);
  EXPECT_THAT(take(*c, {"t", 0}), IsEmpty());
  clock_.advance(1);
  EXPECT_THAT(take(*c, {"t", 0}), ElementsAre("1:k=plain"));
  EXPECT_EQ(p->commit_transaction(0).code(), StatusCode::kFenced);
}

TEST_F(EmbeddedTransaction, MustBeAbortedAfterARefusedRecord) {
  const auto p = transactional();
  ASSERT_OK(p->begin_transaction());
  ASSERT_OK(send(*p, "t", "k", "1"));
  ASSERT_OK(send(*p, "t", "k", "1", 7));
  EXPECT_EQ(p->take_errors().size(), 1u);
  EXPECT_EQ(p->commit_transaction(0).code(), StatusCode::kAbortable);
  ASSERT_OK(p->abort_transaction(0));
  EXPECT_THAT(stored("t"), IsEmpty());
}

TEST_F(EmbeddedTransaction, RefusesCallsInTheWrongOrder) {
  const auto plain = producer();
  EXPECT_EQ(plain->init_transactions(0).code(), StatusCode::kInvalidArgument);
  const auto p = producer({{"transactional.id", "x"}});
  EXPECT_EQ(p->begin_transaction().code(), StatusCode::kInvalidArgument);
  ASSERT_OK(p->init_transactions(0));
  EXPECT_EQ(send(*p, "t", "k", "v").code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(p->commit_transaction(0).code(), StatusCode::kInvalidArgument);
  ASSERT_OK(p->begin_transaction());
  EXPECT_EQ(p->begin_transaction().code(), StatusCode::kInvalidArgument);
  ASSERT_OK(p->commit_transaction(0));  // nothing in it
}

}  // namespace
}  // namespace streams::client
