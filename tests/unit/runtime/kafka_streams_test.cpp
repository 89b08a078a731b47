// KafkaStreams with its threads, on the embedded cluster.
#include "test_processors.hpp"

#include <runtime/state_directory.hpp>
#include <streams/client.hpp>
#include <streams/embedded_cluster.hpp>
#include <streams/kafka_streams.hpp>
#include <streams/processor.hpp>
#include <streams/streams_builder.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <future>
#include <mutex>

namespace streams {
namespace {

using State = KafkaStreams::State;
using Strings = std::vector<std::string>;

/// Keeps the states that a client goes through; waits for one.
class States {
 public:
  void add(State state) {
    std::lock_guard lock(mutex_);
    seen_.push_back(std::string(name_of(state)));
    changed_.notify_all();
  }
  bool wait_for(const std::string& state) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(30),
                             [&] { return std::find(seen_.begin(), seen_.end(), state) != seen_.end(); });
  }
  Strings seen() {
    std::lock_guard lock(mutex_);
    return seen_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  Strings seen_;
};

class Shout final : public Processor<std::string, std::string> {
 public:
  explicit Shout(bool shouts_poison) : shouts_poison_(shouts_poison) {}
  void process(Record<std::string, std::string>&& record) override {
    if (*record.value == "poison" && !shouts_poison_) throw std::runtime_error("cannot shout poison");
    *record.value += "!";
    context().forward(std::move(record));
  }

 private:
  bool shouts_poison_;
};

Topology shout(bool shouts_poison = false) {
  Topology topology;
  topology.add_source<std::string, std::string>("source", {"in"});
  topology.add_processor("shout", [shouts_poison] { return std::make_unique<Shout>(shouts_poison); }, {"source"});
  topology.add_sink<std::string, std::string>("sink", "out", {"shout"});
  return topology;
}

class KafkaStreamsTest : public testing::Test {
 protected:
  ~KafkaStreamsTest() override { std::filesystem::remove_all(base_); }

