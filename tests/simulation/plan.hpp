// What a seed decides about a run before it begins.
#pragma once

#include <simulation/random.hpp>

#include <cstdint>
#include <string>

namespace streams::simulation {

/// Where the stores of a run are. kModelDisk: a model of a disk that keeps what was flushed (see disk.hpp).
enum class StoreKind { kMemory, kModelDisk, kRocksDb };

/// Which faults a run has, in ten-thousandths of the calls that may fail.
struct FaultRates {
  int crash = 0;       ///< the instance is gone, before or after the call took effect
  int error = 0;       ///< the call fails, before or after it took effect
  int delay = 0;       ///< time passes during the call
  int interleave = 0;  ///< other threads run during the call
  int disk = 0;        ///< writes to the disk fail
};

struct Plan {
  std::uint64_t seed = 0;
  std::string workload;
  bool exactly_once = true;
  StoreKind stores = StoreKind::kMemory;
  int partitions = 1;
  int instances = 1;
  int threads = 1;  ///< of each instance
  int steps = 100;
  int keys = 4;
  unsigned variant = 0;  ///< of the workload
  std::int64_t cache_bytes = 0;
  std::int64_t commit_interval_ms = 100;
  std::int64_t session_timeout_ms = 10000;
  std::int64_t max_task_idle_ms = 0;
  std::int64_t purge_interval_ms = 30000;
  std::int64_t buffered_records = 1000;
  int standby_replicas = 0;
  bool buffered_sends = false;  ///< the producer sends some time after it was told to, each partition by itself
  FaultRates rates;

  /// Everything but the workload, which is drawn from `workloads` if it is empty.
  static Plan of(std::uint64_t seed, const std::string& workload);
  std::string text() const;
};

}  // namespace streams::simulation
