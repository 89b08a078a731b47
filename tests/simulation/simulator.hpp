// One run: a workload on instances that come, go, sleep and crash, until everything rests; then the model is asked.
#pragma once

#include <simulation/instance.hpp>
#include <simulation/workload.hpp>

#include <memory>
#include <string>
#include <vector>

namespace streams::simulation {

struct Outcome {
  std::string failure;  ///< empty: as the model says
  std::size_t duplicates = 0;
  std::uint64_t faults = 0, crashes = 0;
  std::uint64_t fingerprint = 0;  ///< the same for every repetition
};

class Simulator {
 public:
  /// `directory` is this run's own, below which state may be kept.
  Simulator(const Plan& plan, const std::string& directory, bool tracing);
  Outcome run();

 private:
  struct Slot {
    std::unique_ptr<Instance> instance;
    bool asleep = false;
    int lives = 0;
  };
  void start(std::size_t slot);
  void stop(std::size_t slot);
  void step();
  void change(Slot& slot, std::size_t number);
  void turn(Slot& slot, int times);
  void run_others();
  void bury_the_dead();
  std::string come_to_rest();
  std::string verify();
  void tell_topics() const;

  World world_;
  std::unique_ptr<Workload> workload_;
  Topology topology_;
  std::vector<Slot> slots_;
  Outcome outcome_;
  std::size_t failures_at_rest_ = 0;
  std::string last_failure_;
};

}  // namespace streams::simulation
