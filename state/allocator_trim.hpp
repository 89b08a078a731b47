// Gives memory back that the allocator keeps although nobody uses it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace streams::state {

/// glibc keeps freed memory in the arenas of threads. Where the process takes more than `bytes`, a thread of RocksDB's
/// asks for it every few seconds; less and less often where that gives little back. Any thread.
class AllocatorTrim : public std::enable_shared_from_this<AllocatorTrim> {
 public:
  explicit AllocatorTrim(std::size_t bytes) : bytes_(bytes) {}
  /// To be called often: looks at the clock, and rarely does more.
  void tick();

 private:
  void run();

  const std::size_t bytes_;
  std::atomic<std::int64_t> due_ns_{0};  ///< of the steady clock
  std::int64_t pause_ns_ = 0;            ///< touched by one thread at a time: who has moved `due_ns_`
};

/// The resident set of this process, in bytes; 0 where the system does not say.
std::size_t resident_bytes();

}  // namespace streams::state
