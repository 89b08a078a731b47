// Asking the allocator for what it keeps.
#include <state/allocator_trim.hpp>

#include <rocksdb/env.h>

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>

namespace streams::state {

namespace {

constexpr std::int64_t kShortestPauseNs = 2'000'000'000;
constexpr std::int64_t kLongestPauseNs = 300'000'000'000;
constexpr std::size_t kWorthwhilePart = 32;  ///< of the bound

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

std::size_t resident_bytes() {
  std::size_t total = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

AllocatorTrim::~AllocatorTrim() {
  rocksdb::Env::Default()->UnSchedule(this, rocksdb::Env::Priority::LOW);
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [this] { return !scheduled_; });
}

void AllocatorTrim::tick() {
  std::int64_t due = due_ns_.load(std::memory_order_relaxed);
  const std::int64_t now = now_ns();
  if (now < due || !due_ns_.compare_exchange_strong(due, INT64_MAX)) return;
  {
    const std::lock_guard lock(mutex_);
    scheduled_ = true;
  }
  // On a thread of RocksDB's: it takes some milliseconds, and may take a hundred.
  rocksdb::Env::Default()->Schedule([](void* self) { static_cast<AllocatorTrim*>(self)->run(); }, this,
                                    rocksdb::Env::Priority::LOW, this,
                                    [](void* self) { static_cast<AllocatorTrim*>(self)->ended(INT64_MAX); });
}

void AllocatorTrim::run() {
  const std::size_t before = resident_bytes();
  if (before > bytes_) {
#ifdef __GLIBC__
    ::malloc_trim(0);
#endif
    const std::size_t after = resident_bytes();
    const bool worthwhile = after + bytes_ / kWorthwhilePart < before;
    pause_ns_ = worthwhile ? kShortestPauseNs : std::min(pause_ns_ * 2, kLongestPauseNs);
  }
  pause_ns_ = std::max(pause_ns_, kShortestPauseNs);
  ended(now_ns() + pause_ns_);
}

void AllocatorTrim::ended(std::int64_t due_ns) {
  const std::lock_guard lock(mutex_);
  scheduled_ = false;
  due_ns_ = due_ns;
  idle_.notify_all();
}

}  // namespace streams::state
