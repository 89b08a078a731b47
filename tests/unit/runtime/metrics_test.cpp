// Metrics of running applications: which there are, as Kafka Streams 4.3 registers them, and reading them.
#include <runtime/state_directory.hpp>
#include <streams/embedded_cluster.hpp>
#include <streams/kafka_streams.hpp>
#include <streams/processor.hpp>
#include <streams/streams_builder.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace streams {
namespace {

using testing::ElementsAreArray;
using Names = std::vector<std::string>;
/// "group {tag=value ...} LEVEL" -> names.
using Listed = std::map<std::string, Names>;

class Forward final : public Processor<std::string, std::string> {
 public:
  void process(Record<std::string, std::string>&& record) override { context().forward(std::move(record)); }
};

Topology line() {
  Topology topology;
  topology.add_source<std::string, std::string>("src", {"in"});
  topology.add_processor("pass", [] { return std::make_unique<Forward>(); }, {"src"});
  topology.add_sink<std::string, std::string>("snk", "out", {"pass"});
  return topology;
}

const Metric* find(const std::vector<Metric>& metrics, const std::string& group, const std::string& name) {
  for (const Metric& metric : metrics) {
    if (metric.name.group == group && metric.name.name == name) return &metric;
  }
  return nullptr;
}

double number(const std::vector<Metric>& metrics, const std::string& group, const std::string& name) {
  const Metric* metric = find(metrics, group, name);
  return metric == nullptr ? -1 : std::get<double>(metric->value);
}

class MetricsTest : public testing::Test {
 protected:
  MetricsTest() {
    EXPECT_TRUE(cluster_.create_topic("in", 1).ok());
    EXPECT_TRUE(cluster_.create_topic("out", 1).ok());
  }
  ~MetricsTest() override { std::filesystem::remove_all(base_); }

