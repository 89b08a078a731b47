// The thread of global stores: reads all partitions of their topics, first to their ends, then on and on.
//
// Invariants:
// 1. Only the thread that turns run_once() touches the consumer and updates the task.
// 2. ready() turns true once, when every store holds what its topic held when bootstrapping began.
#pragma once

#include <runtime/state_directory.hpp>
#include <runtime/task_global.hpp>
#include <runtime/topic_manager.hpp>
#include <streams/state_listener.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace streams::runtime {

/// Source: org.apache.kafka.streams.processor.internals.GlobalStreamThread.
class GlobalThread {
 public:
  struct Services {
    const RuntimeConfig* config = nullptr;
    const streams::detail::TopologyPlan* topology = nullptr;
    client::ClientFactory* clients = nullptr;
    client::Admin* admin = nullptr;
    const Clock* clock = nullptr;
    TopicManager* topics = nullptr;
    StateDirectory* directory = nullptr;  ///< null: no store is persistent
    std::shared_ptr<state::MemoryBound> memory;
    std::shared_ptr<RestoreListener> listener;  ///< may be null
    std::function<void()> on_ready;             ///< called on the thread
  };
  GlobalThread(Services services, const std::string& name);
  ~GlobalThread();

  /// One turn; waits up to that long for records. True if something was done. Throws what ends the thread.
  bool run_once(int max_wait_ms);
  void close();

  bool ready() const { return ready_.load(); }
  /// For stream tasks; valid as long as this object, of use once ready().
  GlobalStores& stores() { return task_holder_; }

 private:
  struct Partition {
    client::TopicPartition name;
    std::string store;
    std::int64_t position = 0;
    std::int64_t end = 0;  ///< of bootstrapping
    std::int64_t applied = 0;
    bool done = false;
  };
  /// Stream tasks are given the stores before the task is made.
  struct TaskHolder final : GlobalStores {
    std::unique_ptr<GlobalTask> task;
    std::unique_ptr<StateStore> view(const std::string& store) override { return task ? task->view(store) : nullptr; }
    streams::detail::StoreRows rows(const std::string& store) override {
      return task ? task->rows(store) : streams::detail::StoreRows();
    }
  };

  bool start_up();
  void open_task();
  bool locate();
  bool read();
  void poll(int timeout_ms);
  void handle_error(const client::ConsumerError& error);
  void become_ready();
  void checkpoint_if_due();
  void start_over(const std::string& why);
  std::shared_ptr<state::StateDatabase> open_persistent(const std::vector<std::string>& families);

  const Services services_;
  const RuntimeConfig& config_;
  const std::string name_;
  const Log log_;
  std::shared_ptr<const PreparedTopology> prepared_;
  std::unique_ptr<TaskFolder> folder_;
  TaskHolder task_holder_;
  std::unique_ptr<client::Consumer> consumer_;
  std::vector<Partition> partitions_;
  std::vector<client::ConsumerError> errors_;
  std::int64_t since_checkpoint_ = 0;
  Timestamp last_checkpoint_ = 0;
  Timestamp began_ = 0;
  Timestamp locate_failing_since_ = -1;
  std::atomic<bool> ready_{false};
};

}  // namespace streams::runtime
