// What a stream thread does when clients fail: the work since the last commit is done again, once.
#include "faulty_clients.hpp"
#include "test_processors.hpp"
#include "thread_fixture.hpp"

#include <cctype>

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

/// A name that says what was made to fail, and how.
template <class Fault>
std::string fault_name(const testing::TestParamInfo<Fault>& named) {
  std::string out;
  bool upper = true;
  for (const char c : named.param.call) {
    if (c != '_') out += upper ? static_cast<char>(std::toupper(c)) : c;
    upper = c == '_';
  }
  return out + "Code" + std::to_string(static_cast<int>(named.param.code)) + "No" + std::to_string(named.index);
}

constexpr int kForLong = 15;  ///< times, each of which means ten seconds

INSTANTIATE_TEST_SUITE_P(Faults, TransactionFaultTest,
                         testing::Values(TransactionFault{"begin_transaction", StatusCode::kAbortable, 1, 1},
                                         TransactionFault{"begin_transaction", StatusCode::kFenced, 1, 2},
                                         TransactionFault{"begin_transaction", StatusCode::kFatal, 1, 2},
                                         TransactionFault{"send", StatusCode::kAbortable, 1, 1},
                                         TransactionFault{"send", StatusCode::kFenced, 1, 2},
                                         TransactionFault{"send", StatusCode::kFatal, 1, 2},
                                         TransactionFault{"send", StatusCode::kTimedOut, 1, 1},
                                         TransactionFault{"flush", StatusCode::kTimedOut, 1, 1},
                                         TransactionFault{"flush", StatusCode::kTimedOut, kForLong, 2},
                                         TransactionFault{"send_offsets", StatusCode::kAbortable, 1, 1},
                                         TransactionFault{"send_offsets", StatusCode::kUnavailable, 1, 1},
                                         TransactionFault{"send_offsets", StatusCode::kTimedOut, 1, 1},
                                         TransactionFault{"send_offsets", StatusCode::kTimedOut, kForLong, 2},
                                         TransactionFault{"send_offsets", StatusCode::kFenced, 1, 2},
                                         TransactionFault{"send_offsets", StatusCode::kFatal, 1, 2},
                                         TransactionFault{"commit_transaction", StatusCode::kAbortable, 1, 1},
                                         TransactionFault{"commit_transaction", StatusCode::kUnavailable, 1, 1},
                                         TransactionFault{"commit_transaction", StatusCode::kFenced, 1, 2},
                                         TransactionFault{"commit_transaction", StatusCode::kFatal, 1, 2},
                                         TransactionFault{"commit_transaction", StatusCode::kTimedOut, 1, 1},
                                         TransactionFault{"commit_transaction", StatusCode::kTimedOut, kForLong, 2},
                                         TransactionFault{"group_metadata", StatusCode::kRebalanceInProgress, 3, 1},
                                         TransactionFault{"delivery", StatusCode::kTimedOut, 1, 1},
                                         TransactionFault{"delivery", StatusCode::kAbortable, 1, 1},
                                         TransactionFault{"delivery", StatusCode::kFenced, 1, 2},
                                         TransactionFault{"delivery", StatusCode::kFatal, 1, 2},
                                         TransactionFault{"poll", StatusCode::kUnavailable, 3, 1}),
                         fault_name<TransactionFault>);

/// What no repetition cures stops the thread, with the cause; one that takes its place does the work again.
struct LastFault {
  std::string call;
  StatusCode code;
  std::string guarantee = "exactly_once_v2";
};

class LastFaultTest : public FaultsTest, public testing::WithParamInterface<LastFault> {};

