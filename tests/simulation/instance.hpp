// An instance of the application: one process with its stream threads, turned by the simulator.
#pragma once

#include <simulation/clients.hpp>

#include <runtime/state_directory.hpp>
#include <runtime/stream_thread.hpp>
#include <runtime/topic_manager.hpp>
#include <streams/topology.hpp>

#include <memory>
#include <string>
#include <vector>

namespace streams::simulation {

class Instance {
 public:
  /// `slot` names its directory, which outlives it. Throws what starting an instance throws.
  Instance(World& world, int slot, int life, const Topology& topology);
  /// Without a word to the cluster if the process is dead, else as after a failure.
  ~Instance();
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  /// One turn of a thread; false if nothing was done. A thread that fails is replaced, or ends the process.
  bool turn(std::size_t thread);
  /// A clean stop, as far as faults let it.
  void stop();

  std::size_t threads() const { return threads_.size(); }
  bool busy() const { return on_stack_ > 0; }
  bool dead() const { return process_.dead; }
  /// A thread inside of an admin call may hold a lock that another one waits for.
  bool may_run(std::size_t thread) const {
    return !process_.dead && process_.in_admin == 0 && !threads_[thread].running && !stopping_;
  }
  Process& process() { return process_; }
  const std::string& path() const { return path_; }
  /// Why threads have failed.
  std::vector<std::string> failures;

 private:
  struct Slot {
    std::unique_ptr<runtime::StreamThread> thread;
    bool running = false;  ///< on the stack
  };
  StreamsConfig settings() const;
  void make_standby();
  void turn_standby();
  void make_thread(std::size_t index);
  void failed(std::size_t index, const std::string& why);

  World& world_;
  const std::string path_;
  Process process_;
  Topology topology_;
  runtime::RuntimeConfig config_;
  SimClients clients_;
  std::unique_ptr<client::Admin> admin_;
  std::unique_ptr<runtime::StateDirectory> directory_;
  std::unique_ptr<runtime::TopicManager> topics_;
  runtime::ThreadServices services_;
  std::unique_ptr<runtime::StandbyTasks> standby_;
  std::vector<Slot> threads_;
  int on_stack_ = 0;
  bool stopping_ = false;
};

}  // namespace streams::simulation
