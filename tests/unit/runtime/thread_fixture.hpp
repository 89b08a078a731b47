// Stream threads on an embedded cluster, turned by the test: no other thread, no time but the test's.
#pragma once

#include <runtime/config.hpp>
#include <runtime/state_directory.hpp>
#include <runtime/stream_thread.hpp>
#include <runtime/topic_manager.hpp>
#include <streams/embedded_cluster.hpp>
#include <streams/topology.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace streams::runtime {

class ManualClock final : public Clock {
 public:
  Timestamp now_ms() const override { return now_; }
  void advance(std::int64_t ms) { now_ += ms; }

 private:
  std::atomic<Timestamp> now_{1'000'000'000'000};
};

/// One instance of an application with one stream thread.
class Instance {
 public:
  Instance(client::ClientFactory& clients, const Clock& clock, const Topology& topology, const StreamsConfig& config,
           int index = 1, std::shared_ptr<StandbyListener> listener = nullptr)
      : standby_listener(std::move(listener)),
        topology_(topology),
        config_(resolve_config(config, false)),
        registry_(config_.metrics_level, config_.metrics_windows),
        admin_(clients.admin(config_.admin("admin"))) {
    const Log log(config_.logger, "");
    auto directory = StateDirectory::open(config_.state_dir, config_.application_id, false, log);
    if (!directory.ok()) throw StreamsError(directory.status().message());
    directory_ = std::move(directory).value();
    topics_ = std::make_unique<TopicManager>(config_, topology_.plan(), *admin_, clock, log);
    ThreadServices services;
    services.config = &config_;
    services.topology = &topology_.plan();
    services.clients = &clients;
    services.admin = admin_.get();
    services.clock = &clock;
    services.topics = topics_.get();
    services.directory = directory_.get();
    services.process_id = directory_->process_id();
    services.open_state =
        open_with(state::make_memory_bound(config_.state_memory_bytes), registry_.records(RecordingLevel::kDebug));
    services.metrics = &registry_;
    services.cache_bytes = config_.cache_bytes;
    if (config_.standby_replicas > 0) make_standby(clients, clock, services);
    services.standby = standby_.get();
    services.on_rebalance = [this] {
      if (standby_) standby_->group_changed();
    };
    services.purge = [this](std::vector<client::OffsetAndMetadata> before) {
      (void)admin_->delete_records(before, 1000);
    };
    services.on_state = [this](ThreadState, ThreadState to) { states.push_back(std::string(name_of(to))); };
    thread_ = std::make_unique<StreamThread>(services, "app-StreamThread-" + std::to_string(index), index, false);
  }

  StreamThread& thread() { return *thread_; }
  StandbyTasks& standby() { return *standby_; }
  /// One turn of everything; true if the thread did something.
  bool turn() {
    const bool worked = thread_->run_once(0);
    if (standby_) standby_->run_once(0);
    return worked;
  }
  StateDirectory& directory() { return *directory_; }
  metrics::MetricRegistry& registry() { return registry_; }
  /// Turns until nothing happens any more.
  void settle() {
    for (int quiet = 0, turns = 0; quiet < 12; ++turns) {
      quiet = turn() ? 0 : quiet + 1;
      ASSERT_LT(turns, 100000) << "the thread does not come to rest";
    }
  }
  void close() { thread_->close(true); }
  TopicManager& topics() { return *topics_; }

  std::vector<std::string> states;
  const std::shared_ptr<StandbyListener> standby_listener;

 private:
  void make_standby(client::ClientFactory& clients, const Clock& clock, const ThreadServices& of) {
    StandbyTasks::Services services;
    services.config = &config_;
    services.topology = of.topology;
    services.clients = &clients;
    services.admin = admin_.get();
    services.clock = &clock;
    services.topics = topics_.get();
    services.directory = directory_.get();
    services.open_state = of.open_state;
    services.process_id = of.process_id;
    services.listener = standby_listener;
    services.metrics = of.metrics;
    standby_ = std::make_unique<StandbyTasks>(std::move(services), "app", false);
  }

  Topology topology_;
  RuntimeConfig config_;
  metrics::MetricRegistry registry_;
  std::unique_ptr<client::Admin> admin_;
  std::unique_ptr<StateDirectory> directory_;
  std::unique_ptr<TopicManager> topics_;
  std::unique_ptr<StandbyTasks> standby_;
  std::unique_ptr<StreamThread> thread_;
};

class StreamThreadTest : public testing::Test {
 protected:
  StreamThreadTest() : base_(std::filesystem::temp_directory_path() / ("stream_thread_test_" + random_uuid())) {}
  ~StreamThreadTest() override { std::filesystem::remove_all(base_); }

  StreamsConfig config(const std::string& directory = "a") {
    StreamsConfig out{{"application.id", "app"},
                      {"state.dir", (base_ / directory).string()},
                      {"statestore.cache.max.bytes", "0"},
                      {"commit.interval.ms", "100"}};
    out.set_logger(logger_);
    return out;
  }
  std::unique_ptr<Instance> instance(const Topology& topology, const StreamsConfig& config) {
    return std::make_unique<Instance>(clients(), clock_, topology, config, ++instances_);
  }
  virtual client::ClientFactory& clients() { return cluster_.clients(); }
  void create(const std::string& topic, std::int32_t partitions = 1,
              const std::map<std::string, std::string>& configs = {}) {
    ASSERT_TRUE(cluster_.create_topic(topic, partitions, configs).ok());
  }
  void produce(const std::string& topic, const std::string& key, const std::string& value, Timestamp timestamp = 0,
               std::optional<std::int32_t> partition = std::nullopt) {
    ASSERT_TRUE(cluster_.produce(topic, {key, value, timestamp, {}, partition}).ok());
  }
  /// "key=value@timestamp" of all committed records.
  std::vector<std::string> read(const std::string& topic) {
    std::vector<std::string> out;
    for (const StoredRecord& r : cluster_.read(topic).value()) {
      out.push_back(r.key.value_or("null") + "=" + r.value.value_or("null") + "@" + std::to_string(r.timestamp));
    }
    return out;
  }
  /// Lets the commit interval pass.
  void commit(Instance& of) {
    clock_.advance(100);
    of.settle();
  }

  /// Log lines that contain a text.
  std::size_t logged(const std::string& part) const {
    return static_cast<std::size_t>(std::count_if(
        log_.begin(), log_.end(), [&](const std::string& line) { return line.find(part) != std::string::npos; }));
  }

  int instances_ = 0;
  ManualClock clock_;
  EmbeddedCluster cluster_{clock_};
  std::vector<std::string> log_;
  LoggerPtr logger_ = function_logger([this](LogLevel level, std::string_view line) {
    log_.push_back(std::string(name_of(level)) + " " + std::string(line));
    if (std::getenv("STREAMS_TEST_LOG") != nullptr) fprintf(stderr, "%s\n", log_.back().c_str());
  });
  std::filesystem::path base_;
};

}  // namespace streams::runtime
