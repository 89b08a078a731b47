// Gives memory back that the allocator keeps although nobody uses it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>

namespace streams::state {

/// glibc keeps freed memory in the arenas of threads. Where the process takes more than `bytes`, a thread of RocksDB's
/// asks for it every few seconds; less and less often where that gives little back. Any thread.
class AllocatorTrim {
 public:
  explicit AllocatorTrim(std::size_t bytes) : bytes_(bytes) {}
  /// Takes back what has not begun yet, and waits for what has.
  ~AllocatorTrim();
  AllocatorTrim(const AllocatorTrim&) = delete;
  AllocatorTrim& operator=(const AllocatorTrim&) = delete;
  /// To be called often: looks at the clock, and rarely does more.
  void tick();

 private:
  void run();
  /// Nothing is scheduled any more; the next time is at `due_ns`.
  void ended(std::int64_t due_ns);

  const std::size_t bytes_;
  std::atomic<std::int64_t> due_ns_{0};  ///< of the steady clock
  std::int64_t pause_ns_ = 0;            ///< touched by one thread at a time: who has moved `due_ns_`
  std::mutex mutex_;
  std::condition_variable idle_;
  bool scheduled_ = false;  ///< under mutex_
};

/// The resident set of this process, in bytes; 0 where the system does not say.
std::size_t resident_bytes();

}  // namespace streams::state
