// What all parts of a run share: time, the cluster, randomness, the disk, and where things go wrong.
#pragma once

#include <simulation/disk.hpp>
#include <simulation/plan.hpp>
#include <simulation/random.hpp>

#include <streams/client.hpp>
#include <streams/embedded_cluster.hpp>
#include <streams/logging.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace streams::simulation {

class VirtualClock final : public Clock {
 public:
  Timestamp now_ms() const override { return now_; }
  void advance(std::int64_t ms) { now_ += ms; }

 private:
  Timestamp now_ = 1'000'000'000'000;
};

/// Thrown out of a client or disk call when the process is gone. No std::exception: nobody is to deal with it.
struct Crash {};

/// One life of an instance. When it is dead, nothing that it still does reaches the cluster or the disk.
struct Process {
  std::string name;
  bool dead = false;
  bool calm = false;   ///< no faults: it is being destroyed
  int unanswered = 0;  ///< calls that will time out, because the brokers cannot be reached
  int in_admin = 0;    ///< inside a call that may be made under a lock
  std::function<void()> on_death;
};

/// While it lives, no other thread of the process runs: the one that does holds a lock. Null: they may.
class AloneInProcess {
 public:
  explicit AloneInProcess(Process* process) : process_(process) {
    if (process_ != nullptr) ++process_->in_admin;
  }
  ~AloneInProcess() {
    if (process_ != nullptr) --process_->in_admin;
  }
  AloneInProcess(const AloneInProcess&) = delete;
  AloneInProcess& operator=(const AloneInProcess&) = delete;

 private:
  Process* const process_;
};

/// What becomes of a call that may fail.
struct Verdict {
  enum class When { kNever, kBefore, kAfter };
  When fails = When::kNever;  ///< before or after it took effect
  StatusCode code = StatusCode::kOk;
  bool before() const { return fails == When::kBefore; }
  bool after() const { return fails == When::kAfter; }
  Status status() const { return {code, "a fault of the simulation"}; }
};

class World {
 public:
  World(const Plan& plan_in, const std::string& directory)
      : plan(plan_in), random(plan_in.seed * 2), cluster(clock), disk(directory) {}

  /// A point at which anything may happen: a delay, other threads, the end of the process (throws Crash).
  void point(Process& process, const char* call);
  /// The same at a call that may fail with one of these codes.
  Verdict call(Process& process, const char* call, std::initializer_list<StatusCode> codes);
  /// A write to the disk.
  Verdict write(Process& process, const char* call);
  /// Time goes by. What at-least-once producers hold back is sent meanwhile: their own threads do not sleep.
  void pass(std::int64_t ms);
  /// The process is gone from here on.
  void kill(Process& process, const char* where);
  void note(const std::string& line) const;

  const Plan plan;
  Random random;
  VirtualClock clock;
  EmbeddedCluster cluster;
  Disk disk;
  FaultRates rates;                                        ///< zero while everything is to come to rest
  std::map<std::uint64_t, std::function<void()>> senders;  ///< of at-least-once producers that hold records back
  std::function<void()> run_others;                        ///< lets some other threads run
  bool tracing = false;                                    ///< to standard error
  std::vector<std::shared_ptr<void>> graves;               ///< clients of dead processes, which the cluster still knows
  std::uint64_t producers = 0, faults = 0, crashes = 0;

 private:
  int depth_ = 0;  ///< of threads that run inside of calls of others
};

}  // namespace streams::simulation
