// What an application can learn about its stream threads and tasks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace streams {

/// What a stream thread does. Source: org.apache.kafka.streams.processor.internals.StreamThread.State.
enum class ThreadState {
  kCreated,
  kStarting,
  kPartitionsRevoked,
  kPartitionsAssigned,  ///< has tasks that are not ready yet
  kRunning,
  kPendingShutdown,
  kDead,
};
/// "CREATED", "STARTING", ... as in Kafka Streams.
std::string_view name_of(ThreadState state);

/// One task. Source: org.apache.kafka.streams.TaskMetadata.
struct TaskMetadata {
  std::string id;                       ///< "<sub-topology>_<partition>"
  bool running = false;                 ///< its state is complete and it processes
  std::vector<std::string> partitions;  ///< "topic-partition", what it reads
};

/// One stream thread: its `name`, `state` and `active_tasks`, the ids of the instance's `standby_tasks` (with its first
/// thread only: they have one of their own), and the client ids of its clients, by which they are
/// found in logs and on the broker. Source: org.apache.kafka.streams.ThreadMetadata.
struct ThreadMetadata {
  std::string name;
  ThreadState state = ThreadState::kCreated;
  std::vector<TaskMetadata> active_tasks;
  std::vector<std::string> standby_tasks;
  std::string main_consumer_client_id;  ///< of the member of the group; then those of the others
  std::string restore_consumer_client_id;
  std::string producer_client_id;
};

}  // namespace streams
