// The databases of a test driver: in memory, or on disk in a directory that goes away with the driver.
#pragma once

#include <state/byte_store.hpp>

#include <memory>
#include <string>
#include <vector>

namespace streams::testing_detail {

/// A fresh directory below the system's temporary one, removed with everything in it.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// The two databases of one task.
struct DriverState {
  std::shared_ptr<state::StateDatabase> persistent;
  std::shared_ptr<state::StateDatabase> in_memory;
};

/// Makes and keeps them. What is persistent is still there when open() is called again.
class DriverStateOwner {
 public:
  /// `name` is the directory of the task's state. `all_in_memory`: no disk at all.
  DriverStateOwner(std::string name, bool all_in_memory) : name_(std::move(name)), all_in_memory_(all_in_memory) {}

  /// `counting` as in open_rocksdb(). Throws StreamsError if the database on disk cannot be opened.
  DriverState open(const std::vector<std::string>& persistent, const std::vector<std::string>& in_memory,
                   std::size_t memory_bytes, bool counting = false);

 private:
  std::string name_;
  bool all_in_memory_;
  std::unique_ptr<TemporaryDirectory> directory_;
  std::shared_ptr<state::StateDatabase> kept_;  ///< persistent rows where there is no disk
};

}  // namespace streams::testing_detail
