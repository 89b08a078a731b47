// Giving memory back on a thread of RocksDB's.
#include <state/allocator_trim.hpp>

#include <rocksdb/env.h>

#include <gtest/gtest.h>

#include <latch>

namespace streams::state {
namespace {

TEST(AllocatorTrim, IsTakenBackWhenItsOwnerGoesFirst) {
  rocksdb::Env* const env = rocksdb::Env::Default();
  std::latch busy(1), go(1), done(1);
  struct Job {
    std::latch &busy, &go, &done;
  } job{busy, go, done};
  env->SetBackgroundThreads(1, rocksdb::Env::Priority::LOW);
  env->Schedule(
      [](void* argument) {
        auto& [begun, may_end, ended] = *static_cast<Job*>(argument);
        begun.count_down();
        may_end.wait();
        ended.count_down();
      },
      &job, rocksdb::Env::Priority::LOW);
  busy.wait();
  {
    AllocatorTrim trim(1);
    trim.tick();
    EXPECT_EQ(env->GetThreadPoolQueueLen(rocksdb::Env::Priority::LOW), 1u);
  }
  EXPECT_EQ(env->GetThreadPoolQueueLen(rocksdb::Env::Priority::LOW), 0u);
  go.count_down();
  done.wait();
}

TEST(AllocatorTrim, IsWaitedForByItsOwner) {
  for (int i = 0; i < 200; ++i) {
    AllocatorTrim trim(1);
    trim.tick();
  }
}

}  // namespace
}  // namespace streams::state