TEST_P(LastFaultTest, StopsTheThreadAndItsSuccessorDoesItAgain) {
  create_topics();
  const LastFault& fault = GetParam();
  auto settings = config();
  settings.set("processing.guarantee", fault.guarantee);
  settings.set("production.exception.handler", "DefaultProductionExceptionHandler");
  auto app = instance(count_per_key(), settings);
  try {
    run(*app, [&] { faults_.fail(fault.call, fault.code); });
    FAIL() << "the thread goes on";
  } catch (const StreamsError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("made to fail"));
  }
  app->thread().close(false);
  app.reset();
  app = instance(count_per_key(), settings);
  for (int i = 0; i < 5; ++i) commit(*app);
  // At least once: what was sent but not committed is in the changelog, and counted again.
  const bool twice = fault.guarantee != "exactly_once_v2" && fault.call != "poll";
  EXPECT_EQ(read("out"), twice ? (Strings{"a=1@0", "a=2@0", "a=3@0"}) : (Strings{"a=1@0", "a=2@0"}));
}

INSTANTIATE_TEST_SUITE_P(Faults, LastFaultTest,
                         testing::Values(LastFault{"begin_transaction", StatusCode::kAuthorization},
                                         LastFault{"send", StatusCode::kAuthorization},
                                         LastFault{"send", StatusCode::kInvalidArgument},
                                         LastFault{"send_offsets", StatusCode::kAuthorization},
                                         LastFault{"commit_transaction", StatusCode::kAuthorization},
                                         LastFault{"delivery", StatusCode::kAuthorization},
                                         LastFault{"delivery", StatusCode::kInvalidArgument},
                                         LastFault{"poll", StatusCode::kAuthorization},
                                         LastFault{"poll", StatusCode::kFenced}, LastFault{"poll", StatusCode::kFatal},
                                         LastFault{"poll", StatusCode::kFatal, "at_least_once"},
                                         LastFault{"commit", StatusCode::kAuthorization, "at_least_once"},
                                         LastFault{"commit", StatusCode::kInvalidArgument, "at_least_once"},
                                         LastFault{"delivery", StatusCode::kAuthorization, "at_least_once"}),
                         fault_name<LastFault>);

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

TEST_F(FaultsTest, GivesUpWhenTransactionsAreAbortedForTooLong) {
  create_topics();
  auto settings = exactly_once();
  settings.set("task.timeout.ms", 1000);
  auto app = instance(count_per_key(), settings);
  produce("in", "a", "x");
  faults_.fail("commit_transaction", StatusCode::kAbortable, 1000);
  const auto wait = [&] {
    for (int i = 0; i < 20; ++i) commit(*app);
  };
  try {
    wait();
    FAIL() << "it goes on for ever";
  } catch (const StreamsError& error) {
    EXPECT_THAT(error.what(),
                testing::AllOf(testing::HasSubstr("task.timeout.ms"), testing::HasSubstr("made to fail")));
  }
  app->thread().close(false);
  app.reset();
  faults_.next.clear();
  app = instance(count_per_key(), settings);
  for (int i = 0; i < 5; ++i) commit(*app);
  EXPECT_EQ(read("out"), (Strings{"a=1@0"}));
}

TEST_F(FaultsTest, AbortsThatAreFollowedByACommitDoNotAddUp) {
  create_topics();
  auto settings = exactly_once();
  settings.set("task.timeout.ms", 300);
  const auto app = instance(count_per_key(), settings);
  Strings expected;
  for (int i = 1; i <= 10; ++i) {
    produce("in", "a", "x");
    faults_.fail("commit_transaction", StatusCode::kAbortable);
    for (int turn = 0; turn < 3; ++turn) commit(*app);
    expected.push_back("a=" + std::to_string(i) + "@0");
  }
  EXPECT_EQ(read("out"), expected);
}

TEST_F(FaultsTest, AbortsWithNothingLeftToCommitInBetweenDoNotAddUp) {
  create_topics();
  auto settings = exactly_once();
  settings.set("task.timeout.ms", 300);
  const auto app = instance(count_per_key(), settings);
  produce("in", "a", "x");
  faults_.fail("commit_transaction", StatusCode::kAbortable);
  commit(*app);
  ASSERT_TRUE(cluster_.clients().admin({})->delete_records({{{"in", 0}, 1, ""}}, 1000).ok());
  for (int turn = 0; turn < 10; ++turn) commit(*app);
  ASSERT_EQ(read("out"), Strings()) << "what was aborted was not done again, as it is gone";
  produce("in", "a", "y");
  faults_.fail("commit_transaction", StatusCode::kAbortable);
  for (int turn = 0; turn < 5; ++turn) commit(*app);
  EXPECT_EQ(read("out"), (Strings{"a=1@0"}));
}

