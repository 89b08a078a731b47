// Rows of global stores that one thread writes and many read.
#pragma once

#include <streams/detail/byte_stores.hpp>

#include <functional>
#include <memory>
#include <shared_mutex>

namespace streams::runtime {

/// A store's rows and the lock they are used under. `exclusive_reads`: reading changes the store too (LRU).
template <class Rows>
struct SharedRows {
  std::shared_mutex mutex;
  std::unique_ptr<Rows> rows;
  bool exclusive_reads = false;
};

/// The face that writes: used by the global task's thread only, which therefore reads without the lock.
std::unique_ptr<state::KeyValueBytes> writing_face(std::shared_ptr<SharedRows<state::KeyValueBytes>> shared);
std::unique_ptr<state::WindowBytes> writing_face(std::shared_ptr<SharedRows<state::WindowBytes>> shared);
/// The face that reads, for any thread. Writing through it throws InvalidStateStore.
std::unique_ptr<state::KeyValueBytes> reading_face(std::shared_ptr<SharedRows<state::KeyValueBytes>> shared);
std::unique_ptr<state::WindowBytes> reading_face(std::shared_ptr<SharedRows<state::WindowBytes>> shared);

}  // namespace streams::runtime
