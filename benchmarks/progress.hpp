// Counts records on many threads without a shared cache line.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>

namespace bench {

/// What the threads of a run have processed.
///
/// Threads: add() on any, the rest on the one that waits. At most kSlots threads count exactly.
class Progress {
 public:
  void add() {
    Slot& slot = slots_[slot_of_this_thread()];
    const std::int64_t before = slot.count.load(std::memory_order_relaxed);
    if (before == 0) note_first();
    slot.count.store(before + 1, std::memory_order_relaxed);
  }
  std::int64_t count() const {
    std::int64_t sum = 0;
    for (const Slot& slot : slots_) sum += slot.count.load(std::memory_order_relaxed);
    return sum;
  }
  /// When the first record was processed (steady clock, ns); 0 before.
  std::int64_t first_ns() const { return first_ns_.load(); }
  double first_cpu_s() const { return first_cpu_s_.load(); }

 private:
  static constexpr std::size_t kSlots = 64;
  struct alignas(64) Slot {
    std::atomic<std::int64_t> count = 0;
  };
  static std::size_t slot_of_this_thread() {
    static std::atomic<std::size_t> next = 0;
    thread_local const std::size_t slot = next++ % kSlots;
    return slot;
  }
  void note_first();

  std::array<Slot, kSlots> slots_;
  std::atomic<std::int64_t> first_ns_ = 0;
  std::atomic<double> first_cpu_s_ = 0;
};

}  // namespace bench
