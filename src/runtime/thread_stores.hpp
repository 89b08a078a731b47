// The stores of one stream thread as other threads may read them.
//
// Invariants:
// 1. Tasks are listed from when their stores are open until they are about to be closed: drop() comes before
//    Task::close().
// 2. Lists, stores and walks are used behind `gate`; the stores of a task that restores behind `restoring` too.
// 3. Walks of readers are gone before the stores are closed; a walk that lost its store knows.
#pragma once

#include <runtime/store_gate.hpp>
#include <runtime/task.hpp>
#include <state/record_cache.hpp>
#include <streams/detail/store_reader.hpp>
#include <streams/thread_metadata.hpp>

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace streams::runtime {

/// A reader's walk over a store, between two readings.
struct OpenWalk {
  TaskId task;
  std::unique_ptr<streams::detail::RowWalk> rows;
  bool lost = false;  ///< the store was closed under it
};

class ThreadStores {
 public:
  explicit ThreadStores(std::shared_ptr<state::RecordCache> cache) : cache_(std::move(cache)) {}

  enum class Role { kRestores, kRuns, kStandby };

  // The stream thread and its restorer, or the owner of standby tasks.
  StoreGate gate;
  StoreGate restoring;
  void set_state(ThreadState state) { state_ = state; }
  /// Behind the gate.
  void put(TaskId id, Task& task, Role role);
  void drop(TaskId id);

  // Readers.
  ThreadState state() const { return state_.load(); }

  /// A reader behind the gate. What it reads is not kept in the record cache: that might evict rows, and so send
  /// records, on the reader's thread.
  class Reading {
   public:
    explicit Reading(ThreadStores& stores, bool skip_cache = false);
    ~Reading();
    Reading(const Reading&) = delete;
    Reading& operator=(const Reading&) = delete;

    struct Listed {
      TaskId id;
      Role role = Role::kRestores;
    };
    /// Tasks that have the store, in their order.
    std::vector<Listed> tasks_with(const std::string& store) const;
    /// Empty if the task is not here (any more) or has no such store.
    std::optional<streams::detail::LocalStore> find(TaskId id, const std::string& store);

    struct Progress {
      std::string store;
      client::TopicPartition changelog;
      std::optional<std::int64_t> next_offset;  ///< nullopt: the task runs, so the store is at the end
    };
    /// Of all logged stores.
    std::vector<Progress> progress();

    /// Announces a walk, and takes it back.
    void add(OpenWalk& walk) { stores_.walks_.insert(&walk); }
    void remove(OpenWalk& walk);
    /// Call before a walk of add() is used again.
    void use(const OpenWalk& walk) { enter_restoring(walk.task); }

   private:
    void enter_restoring(TaskId id);

    ThreadStores& stores_;
    StoreReading reading_;
    std::optional<StoreReading> restoring_;
    state::CacheReads before_ = state::CacheReads::kByOwner;
  };

 private:
  struct Entry {
    Task* task = nullptr;
    Role role = Role::kRestores;
  };
  const std::shared_ptr<state::RecordCache> cache_;
  std::atomic<ThreadState> state_{ThreadState::kCreated};
  std::map<TaskId, Entry> tasks_;
  std::set<OpenWalk*> walks_;
};

}  // namespace streams::runtime
