// What a stream thread does when clients fail: the work since the last commit is done again, once.
#include "faulty_clients.hpp"
#include "test_processors.hpp"
#include "thread_fixture.hpp"

namespace streams::runtime {
namespace {

using Strings = std::vector<std::string>;

class FaultsTest : public StreamThreadTest {
 protected:
  client::ClientFactory& clients() override { return faulty_; }
  StreamsConfig exactly_once() {
    StreamsConfig out = config();
    out.set("processing.guarantee", "exactly_once_v2");
    return out;
  }
  void create_topics() {
    create("in");
    create("out");
  }
  /// Runs one record, then a second one whose commit meets the faults, then a third.
  void run(Instance& app, const std::function<void()>& prepare_faults) {
    produce("in", "a", "x");
    app.settle();
    commit(app);
    prepare_faults();
    produce("in", "a", "x");
    for (int i = 0; i < 5; ++i) commit(app);
    produce("in", "a", "x");
    for (int i = 0; i < 5; ++i) commit(app);
  }

  Faults faults_;
  FaultyClients faulty_{cluster_.clients(), faults_};
};

struct TransactionFault {
  std::string call;
  StatusCode code;
  int times;
  int producers;  ///< made in all
};

class TransactionFaultTest : public FaultsTest, public testing::WithParamInterface<TransactionFault> {};

TEST_P(TransactionFaultTest, IsDoneAgainOnce) {
  create_topics();
  const auto app = instance(count_per_key(), exactly_once());
  const TransactionFault& fault = GetParam();
  run(*app, [&] { faults_.fail(fault.call, fault.code, fault.times); });
  EXPECT_EQ(read("out"), (Strings{"a=1@0", "a=2@0", "a=3@0"}));
  EXPECT_EQ(read("app-counts-changelog"), (Strings{"a=1@0", "a=2@0", "a=3@0"}));
  EXPECT_EQ(faults_.calls["producer"], fault.producers);
  EXPECT_TRUE(faults_.next[fault.call].empty()) << "the fault was met";
}

INSTANTIATE_TEST_SUITE_P(Faults, TransactionFaultTest,
                         testing::Values(TransactionFault{"commit_transaction", StatusCode::kAbortable, 1, 1},
                                         TransactionFault{"commit_transaction", StatusCode::kFenced, 1, 2},
                                         TransactionFault{"commit_transaction", StatusCode::kTimedOut, 1, 1},
                                         TransactionFault{"commit_transaction", StatusCode::kTimedOut, 15, 2},
                                         TransactionFault{"send_offsets", StatusCode::kAbortable, 1, 1},
                                         TransactionFault{"send_offsets", StatusCode::kFatal, 1, 2},
                                         TransactionFault{"group_metadata", StatusCode::kRebalanceInProgress, 3, 1},
                                         TransactionFault{"delivery", StatusCode::kTimedOut, 1, 1},
                                         TransactionFault{"delivery", StatusCode::kFenced, 1, 2}),
                         [](const auto& named) {
                           return named.param.call.substr(0, named.param.call.find('_')) + std::to_string(named.index);
                         });

TEST_F(FaultsTest, GoesOnWithANewProducerWhereTheTransactionCannotBeAborted) {
  create_topics();
  const auto app = instance(count_per_key(), exactly_once());
  run(*app, [&] {
    faults_.fail("commit_transaction", StatusCode::kAbortable);
    faults_.fail("abort_transaction", StatusCode::kFatal);
  });
  EXPECT_EQ(read("out"), (Strings{"a=1@0", "a=2@0", "a=3@0"}));
  EXPECT_EQ(faults_.calls["producer"], 2);
}

TEST_F(FaultsTest, KeepsTryingToCommitOffsets) {
  create_topics();
  const auto app = instance(count_per_key(), config());
  run(*app, [&] {
    faults_.fail("commit", StatusCode::kRebalanceInProgress, 2);
    faults_.fail("commit", StatusCode::kTimedOut, 2);
  });
  EXPECT_EQ(read("out"), (Strings{"a=1@0", "a=2@0", "a=3@0"}));
  EXPECT_TRUE(faults_.next["commit"].empty());
  EXPECT_EQ(logged("Offsets cannot be committed"), 0u) << "a rebalance is nothing to warn of";
}

TEST_F(FaultsTest, GivesUpWhenOffsetsCannotBeCommittedForTooLong) {
  create_topics();
  auto settings = config();
  settings.set("task.timeout.ms", 1000);
  const auto app = instance(count_per_key(), settings);
  produce("in", "a", "x");
  app->settle();
  faults_.fail("commit", StatusCode::kTimedOut, 1000);
  const auto wait = [&] {
    for (int i = 0; i < 20; ++i) commit(*app);
  };
  EXPECT_THROW(wait(), StreamsError);
}

TEST_F(FaultsTest, SendsAgainUnderAtLeastOnceWhatWasNotAcknowledged) {
  create_topics();
  const auto app = instance(keep_short(), config());
  produce("in", "a", "1");
  app->settle();
  commit(*app);
  produce("in", "a", "2");
  faults_.fail("delivery", StatusCode::kTimedOut);
  for (int i = 0; i < 5; ++i) commit(*app);
  EXPECT_EQ(read("out"), (Strings{"a=1@0", "a=2@0", "a=2@0"}));
}

TEST_F(FaultsTest, WaitsForCommittedOffsets) {
  create_topics();
  produce("in", "a", "1");
  faults_.fail("committed", StatusCode::kTimedOut, 3);
  const auto app = instance(keep_short(), config());
  for (int i = 0; i < 5; ++i) commit(*app);
  EXPECT_EQ(read("out"), (Strings{"a=1@0"}));
}

TEST_F(FaultsTest, WaitsForTheTransactionCoordinator) {
  create_topics();
  produce("in", "a", "1");
  faults_.fail("init_transactions", StatusCode::kTimedOut, 3);
  const auto app = instance(keep_short(), exactly_once());
  for (int i = 0; i < 5; ++i) commit(*app);
  EXPECT_EQ(read("out"), (Strings{"a=1@0"}));
}

}  // namespace
}  // namespace streams::runtime