  StreamsConfig config(const std::string& level) {
    StreamsConfig out{{"application.id", "app"},    {"client.id", "me"}, {"state.dir", base_.string()},
                      {"commit.interval.ms", "50"}, {"poll.ms", "10"},   {"metrics.recording.level", level}};
    out.set_logger(nullptr);
    return out;
  }
  void produce(const std::string& value) { ASSERT_TRUE(cluster_.produce("in", {std::string("k"), value, 0}).ok()); }
  /// Waits until `records` have been read and committed.
  static void wait(const KafkaStreams& app, double records) {
    for (int i = 0; i < 3000; ++i) {
      const auto metrics = app.metrics();
      if (number(metrics, "stream-topic-metrics", "records-consumed-total") >= records &&
          number(metrics, "stream-thread-metrics", "commit-total") > 0) {
        return;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    FAIL() << "the records were not processed";
  }
  static Listed listed(const KafkaStreams& app) {
    Listed out;
    for (const Metric& metric : app.metrics()) {
      std::string key = metric.name.group + " {";
      for (const auto& [tag, value] : metric.name.tags)
        key += (key.back() == '{' ? "" : " ") + tag + "=" + (tag == "process-id" ? "?" : value);
      out[key + "} " + std::string(name_of(metric.level))].push_back(metric.name.name);
    }
    return out;
  }

  EmbeddedCluster cluster_;
  std::filesystem::path base_ = std::filesystem::temp_directory_path() / ("metrics_test_" + runtime::random_uuid());
};

/// Names of rate, total, average and maximum, in their order.
Names calls(const std::string& name) {
  return {name + "-latency-avg", name + "-latency-max", name + "-rate", name + "-total"};
}

Names sorted(std::initializer_list<Names> lists) {
  std::set<std::string> out;
  for (const Names& list : lists) out.insert(list.begin(), list.end());
  return {out.begin(), out.end()};
}

const Names kEndToEnd{"record-e2e-latency-avg", "record-e2e-latency-max", "record-e2e-latency-min"};

Listed expected_of_line() {
  const std::string thread = "thread-id=me-StreamThread-1";
  const std::string task = "task-id=0_0 " + thread;
  const auto node = [&](const std::string& name) { return "processor-node-id=" + name + " " + task; };
  return {
      {"stream-metrics {client-id=me} INFO",
       {"alive-stream-threads", "application-id", "commit-id", "failed-stream-threads", "state", "topology-description",
        "version"}},
      {"stream-metrics {client-id=me process-id=?} INFO", {"recording-level"}},
      {"stream-metrics {application-id=app client-id=me process-id=?} INFO", {"client-state"}},
      {"stream-thread-metrics {process-id=? " + thread + "} INFO", {"thread-state"}},
      {"stream-thread-metrics {" + thread + "} INFO",
       sorted({calls("commit"),
               calls("poll"),
               calls("process"),
               calls("punctuate"),
               {"commit-ratio", "poll-ratio", "process-ratio", "punctuate-ratio"},
               {"poll-records-avg", "poll-records-max", "process-records-avg", "process-records-max"},
               {"task-closed-rate", "task-closed-total", "task-created-rate", "task-created-total"},
               {"tasks-assigned-latency-avg", "tasks-assigned-latency-max", "tasks-lost-latency-avg",
                "tasks-lost-latency-max", "tasks-revoked-latency-avg", "tasks-revoked-latency-max"},
               {"blocked-time-ns-total", "state", "thread-start-time"}})},
      {"stream-task-metrics {" + task + "} INFO",
       {"active-process-ratio", "dropped-records-rate", "dropped-records-total", "restore-remaining-records-total"}},
      {"stream-state-updater-metrics {thread-id=me-StateUpdater-1} INFO",
       {"active-paused-tasks", "active-restore-ratio", "active-restoring-tasks", "checkpoint-ratio", "idle-ratio",
        "restore-call-rate", "restore-records-rate", "standby-paused-tasks", "standby-update-ratio",
        "standby-updating-tasks"}},
      {"stream-task-metrics {" + task + "} DEBUG",
       sorted({calls("process"),
               calls("punctuate"),
               {"active-buffer-count", "enforced-processing-rate", "enforced-processing-total", "record-lateness-avg",
                "record-lateness-max", "restore-rate", "restore-total"}})},
      {"stream-processor-node-metrics {" + node("src") + "} INFO", kEndToEnd},
      {"stream-processor-node-metrics {" + node("src") + "} DEBUG", {"process-rate", "process-total"}},
      {"stream-processor-node-metrics {" + node("snk") + "} INFO", kEndToEnd},
      {"stream-topic-metrics {" + node("src") + " topic=in} INFO", {"bytes-consumed-total", "records-consumed-total"}},
      {"stream-topic-metrics {" + node("snk") + " topic=out} INFO", {"bytes-produced-total", "records-produced-total"}},
  };
}

TEST_F(MetricsTest, ListsWhatKafkaStreamsListsOfAnApplicationWithoutStores) {
  produce("a");
  KafkaStreams app(line(), config("TRACE"), cluster_);
  EXPECT_EQ(app.metrics().size(), 0u);
  app.start();
  wait(app, 1);
  EXPECT_THAT(listed(app), ElementsAreArray(expected_of_line()));
  const auto metrics = app.metrics();
  for (const Metric& metric : metrics) EXPECT_FALSE(metric.name.description.empty()) << metric.name.name;
  EXPECT_EQ(std::get<std::int64_t>(find(metrics, "stream-metrics", "recording-level")->value), 2);
  EXPECT_EQ(std::get<std::int64_t>(find(metrics, "stream-metrics", "client-state")->value), 2);
  EXPECT_EQ(std::get<std::int64_t>(find(metrics, "stream-metrics", "alive-stream-threads")->value), 1);
  EXPECT_EQ(std::get<std::string>(find(metrics, "stream-metrics", "state")->value), "RUNNING");
  EXPECT_EQ(std::get<std::string>(find(metrics, "stream-metrics", "topology-description")->value), line().describe());
  EXPECT_EQ(std::get<std::string>(find(metrics, "stream-thread-metrics", "state")->value), "RUNNING");
  EXPECT_EQ(std::get<std::int64_t>(find(metrics, "stream-thread-metrics", "thread-state")->value), 4);
  app.close();
  EXPECT_EQ(find(app.metrics(), "stream-thread-metrics", "state"), nullptr);
  EXPECT_EQ(std::get<std::string>(find(app.metrics(), "stream-metrics", "state")->value), "NOT_RUNNING");
}

TEST_F(MetricsTest, LeavesOutWhatIsNotRecordedAtInfo) {
  produce("a");
  KafkaStreams app(line(), config("INFO"), cluster_);
  app.start();
  wait(app, 1);
  Listed expected = expected_of_line();
  std::erase_if(expected, [](const auto& entry) { return entry.first.ends_with("DEBUG"); });
  EXPECT_THAT(listed(app), ElementsAreArray(expected));
}

TEST_F(MetricsTest, CountsWhatIsReadAndWritten) {
  for (int i = 0; i < 100; ++i) produce("value");
  KafkaStreams app(line(), config("DEBUG"), cluster_);
  app.start();
  wait(app, 100);
  const auto metrics = app.metrics();
  EXPECT_EQ(number(metrics, "stream-thread-metrics", "process-total"), 100);
  EXPECT_EQ(number(metrics, "stream-thread-metrics", "task-created-total"), 1);
  EXPECT_EQ(number(metrics, "stream-task-metrics", "process-total"), 100);
  EXPECT_EQ(number(metrics, "stream-processor-node-metrics", "process-total"), 100);
  EXPECT_EQ(number(metrics, "stream-topic-metrics", "records-consumed-total"), 100);
  EXPECT_EQ(number(metrics, "stream-topic-metrics", "records-produced-total"), 100);
  // Key, value and topic, and 20 bytes for timestamp, offset and partition.
  EXPECT_EQ(number(metrics, "stream-topic-metrics", "bytes-consumed-total"), 100 * (1 + 5 + 2 + 20));
  EXPECT_EQ(number(metrics, "stream-topic-metrics", "bytes-produced-total"), 100 * (1 + 5 + 3 + 20));
  const double ratios = number(metrics, "stream-thread-metrics", "poll-ratio") +
                        number(metrics, "stream-thread-metrics", "process-ratio") +
                        number(metrics, "stream-thread-metrics", "punctuate-ratio") +
                        number(metrics, "stream-thread-metrics", "commit-ratio");
  EXPECT_GT(ratios, 0.5);
  EXPECT_LE(ratios, 1.0001);
  EXPECT_GT(number(metrics, "stream-thread-metrics", "blocked-time-ns-total"), 0);
}

/// The group of one store or cache only.
Listed only(const Listed& listed, const std::string& group) {
  Listed out;
  for (const auto& [key, names] : listed) {
    if (key.starts_with(group + " ")) out[key] = names;
  }
  return out;
}

Names timed(std::initializer_list<std::string> calls) {
  Names out;
  for (const std::string& call : calls) {
    for (const char* suffix : {"-latency-avg", "-latency-max", "-rate"}) out.push_back(call + suffix);
  }
  return out;
}

const Names kRocksDb{"background-errors",
                     "block-cache-capacity",
                     "block-cache-pinned-usage",
                     "block-cache-usage",
                     "compaction-pending",
                     "cur-size-active-mem-table",
                     "cur-size-all-mem-tables",
                     "estimate-num-keys",
                     "estimate-pending-compaction-bytes",
                     "estimate-table-readers-mem",
                     "live-sst-files-size",
                     "mem-table-flush-pending",
                     "num-deletes-active-mem-table",
                     "num-deletes-imm-mem-tables",
                     "num-entries-active-mem-table",
                     "num-entries-imm-mem-tables",
                     "num-immutable-mem-table",
                     "num-live-versions",
                     "num-running-compactions",
                     "num-running-flushes",
                     "size-all-mem-tables",
                     "total-sst-files-size"};

const Names kRocksDbCounts{"block-cache-data-hit-ratio",
                           "block-cache-filter-hit-ratio",
                           "block-cache-index-hit-ratio",
                           "bytes-read-compaction-rate",
                           "bytes-read-rate",
                           "bytes-read-total",
                           "bytes-written-compaction-rate",
                           "bytes-written-rate",
                           "bytes-written-total",
                           "compaction-time-avg",
                           "compaction-time-max",
                           "compaction-time-min",
                           "memtable-bytes-flushed-rate",
                           "memtable-bytes-flushed-total",
                           "memtable-flush-time-avg",
                           "memtable-flush-time-max",
                           "memtable-flush-time-min",
                           "memtable-hit-ratio",
                           "number-file-errors-total",
                           "number-open-files",
                           "write-stall-duration-avg",
                           "write-stall-duration-total"};

TEST_F(MetricsTest, ListsWhatKafkaStreamsListsOfStores) {
  using namespace std::chrono_literals;
  StreamsBuilder builder;
  const auto input = builder.stream<std::string, std::string>("in");
  input.group_by_key().count({.store_name = "kv"});
  input.group_by_key()
      .windowed_by(TimeWindows::of_size_with_no_grace(1s))
      .count({.store_name = "win", .store_type = StoreType::kInMemory, .caching = false});
  const auto sessions = SessionWindows::of_inactivity_gap_with_no_grace(1s);
  input.group_by_key().windowed_by(sessions).count({.store_name = "ses", .caching = false});
  produce("a");
  KafkaStreams app(builder.build(), config("TRACE"), cluster_);
  app.start();
  wait(app, 1);
  const std::string task = "task-id=0_0 thread-id=me-StreamThread-1";
  const std::string kv = "stream-state-metrics {rocksdb-state-id=kv " + task + "} ";
  const std::string win = "stream-state-metrics {in-memory-window-state-id=win " + task + "} ";
  const std::string ses = "stream-state-metrics {rocksdb-session-state-id=ses " + task + "} ";
  const Names iterators{"num-open-iterators", "oldest-iterator-open-since-ms"};
  const Names duration{"iterator-duration-avg", "iterator-duration-max"};
  EXPECT_THAT(
      only(listed(app), "stream-state-metrics"),
      ElementsAreArray(Listed{
          {kv + "INFO", sorted({iterators, kRocksDb})},
          {kv + "DEBUG", sorted({duration, kRocksDbCounts,
                                 timed({"all", "delete", "flush", "get", "prefix-scan", "put", "range", "restore"})})},
          {kv + "TRACE", kEndToEnd},
          {win + "INFO", iterators},
          {win + "DEBUG", sorted({duration, timed({"fetch", "flush", "put", "restore"})})},
          {win + "TRACE", kEndToEnd},
          {ses + "INFO", sorted({iterators, kRocksDb})},
          {ses + "DEBUG", sorted({duration, kRocksDbCounts, timed({"fetch", "flush", "put", "remove", "restore"})})},
          {ses + "TRACE", kEndToEnd},
      }));
  EXPECT_THAT(only(listed(app), "stream-record-cache-metrics"),
              ElementsAreArray(Listed{{"stream-record-cache-metrics {record-cache-id=kv " + task + "} DEBUG",
                                       {"hit-ratio-avg", "hit-ratio-max", "hit-ratio-min"}}}));
  EXPECT_NE(find(app.metrics(), "stream-task-metrics", "cache-size-bytes-total"), nullptr);
}

TEST_F(MetricsTest, CountWhatRocksDbDoes) {
  StreamsBuilder builder;
  builder.stream<std::string, std::string>("in").group_by_key().count({.store_name = "kv", .caching = false});
  for (int i = 0; i < 10; ++i) produce("a");
  KafkaStreams app(builder.build(), config("DEBUG"), cluster_);
  app.start();
  wait(app, 10);
  const std::string group = "stream-state-metrics";
  for (int i = 0; i < 3000 && number(app.metrics(), group, "bytes-written-rate") <= 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  const auto metrics = app.metrics();
  EXPECT_GT(number(metrics, group, "bytes-written-total"), 0);
  EXPECT_GT(number(metrics, group, "bytes-written-rate"), 0);
  EXPECT_GE(std::get<std::int64_t>(find(metrics, group, "estimate-num-keys")->value), 1);
  app.close();
  EXPECT_EQ(only(listed(app), group), Listed{});
}

/// Of topic "many": two stores.
Topology counting() {
  StreamsBuilder builder;
  const auto input = builder.stream<std::string, std::string>("many");
  input.group_by_key().count({.store_name = "kv"});
  input.group_by_key()
      .windowed_by(TimeWindows::of_size_with_no_grace(std::chrono::seconds(1)))
      .count({.store_name = "win"});
  return builder.build();
}

std::size_t running_tasks(const KafkaStreams& app) {
  std::size_t running = 0;
  for (const ThreadMetadata& thread : app.metadata_for_local_threads()) {
    for (const TaskMetadata& task : thread.active_tasks) running += task.running ? 1 : 0;
  }
  return running;
}

template <class Condition>
void wait_until(Condition condition) {
  for (int i = 0; i < 3000; ++i) {
    if (condition()) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  FAIL() << "it did not come to that";
}

TEST_F(MetricsTest, AreReadWhileStoresComeAndGo) {
  ASSERT_TRUE(cluster_.create_topic("many", 4).ok());
  StreamsConfig settings = config("TRACE");
  settings.set("num.stream.threads", "2");
  KafkaStreams app(counting(), settings, cluster_);
  std::atomic<bool> stop{false};
  std::size_t most = 0;
  std::thread reader([&] {
    while (!stop) most = std::max(most, app.metrics().size());
  });
  app.start();
  std::int64_t produced = 0;
  for (int round = 0; round < 6; ++round) {
    for (int i = 0; i < 20; ++i, ++produced)
      ASSERT_TRUE(cluster_.produce("many", {std::to_string(i), "v", produced * 100}).ok());
    if (round % 2 == 0) {
      app.add_stream_thread();
    } else {
      app.remove_stream_thread();
    }
    wait_until([&] { return running_tasks(app) == 4; });  // wherever they are now
  }
  app.close();
  stop = true;
  reader.join();
  EXPECT_GT(most, 4u * 2 * (kRocksDb.size() + kRocksDbCounts.size()));
}

TEST_F(MetricsTest, AreReadWhileTasksGoBetweenInstancesAndStandbys) {
  ASSERT_TRUE(cluster_.create_topic("many", 4).ok());
  const auto settings = [&](const std::string& name) {
    StreamsConfig out = config("TRACE");
    out.set("num.standby.replicas", "1").set("client.id", name).set("state.dir", (base_ / name).string());
    return out;
  };
  KafkaStreams first(counting(), settings("a"), cluster_);
  KafkaStreams second(counting(), settings("b"), cluster_);
  std::atomic<bool> stop{false};
  std::atomic<int> standbys{0};
  std::thread reader([&] {
    while (!stop) {
      int updating = 0;
      for (const KafkaStreams* app : {&first, &second}) {
        for (const Metric& metric : app->metrics()) {
          if (metric.name.name == "standby-updating-tasks") updating += std::get<std::int64_t>(metric.value) > 0;
        }
      }
      standbys = std::max(standbys.load(), updating);
    }
  });
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(cluster_.produce("many", {std::to_string(i), "v", i * 100}).ok());
  first.start();
  wait_until([&] { return running_tasks(first) == 4; });
  second.start();
  wait_until([&] { return running_tasks(first) + running_tasks(second) == 4 && running_tasks(second) > 0; });
  wait_until([&] { return standbys == 2; });
  first.close();
  wait_until([&] { return running_tasks(second) == 4; });
  second.close();
  stop = true;
  reader.join();
}

TEST_F(MetricsTest, AreReadWhileThreadsWorkAndComeAndGo) {
  KafkaStreams app(line(), config("TRACE"), cluster_);
  std::atomic<bool> stop{false};
  std::size_t most = 0;
  std::thread reader([&] {
    while (!stop) most = std::max(most, prometheus_text(app.metrics()).size());
  });
  app.start();
  for (int i = 0; i < 200; ++i) {
    produce("value");
    if (i % 50 == 0) app.add_stream_thread();
    if (i % 50 == 25) app.remove_stream_thread();
  }
  wait(app, 1);
  app.close();
  stop = true;
  reader.join();
  EXPECT_GT(most, 10'000u);
}

}  // namespace
}  // namespace streams
