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

/// The rows of one store: at most one of them is there.
struct GlobalRows {
  std::shared_ptr<SharedRows<state::KeyValueBytes>> key_values;
  std::shared_ptr<SharedRows<state::WindowBytes>> windows;
  std::shared_ptr<SharedRows<state::SessionBytes>> sessions;
  std::shared_ptr<SharedRows<state::VersionedBytes>> versions;

  /// Null if the store keeps its rows to itself.
  std::shared_mutex* mutex() const;
};

/// Faces that write: used by the global task's thread only, which therefore reads without the lock.
std::unique_ptr<state::KeyValueBytes> writing_face(std::shared_ptr<SharedRows<state::KeyValueBytes>> shared);
std::unique_ptr<state::WindowBytes> writing_face(std::shared_ptr<SharedRows<state::WindowBytes>> shared);
std::unique_ptr<state::SessionBytes> writing_face(std::shared_ptr<SharedRows<state::SessionBytes>> shared);
std::unique_ptr<state::VersionedBytes> writing_face(std::shared_ptr<SharedRows<state::VersionedBytes>> shared);
/// Faces that read, for any thread. Writing through one throws InvalidStateStore. Their iterators hold copies of the
/// rows.
std::unique_ptr<state::KeyValueBytes> reading_face(std::shared_ptr<SharedRows<state::KeyValueBytes>> shared);
std::unique_ptr<state::WindowBytes> reading_face(std::shared_ptr<SharedRows<state::WindowBytes>> shared);
std::unique_ptr<state::SessionBytes> reading_face(std::shared_ptr<SharedRows<state::SessionBytes>> shared);
std::unique_ptr<state::VersionedBytes> reading_face(std::shared_ptr<SharedRows<state::VersionedBytes>> shared);

}  // namespace streams::runtime
