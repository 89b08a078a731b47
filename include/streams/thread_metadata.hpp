// What an application can learn about its stream threads and tasks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace streams {

/// Source: org.apache.kafka.streams.processor.internals.StreamThread.State.
enum class ThreadState {
  kCreated,
  kStarting,
  kPartitionsRevoked,
  kPartitionsAssigned,  ///< has tasks that are not ready yet
  kRunning,
  kPendingShutdown,
  kDead,
};
std::string_view name_of(ThreadState state);

/// Source: org.apache.kafka.streams.TaskMetadata.
struct TaskMetadata {
  std::string id;  ///< "<sub-topology>_<partition>"
  bool running = false;
  std::vector<std::string> partitions;  ///< "topic-partition", what it reads
};

/// Source: org.apache.kafka.streams.ThreadMetadata.
struct ThreadMetadata {
  std::string name;
  ThreadState state = ThreadState::kCreated;
  std::vector<TaskMetadata> active_tasks;
  std::string main_consumer_client_id;
  std::string restore_consumer_client_id;
  std::string producer_client_id;
};

}  // namespace streams