  StreamsConfig config(const std::string& directory = "a") {
    StreamsConfig out{{"application.id", "app"},
                      {"state.dir", (base_ / directory).string()},
                      {"commit.interval.ms", "50"},
                      {"statestore.cache.max.bytes", "0"},
                      {"poll.ms", "10"}};
    if (std::getenv("STREAMS_TEST_LOG") == nullptr) out.set_logger(nullptr);
    return out;
  }
  void watch(KafkaStreams& app) {
    app.set_state_listener([this](State to, State) { states_.add(to); });
  }
  void produce(const std::string& value, const std::string& topic = "in") {
    ASSERT_TRUE(cluster_.produce(topic, {std::string("k"), value, 0}).ok());
  }
  Strings values(const std::string& topic = "out") {
    Strings out;
    for (const StoredRecord& r : cluster_.read(topic).value()) out.push_back(r.value.value_or("null"));
    return out;
  }
  /// Waits until the topic has that many records.
  void wait_for_records(std::size_t count, const std::string& topic = "out") {
    for (int i = 0; i < 3000 && values(topic).size() < count; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    ASSERT_EQ(values(topic).size(), count);
  }

  EmbeddedCluster cluster_;
  States states_;
  std::filesystem::path base_ =
      std::filesystem::temp_directory_path() / ("kafka_streams_test_" + runtime::random_uuid());
};

TEST_F(KafkaStreamsTest, RunsFromStartToClose) {
  ASSERT_TRUE(cluster_.create_topic("in", 3).ok());
  ASSERT_TRUE(cluster_.create_topic("out", 3).ok());
  produce("a");
  produce("b");
  KafkaStreams app(shout(), config(), cluster_);
  watch(app);
  EXPECT_EQ(app.state(), State::kCreated);
  app.start();
  ASSERT_TRUE(states_.wait_for("RUNNING"));
  wait_for_records(2);
  EXPECT_EQ(values(), (Strings{"a!", "b!"}));
  EXPECT_TRUE(app.close());
  EXPECT_EQ(states_.seen(), (Strings{"REBALANCING", "RUNNING", "PENDING_SHUTDOWN", "NOT_RUNNING"}));
}

TEST_F(KafkaStreamsTest, FailsWithTheMissingTopicsNameAndHowToCreateIt) {
  auto settings = config();
  settings.set("source.topic.timeout.ms", 200);
  KafkaStreams app(shout(), settings, cluster_);
  watch(app);
  app.start();
  ASSERT_TRUE(states_.wait_for("ERROR"));
  EXPECT_THAT(app.last_error(), testing::AllOf(testing::HasSubstr("in"), testing::HasSubstr("--create --topic")));
  EXPECT_EQ(states_.seen(), (Strings{"REBALANCING", "PENDING_ERROR", "ERROR"}));
}

TEST_F(KafkaStreamsTest, StopsTheClientWhenAProcessorThrows) {
  ASSERT_TRUE(cluster_.create_topic("in").ok());
  ASSERT_TRUE(cluster_.create_topic("out").ok());
  produce("poison");
  KafkaStreams app(shout(), config(), cluster_);
  watch(app);
  app.start();
  ASSERT_TRUE(states_.wait_for("ERROR"));
  EXPECT_THAT(app.last_error(), testing::HasSubstr("cannot shout poison"));
}

TEST_F(KafkaStreamsTest, ReplacesAThreadIfTheHandlerSaysSo) {
  ASSERT_TRUE(cluster_.create_topic("in").ok());
  ASSERT_TRUE(cluster_.create_topic("out").ok());
  produce("poison");
  KafkaStreams app(shout(), config(), cluster_);
  watch(app);
  std::atomic<int> failures{0};
  app.set_uncaught_exception_handler([&](const std::exception_ptr&) {
    return ++failures < 3 ? UncaughtExceptionAction::kReplaceThread : UncaughtExceptionAction::kShutdownClient;
  });
  app.start();
  ASSERT_TRUE(states_.wait_for("ERROR"));
  EXPECT_EQ(failures, 3);
}

TEST_F(KafkaStreamsTest, SharesWorkBetweenThreads) {
  ASSERT_TRUE(cluster_.create_topic("in", 4).ok());
  ASSERT_TRUE(cluster_.create_topic("out", 4).ok());
  auto settings = config();
  settings.set("num.stream.threads", 2);
  KafkaStreams app(shout(), settings, cluster_);
  watch(app);
  app.start();
  ASSERT_TRUE(states_.wait_for("RUNNING"));
  for (int i = 0; i < 40; ++i) {
    RecordToStore record{std::to_string(i), std::to_string(i), 0};
    ASSERT_TRUE(cluster_.produce("in", record).ok());
  }
  wait_for_records(40);
  for (int i = 0; i < 1000; ++i) {
    const auto threads = app.metadata_for_local_threads();
    if (threads.size() == 2 && threads[0].active_tasks.size() == 2 && threads[1].active_tasks.size() == 2) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  Strings tasks;
  for (const ThreadMetadata& thread : app.metadata_for_local_threads()) {
    EXPECT_EQ(thread.active_tasks.size(), 2u);
    for (const TaskMetadata& task : thread.active_tasks) tasks.push_back(task.id);
  }
  EXPECT_THAT(tasks, testing::UnorderedElementsAre("0_0", "0_1", "0_2", "0_3"));
}

TEST_F(KafkaStreamsTest, AddsAndRemovesThreadsWhileItRuns) {
  ASSERT_TRUE(cluster_.create_topic("in", 4).ok());
  ASSERT_TRUE(cluster_.create_topic("out", 4).ok());
  KafkaStreams app(shout(), config(), cluster_);
  watch(app);
  EXPECT_EQ(app.add_stream_thread(), std::nullopt) << "it is not started";
  EXPECT_EQ(app.remove_stream_thread(), std::nullopt);
  app.start();
  ASSERT_TRUE(states_.wait_for("RUNNING"));
  const auto name = [&](int index) { return app.client_id() + "-StreamThread-" + std::to_string(index); };
  const auto names = [&] {
    Strings out;
    for (const ThreadMetadata& thread : app.metadata_for_local_threads()) out.push_back(thread.name);
    return out;
  };
  EXPECT_EQ(app.add_stream_thread(), name(2));
  EXPECT_EQ(app.add_stream_thread(), name(3));
  EXPECT_EQ(app.remove_stream_thread(), name(1)) << "the first";
  EXPECT_EQ(names(), (Strings{name(2), name(3)}));
  EXPECT_EQ(app.add_stream_thread(), name(1)) << "its number is free again";
  EXPECT_EQ(app.remove_stream_thread(std::chrono::seconds(30)), name(2));
  EXPECT_EQ(app.remove_stream_thread(), name(3));
  EXPECT_EQ(app.remove_stream_thread(), name(1));
  EXPECT_EQ(app.remove_stream_thread(), std::nullopt);
  EXPECT_EQ(names(), Strings{});
  produce("a");
  EXPECT_EQ(app.add_stream_thread(), name(1));
  wait_for_records(1);
  EXPECT_TRUE(app.close());
  EXPECT_EQ(app.add_stream_thread(), std::nullopt) << "it is closed";
}

TEST_F(KafkaStreamsTest, LeavesItsGroupUnlessItIsToldToRemain) {
  ASSERT_TRUE(cluster_.create_topic("in", 2).ok());
  ASSERT_TRUE(cluster_.create_topic("out", 2).ok());
  const auto members_after = [&](const StreamsConfig& settings, const CloseOptions& options) {
    States states;
    KafkaStreams app(shout(), settings, cluster_);
    app.set_state_listener([&](State to, State) { states.add(to); });
    app.start();
    EXPECT_TRUE(states.wait_for("RUNNING"));
    EXPECT_TRUE(app.close(options));
    return cluster_.clients().admin({})->describe_group(settings.get("application.id"), 1000).value().members.size();
  };
  StreamsConfig settings = config();
  EXPECT_EQ(members_after(settings, {}), 0u);
  EXPECT_EQ(members_after(settings, {.membership = GroupMembership::kRemain}), 1u);
  settings.set("application.id", "static").set("group.instance.id", "one");
  EXPECT_EQ(members_after(settings, {}), 1u);
  EXPECT_EQ(members_after(settings, {.membership = GroupMembership::kLeave}), 0u);
}

TEST_F(KafkaStreamsTest, SaysThatAThreadDoesNotStopInTime) {
  ASSERT_TRUE(cluster_.create_topic("in").ok());
  std::promise<void> entered, release;
  StreamsBuilder builder;
  builder.stream<std::string, std::string>("in").for_each([&](const std::string&, const std::string&) {
    entered.set_value();
    release.get_future().wait();
  });
  KafkaStreams app(builder.build(), config(), cluster_);
  app.start();
  produce("a");
  entered.get_future().wait();
  EXPECT_THROW(app.remove_stream_thread(std::chrono::milliseconds(5)), StreamsError);
  EXPECT_EQ(app.add_stream_thread(), app.client_id() + "-StreamThread-2") << "the first one has not ended yet";
  release.set_value();
}

TEST_F(KafkaStreamsTest, MayBeClosedByItsOwnListener) {
  ASSERT_TRUE(cluster_.create_topic("in").ok());
  ASSERT_TRUE(cluster_.create_topic("out").ok());
  KafkaStreams app(shout(), config(), cluster_);
  app.set_state_listener([&](State to, State) {
    states_.add(to);
    if (to == State::kRunning) {
      EXPECT_FALSE(app.close());
    }
  });
  app.start();
  ASSERT_TRUE(states_.wait_for("NOT_RUNNING"));
}

/// Holds up restoring until it is released.
class HoldUp final : public RestoreListener {
 public:
  void on_start(const std::string&, std::int32_t, const std::string&, std::int64_t, std::int64_t) override {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return released_; });
  }
  void on_end(const std::string& topic, std::int32_t partition, const std::string& store,
              std::int64_t records) override {
    std::lock_guard lock(mutex_);
    ended_.push_back(topic + "-" + std::to_string(partition) + " " + store + " " + std::to_string(records));
  }
  void release() {
    std::lock_guard lock(mutex_);
    released_ = true;
    changed_.notify_all();
  }
  Strings ended() {
    std::lock_guard lock(mutex_);
    return ended_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool released_ = false;
  Strings ended_;
};

TEST_F(KafkaStreamsTest, ProcessesWithTasksThatAreReadyWhileOthersRestore) {
  for (const char* topic : {"in", "out", "plain-in", "plain-out"}) ASSERT_TRUE(cluster_.create_topic(topic).ok());
  Topology topology = runtime::count_per_key();
  topology.add_source<std::string, std::string>("plain-source", {"plain-in"});
  topology.add_sink<std::string, std::string>("plain-sink", "plain-out", {"plain-source"});
  produce("x");
  {
    KafkaStreams before(topology, config("before"), cluster_);
    before.start();
    wait_for_records(1);
  }
  produce("x");
  produce("y", "plain-in");
  KafkaStreams app(topology, config("after"), cluster_);
  watch(app);
  const auto hold_up = std::make_shared<HoldUp>();
  app.set_restore_listener(hold_up);
  app.start();
  wait_for_records(1, "plain-out");
  EXPECT_EQ(app.state(), State::kRebalancing);
  hold_up->release();
  ASSERT_TRUE(states_.wait_for("RUNNING"));
  wait_for_records(2);
  EXPECT_EQ(values(), (Strings{"1", "2"}));
  EXPECT_EQ(hold_up->ended(), (Strings{"app-counts-changelog-0 counts 1"}));
}

Topology join_global_table(bool headers = false) {
  StreamsBuilder builder;
  Materialized<std::string, std::string> rows{.store_name = "rows"};
  if (headers) rows.supplier = StoreSupplier{.keep_headers = true};
  const auto table = builder.global_table<std::string, std::string>("table", rows);
  builder.stream<std::string, std::string>("in")
      .join(
          table, [](const std::string& key, const std::string&) { return key; },
          [](const std::string& value, const std::string& row) { return value + row; })
      .to("out");
  return builder.build();
}

TEST_F(KafkaStreamsTest, FillsGlobalStoresBeforeAnythingRunsAndKeepsThemUpToDate) {
  for (const char* topic : {"in", "out"}) ASSERT_TRUE(cluster_.create_topic(topic).ok());
  ASSERT_TRUE(cluster_.create_topic("table", 3).ok());
  produce("x");
  produce("1", "table");
  for (const char* start : {"first", "second"}) {
    SCOPED_TRACE(start);
    const std::size_t before = values().size();
    KafkaStreams app(join_global_table(), config(), cluster_);
    app.start();
    if (before == 0) wait_for_records(1);
    produce("2", "table");
    // The global thread says nothing of its progress: records are sent until one meets the new row.
    for (int i = 0; i < 1000 && (values().empty() || values().back() != "y2"); ++i) {
      produce("y");
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    EXPECT_EQ(values().front(), "x1");
    EXPECT_EQ(values().back(), "y2");
    EXPECT_TRUE(app.close());
    EXPECT_EQ(app.last_error(), "");
  }
}

TEST_F(KafkaStreamsTest, ReadsGlobalStoresAnewWhoseRowsHaveAnotherForm) {
  for (const char* topic : {"table", "in", "out"}) ASSERT_TRUE(cluster_.create_topic(topic).ok());
  produce("1", "table");
  for (const bool headers : {false, true, false}) {
    KafkaStreams app(join_global_table(headers), config(), cluster_);
    const std::size_t before = values().size();
    app.start();
    produce("x");
    wait_for_records(before + 1);
    EXPECT_TRUE(app.close());
    EXPECT_EQ(app.last_error(), "");
  }
  EXPECT_EQ(values(), (Strings{"x1", "x1", "x1"}));
}

TEST_F(KafkaStreamsTest, RunsWithGlobalStoresOnly) {
  ASSERT_TRUE(cluster_.create_topic("table").ok());
  produce("1", "table");
  StreamsBuilder builder;
  builder.global_table<std::string, std::string>("table");
  KafkaStreams app(builder.build(), config(), cluster_);
  watch(app);
  app.start();
  ASSERT_TRUE(states_.wait_for("RUNNING"));
  EXPECT_TRUE(app.close());
  EXPECT_EQ(states_.seen(), (Strings{"REBALANCING", "RUNNING", "PENDING_SHUTDOWN", "NOT_RUNNING"}));
}

TEST_F(KafkaStreamsTest, SaysWhatIsWrongWithItsStateDirectory) {
  for (const char* topic : {"in", "out"}) ASSERT_TRUE(cluster_.create_topic(topic).ok());
  KafkaStreams first(runtime::count_per_key(), config(), cluster_);
  first.start();
  KafkaStreams second(runtime::count_per_key(), config(), cluster_);
  try {
    second.start();
    FAIL() << "two instances in one state directory";
  } catch (const StreamsError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("is in use by another KafkaStreams object of this process"));
  }
  EXPECT_THROW(first.clean_up(), StreamsError) << "it runs";
  first.close();
  first.clean_up();
  EXPECT_FALSE(std::filesystem::exists(base_ / "a" / "app"));
}

TEST_F(KafkaStreamsTest, StopsAllInstancesIfTheHandlerSaysSo) {
  ASSERT_TRUE(cluster_.create_topic("in", 2).ok());
  ASSERT_TRUE(cluster_.create_topic("out", 2).ok());
  States other_states;
  KafkaStreams other(shout(true), config("other"), cluster_);  // whatever it takes over, only the request stops it
  other.set_state_listener([&](State to, State) { other_states.add(to); });
  other.start();
  ASSERT_TRUE(other_states.wait_for("RUNNING"));
  KafkaStreams app(shout(), config(), cluster_);
  watch(app);
  for (KafkaStreams* one : {&other, &app}) {
    if (one->state() != State::kCreated) continue;
    one->set_uncaught_exception_handler(
        [](const std::exception_ptr&) { return UncaughtExceptionAction::kShutdownApplication; });
  }
  app.start();
  ASSERT_TRUE(states_.wait_for("RUNNING"));
  // It is running before the other one has given it a task.
  const auto task = [&app] {
    const std::vector<ThreadMetadata> threads = app.metadata_for_local_threads();
    return threads.empty() || threads[0].active_tasks.empty() ? std::string() : threads[0].active_tasks[0].id;
  };
  while (task().empty()) std::this_thread::yield();
  RecordToStore record{std::string("k"), std::string("poison"), 0};
  record.partition = task().back() - '0';
  ASSERT_TRUE(cluster_.produce("in", record).ok());
  ASSERT_TRUE(states_.wait_for("ERROR"));
  ASSERT_TRUE(other_states.wait_for("ERROR"));
  EXPECT_EQ(other.last_error(), "An instance of the application asked all instances to stop.");
}

TEST_F(KafkaStreamsTest, ProcessesNothingWhileItIsPaused) {
  ASSERT_TRUE(cluster_.create_topic("in").ok());
  ASSERT_TRUE(cluster_.create_topic("out").ok());
  produce("a");
  KafkaStreams app(shout(), config(), cluster_);
  watch(app);
  app.pause();
  app.start();
  ASSERT_TRUE(states_.wait_for("RUNNING"));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(values(), Strings{});
  app.resume();
  wait_for_records(1);
}

TEST_F(KafkaStreamsTest, RefusesAnEmptyTopology) {
  EXPECT_THROW(KafkaStreams(Topology(), config(), cluster_), TopologyError);
}

}  // namespace
}  // namespace streams
