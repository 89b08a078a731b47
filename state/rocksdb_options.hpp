// How databases are tuned, and the memory that all of them share.
#pragma once

#include <state/byte_store.hpp>
#include <streams/status.hpp>

#include <rocksdb/cache.h>
#include <rocksdb/options.h>
#include <rocksdb/write_buffer_manager.h>

#include <memory>
#include <string>

namespace streams::state {

class MemoryBound {
 public:
  explicit MemoryBound(std::size_t bytes);
  /// Of blocks and write buffers, in bytes.
  std::size_t used() const { return cache_->GetUsage(); }

 private:
  friend rocksdb::Options rocksdb_options(const MemoryBound& memory);
  std::shared_ptr<rocksdb::Cache> cache_;
  std::shared_ptr<rocksdb::WriteBufferManager> write_buffers_;
};

rocksdb::Options rocksdb_options(const MemoryBound& memory);

/// "<what> '<directory>': <reason>", with what to do about it where that is known.
Status rocksdb_failure(const std::string& what, const std::string& directory, const rocksdb::Status& status);

}  // namespace streams::state
