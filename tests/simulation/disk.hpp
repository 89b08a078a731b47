// The disks of a run: state that survives crashes as far as it was flushed.
//
// A model disk keeps the rows of each database as of its last flush, so that crashes cost microseconds. RocksDB keeps
// real files; what a crash leaves behind is a copy of them made at that moment.
#pragma once

#include <state/byte_store.hpp>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace streams::simulation {

struct Process;
class World;

/// What a model disk holds of one database.
struct DiskImage {
  std::map<std::string, std::map<Bytes, Bytes>> rows;  ///< by family
  std::map<std::string, std::int64_t> offsets;
};

class Disk {
 public:
  /// Everything is below `directory`, which is made when it is needed and removed at the end.
  explicit Disk(std::string directory) : directory_(std::move(directory)) {}
  ~Disk();
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;

  const std::string& directory() const { return directory_; }
  /// What state::open_rocksdb does, with faults.
  Result<std::unique_ptr<state::StateDatabase>> open(World& world, Process& process, const std::string& path,
                                                     const std::vector<std::string>& families,
                                                     const std::shared_ptr<state::MemoryBound>& memory);
  /// Makes a copy of an instance's directory, as it is now.
  void freeze(const std::string& path);
  /// Puts the copy in place of the directory, which nobody has open any more.
  void thaw(const std::string& path);
  /// The disk of that instance is lost.
  void lose(const std::string& path);

 private:
  const std::string directory_;
  std::map<std::string, std::shared_ptr<DiskImage>> images_;
};

}  // namespace streams::simulation
