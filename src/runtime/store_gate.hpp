// Who is in the stores of a stream thread: their owner, or one reader from outside.
//
// Invariants:
// 1. A reader that waits gets in as soon as the owner leaves; the owner waits for one reader at most.
// 2. A thread that owns a gate and reads behind another one leaves its own meanwhile: threads that read each other's
//    stores never wait in a circle.
#pragma once

#include <atomic>
#include <mutex>

namespace streams::runtime {

class StoreGate {
 public:
  StoreGate() = default;
  StoreGate(const StoreGate&) = delete;
  StoreGate& operator=(const StoreGate&) = delete;

  /// The owner: before it touches its stores, and after. Costs a few atomic operations, so it is done once for many
  /// records.
  void enter();
  void leave();
  bool owned_here() const { return owned() == this; }
  /// The owner, between two records: leaves the stores for a moment if somebody waits for them.
  void let_readers_in() {
    if (waiting_.load(std::memory_order_relaxed) > 0) make_way();
  }

 private:
  friend class StoreReading;
  static StoreGate*& owned();
  void make_way();
  void enter_reading();
  void leave_reading();

  std::atomic<int> waiting_{0};
  std::mutex readers_;  ///< one reader at a time competes with the owner
  std::mutex next_;     ///< who comes next
  std::mutex inside_;
};

/// The owner is in its stores while this lives; does nothing if it is there already, or if there is no gate.
class StoreWork {
 public:
  explicit StoreWork(StoreGate& gate) : StoreWork(&gate) {}
  explicit StoreWork(StoreGate* gate) : gate_(gate == nullptr || gate->owned_here() ? nullptr : gate) {
    if (gate_ != nullptr) gate_->enter();
  }
  ~StoreWork() {
    if (gate_ != nullptr) gate_->leave();
  }
  StoreWork(const StoreWork&) = delete;
  StoreWork& operator=(const StoreWork&) = delete;

 private:
  StoreGate* gate_;
};

/// A reader is in the stores while this lives. On the thread that owns them: does nothing.
class StoreReading {
 public:
  /// `within`: the gate belongs to another one that the thread is behind and stays behind.
  explicit StoreReading(StoreGate& gate, bool within = false);
  ~StoreReading();
  StoreReading(const StoreReading&) = delete;
  StoreReading& operator=(const StoreReading&) = delete;

 private:
  StoreGate& gate_;
  StoreGate* const own_;
};

}  // namespace streams::runtime
