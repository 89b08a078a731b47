// How databases are tuned, and the memory that all of them share.
#pragma once

#include <state/allocator_trim.hpp>
#include <state/byte_store.hpp>
#include <streams/status.hpp>

#include <rocksdb/cache.h>
#include <rocksdb/options.h>
#include <rocksdb/write_buffer_manager.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

namespace streams::state {

/// The cache gets what is left of the bound beside writes that wait for a commit and what open databases take by
/// themselves. Write buffers, at most half of it, and what is kept of open tables are charged to the cache. Any thread.
class MemoryBound {
 public:
  explicit MemoryBound(std::size_t bytes);
  /// Of blocks, write buffers and open tables, in bytes.
  std::size_t used() const { return cache_->GetUsage(); }
  /// Databases are opened, or closed (negative).
  void add_databases(std::int64_t databases, std::int64_t families);
  /// What stores keep beside their rows grows, or shrinks (negative), by so many bytes.
  void add_open(std::int64_t bytes);
  /// Whether a family that has `kept` bytes of empty rows for later may keep `wanted` of them instead; if not, it must
  /// keep none. Sets `kept`.
  bool keep(std::size_t& kept, std::size_t wanted);
  /// Something was committed.
  void committed() { trim_->tick(); }

 private:
  friend rocksdb::Options rocksdb_options(const MemoryBound& memory);
  std::size_t cache_bytes() const;

  const std::size_t bytes_;
  std::mutex mutex_;
  std::size_t open_ = 0;  ///< what open databases and their stores take, in bytes
  std::size_t kept_ = 0;
  const std::unique_ptr<AllocatorTrim> trim_;
  std::shared_ptr<rocksdb::Cache> cache_;
  std::shared_ptr<rocksdb::WriteBufferManager> write_buffers_;
  std::shared_ptr<rocksdb::TableFactory> tables_;  ///< one for all databases, as it charges the cache by the piece
};

rocksdb::Options rocksdb_options(const MemoryBound& memory);

/// "<what> '<directory>': <reason>", with what to do about it where that is known.
Status rocksdb_failure(const std::string& what, const std::string& directory, const rocksdb::Status& status);

}  // namespace streams::state