TEST_F(FaultsTest, MakesANewProducerUnderAtLeastOnceToo) {
  create_topics();
  const auto app = instance(count_per_key(), config());
  run(*app, [&] { faults_.fail("delivery", StatusCode::kFatal); });
  EXPECT_EQ(read("out"), (Strings{"a=1@0", "a=2@0", "a=3@0", "a=4@0"})) << "the second is counted twice";
  EXPECT_EQ(faults_.calls["producer"], 2);
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

TEST_F(FaultsTest, WaitsForTheTransactionCoordinatorAfterItWasFenced) {
  create_topics();
  const auto app = instance(count_per_key(), exactly_once());
  run(*app, [&] {
    faults_.fail("commit_transaction", StatusCode::kFenced);
    faults_.fail("init_transactions", StatusCode::kTimedOut, 2);
    faults_.fail("init_transactions", StatusCode::kUnavailable, 2);
    faults_.fail("committed", StatusCode::kUnavailable, 2);
  });
  EXPECT_EQ(read("out"), (Strings{"a=1@0", "a=2@0", "a=3@0"}));
}

TEST_F(FaultsTest, WaitsForTheTransactionCoordinator) {
  create_topics();
  produce("in", "a", "1");
  faults_.fail("init_transactions", StatusCode::kTimedOut, 3);
  const auto app = instance(keep_short(), exactly_once());
  for (int i = 0; i < 5; ++i) commit(*app);
  EXPECT_EQ(read("out"), (Strings{"a=1@0"}));
}

struct Denial {
  std::string call;
  std::string guarantee;
};

/// A permission is missing, or a login fails: trying again would not help.
class DenialTest : public FaultsTest, public testing::WithParamInterface<Denial> {};

TEST_P(DenialTest, EndsTheThreadAndLosesNothing) {
  create_topics();
  StreamsConfig settings = config();
  settings.set("processing.guarantee", GetParam().guarantee);
  produce("in", "a", "x");
  faults_.fail(GetParam().call, StatusCode::kAuthorization);
  {
    const auto app = instance(count_per_key(), settings);
    std::string error;
    try {
      for (int i = 0; i < 5; ++i) commit(*app);
    } catch (const StreamsError& thrown) {
      error = thrown.what();
    }
    EXPECT_THAT(error, testing::HasSubstr("made to fail"));
    EXPECT_EQ(faults_.calls[GetParam().call], 1) << "it is not tried again";
    app->thread().close(false);
  }
  const bool exactly_once = GetParam().guarantee == "exactly_once_v2";
  if (exactly_once) {
    EXPECT_EQ(read("out"), Strings{});
  }
  const auto app = instance(count_per_key(), settings);
  for (int i = 0; i < 5; ++i) commit(*app);
  const Strings out = read("out");
  ASSERT_FALSE(out.empty());
  if (exactly_once) {
    EXPECT_EQ(out, Strings{"a=1@0"});
  }
}

INSTANTIATE_TEST_SUITE_P(Calls, DenialTest,
                         testing::Values(Denial{"topics", "at_least_once"}, Denial{"create_topics", "at_least_once"},
                                         Denial{"committed", "at_least_once"}, Denial{"offsets", "at_least_once"},
                                         Denial{"delivery", "at_least_once"}, Denial{"flush", "at_least_once"},
                                         Denial{"commit", "at_least_once"},
                                         Denial{"init_transactions", "exactly_once_v2"},
                                         Denial{"delivery", "exactly_once_v2"}, Denial{"flush", "exactly_once_v2"},
                                         Denial{"send_offsets", "exactly_once_v2"},
                                         Denial{"commit_transaction", "exactly_once_v2"}),
                         [](const auto& of) { return of.param.call + "_" + of.param.guarantee; });

TEST_F(FaultsTest, NamesATopicThatIsMissedBecauseItMayNotBeSeen) {
  faults_.fail("check_access", StatusCode::kAuthorization);
  const auto app = instance(keep_short(), config());
  EXPECT_THROW(app->thread().run_once(0), StreamsError);
  EXPECT_EQ(logged("Waiting for it."), 0u);
}

/// source.topic.timeout.ms counts from when a broker answers.
TEST_F(FaultsTest, WaitsForABrokerForAsLongAsItTakes) {
  auto settings = config();
  settings.set("source.topic.timeout.ms", 2000);
  settings.set("bootstrap.servers", "host:9092");
  faults_.fail("topics", StatusCode::kTimedOut, 50);
  const auto app = instance(keep_short(), settings);
  for (int i = 0; i < 50; ++i) {
    clock_.advance(1000);
    EXPECT_FALSE(app->thread().run_once(0));
  }
  EXPECT_EQ(logged("WARN No broker answers at host:9092. Waiting for one. made to fail"), 10u) << "every 5 s";
  EXPECT_FALSE(app->thread().run_once(0)) << "it answers, but there are no topics";
  clock_.advance(1999);
  EXPECT_FALSE(app->thread().run_once(0));
  create_topics();
  produce("in", "a", "1");
  commit(*app);
  EXPECT_EQ(read("out"), (Strings{"a=1@0"}));
}

/// Where to go on by duration is asked of the cluster, which may not answer at once.
TEST_F(FaultsTest, AsksAgainWhereToGoOnWhenItsPositionIsGone) {
  create_topics();
  const Timestamp now = clock_.now_ms();
  for (const std::string value : {"1", "2", "3"}) produce("in", "a", value, now);
  StreamsConfig by_duration = config();
  by_duration.set("auto.offset.reset", "by_duration:PT10S");
  {
    const auto app = instance(keep_short(), by_duration);
    app->settle();
    app->close();
  }
  produce("in", "a", "4", now);
  produce("in", "a", "5", now);
  ASSERT_TRUE(clients().admin({})->delete_records({{{"in", 0}, 4, {}}}, 1000).ok());
  const auto heir = instance(keep_short(), by_duration);
  faults_.fail("offsets_at", StatusCode::kTimedOut, 3);
  for (int i = 0; i < 5; ++i) commit(*heir);
  const std::string at = "@" + std::to_string(now);
  EXPECT_EQ(read("out"), (Strings{"a=1" + at, "a=2" + at, "a=3" + at, "a=5" + at}));
  EXPECT_EQ(logged("trying again"), 3u);
  EXPECT_TRUE(faults_.next["offsets_at"].empty());
}

TEST_F(FaultsTest, GivesUpWhenWhereToGoOnCannotBeFoundOutForTooLong) {
  create_topics();
  produce("in", "a", "1", clock_.now_ms());
  StreamsConfig by_duration = config();
  by_duration.set("auto.offset.reset", "by_duration:PT10S");
  by_duration.set("task.timeout.ms", 1000);
  {
    const auto app = instance(keep_short(), by_duration);
    app->settle();
    app->close();
  }
  produce("in", "a", "2", clock_.now_ms());
  ASSERT_TRUE(clients().admin({})->delete_records({{{"in", 0}, 2, {}}}, 1000).ok());
  produce("in", "a", "3", clock_.now_ms());
  const auto heir = instance(keep_short(), by_duration);
  faults_.fail("offsets_at", StatusCode::kTimedOut, 1000);
  const auto wait = [&] {
    for (int i = 0; i < 20; ++i) commit(*heir);
  };
  EXPECT_THROW(wait(), StreamsError);
}

}  // namespace
}  // namespace streams::runtime
