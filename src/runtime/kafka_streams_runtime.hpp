// One running client: its stream threads, the global thread, housekeeping, and the state that they make together.
//
// Invariants:
// 1. mutex_ guards workers_, the state and everything that is made by start(). Nothing is called back while it is held.
// 2. Changes of state are told in order, one at a time, by whichever thread finds the queue unattended.
// 3. The last thread to finish after a shutdown began ends housekeeping, unlocks the state directory and sets the final
//    state. The global thread ends after all stream threads: their tasks look into its stores.
#pragma once

#include <runtime/global_thread.hpp>
#include <runtime/kafka_streams_housekeeper.hpp>
#include <runtime/local_stores.hpp>
#include <runtime/stream_thread.hpp>
#include <streams/kafka_streams.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace streams::runtime {

class ClientRuntime {
 public:
  using State = KafkaStreams::State;

  /// `clients` and `clock` outlive this object. Throws ConfigError, TopologyError.
  ClientRuntime(const Topology& topology, const StreamsConfig& config, client::ClientFactory& clients,
                bool needs_bootstrap, const Clock& clock);
  ~ClientRuntime();

  void set_state_listener(KafkaStreams::StateListener listener);
  void set_uncaught_exception_handler(KafkaStreams::UncaughtExceptionHandler handler);
  void set_restore_listener(std::shared_ptr<RestoreListener> listener);
  void set_standby_listener(std::shared_ptr<StandbyListener> listener);
  void start();
  bool close(const CloseOptions& options);
  void clean_up();
  std::optional<std::string> add_stream_thread();
  std::optional<std::string> remove_stream_thread(std::chrono::milliseconds timeout);
  void pause(bool paused);
  bool is_paused() const { return paused_.load(); }
  State state() const { return state_.load(); }
  std::vector<ThreadMetadata> metadata_for_local_threads() const;
  std::string last_error() const;
  std::string client_id() const;
  std::vector<Metric> metrics() const { return registry_.read(clock_.now_ms()); }

  // For queries.
  const streams::detail::TopologyPlan& plan() const { return topology_.plan(); }
  const RuntimeConfig& config() const { return config_; }
  const std::shared_ptr<LocalStores>& stores() const { return stores_; }
  /// Null: not started, or the topics are not known yet.
  std::shared_ptr<const PreparedTopology> prepared() const;
  /// How often the group has changed, as far as this instance knows.
  std::uint64_t rebalances() const { return rebalances_.load(); }
  /// Of the application's own group. kUnavailable before start().
  Result<client::GroupDescription> describe_group(int timeout_ms) const;
  /// kUnavailable before start().
  Result<std::map<client::TopicPartition, client::OffsetRange>> offsets(
      const std::vector<client::TopicPartition>& partitions, int timeout_ms) const;

 private:
  struct Worker {
    int index = 0;
    std::string name;
    std::unique_ptr<StreamThread> thread;               ///< replaced under mutex_
    client::Leaving leaving = client::Leaving::kUsual;  ///< set before stop
    std::atomic<bool> stop{false};
    bool finished = false;
    std::thread os;
  };

  // kafka_streams_threads.cpp
  Worker& make_worker(int index);
  std::shared_ptr<Worker> removable() const;
  std::size_t live_threads() const;
  std::size_t cache_share() const;
  void share_cache();
  int free_index() const;
  void run(Worker& worker);
  bool replace(Worker& worker, const std::exception_ptr& error, int failures);
  void finished(Worker& worker);
  void retire_finished();

  // kafka_streams_runtime.cpp
  void check_not_started() const;
  void add_metrics();
  client::Admin* admin() const;
  void open_directory();
  void make_global();
  OpenState open_state() const;
  void make_standby();
  ThreadServices services();
  void run_global();
  void finish_if_last();
  void on_thread_state();
  void begin_shutdown(State pending, client::Leaving leaving = client::Leaving::kUsual);
  void shut_down_application();
  void on_shutdown_request();
  bool transition(State next);
  void tell_listener();
  bool on_library_thread() const;
  bool all_finished() const;
  void fail(const std::exception_ptr& error, const std::string& who);

  const Topology topology_;
  const RuntimeConfig config_;
  client::ClientFactory& clients_;
  const Clock& clock_;
  metrics::MetricRegistry registry_;
  Log log_;
  KafkaStreams::StateListener listener_;
  KafkaStreams::UncaughtExceptionHandler handler_;
  std::shared_ptr<RestoreListener> restore_listener_;
  std::shared_ptr<StandbyListener> standby_listener_;
  const std::shared_ptr<LocalStores> stores_ = std::make_shared<LocalStores>();
  bool has_stream_tasks_ = false;
  bool has_persistent_ = false;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string client_id_, process_id_, last_error_;
  std::unique_ptr<client::Admin> admin_;
  std::unique_ptr<StateDirectory> directory_;
  std::shared_ptr<state::MemoryBound> memory_;
  std::unique_ptr<TopicManager> topics_;
  std::unique_ptr<StandbyTasks> standby_;  ///< null: num.standby.replicas is 0
  std::unique_ptr<GlobalThread> global_;
  std::thread global_os_;
  std::atomic<bool> global_stop_{false};
  bool global_finished_ = true;
  std::unique_ptr<Housekeeper> housekeeper_;
  std::vector<std::shared_ptr<Worker>> workers_;  ///< shared with who waits for one to finish
  std::atomic<std::int64_t> alive_threads_{0};
  std::atomic<std::int64_t> failed_threads_{0};
  std::atomic<std::uint64_t> rebalances_{0};
  std::atomic<bool> paused_{false};
  std::atomic<bool> destroying_{false};
  bool stopping_ = false;
  bool finishing_ = false;
  std::atomic<State> state_{State::kCreated};
  std::deque<std::pair<State, State>> to_tell_;  ///< to, from
  bool telling_ = false;
  std::mutex join_mutex_;  ///< before mutex_: who joins finished threads
  metrics::MetricSet metric_set_{&registry_};
};

}  // namespace streams::runtime
