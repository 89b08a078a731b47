// The directory that holds an application's state on this machine: its locks, the process id, a folder per task.
//
// Layout: <state.dir>/<application id>/{.lock, kafka-streams-process-metadata, <sub-topology>_<partition>/, global/}.
// Invariants:
// 1. At most one StateDirectory object on this machine has the application's folder locked (flock on .lock).
// 2. At most one holder in this process has a task's folder locked; who holds it may read, write and delete it.
#pragma once

#include <runtime/log.hpp>
#include <runtime/task_types.hpp>
#include <streams/status.hpp>

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace streams::runtime {

class StateDirectory;

/// Holds a task's folder; letting go of it unlocks the folder.
class TaskFolder {
 public:
  TaskFolder(StateDirectory& owner, std::string name, std::string path)
      : owner_(owner), name_(std::move(name)), path_(std::move(path)) {}
  ~TaskFolder();
  TaskFolder(const TaskFolder&) = delete;
  TaskFolder& operator=(const TaskFolder&) = delete;

  const std::string& path() const { return path_; }
  /// Deletes everything in it. The databases in it must be closed.
  Status wipe();

 private:
  StateDirectory& owner_;
  std::string name_;
  std::string path_;
};

/// Threads: any.
/// Source: org.apache.kafka.streams.processor.internals.StateDirectory.
class StateDirectory {
 public:
  /// Locks the application's folder and makes it if need be. kIo with path and reason; kAlreadyExists if another
  /// instance, named by its process id, has it locked.
  static Result<std::unique_ptr<StateDirectory>> open(const std::string& state_dir, const std::string& application_id,
                                                      bool group_may_write, Log log);
  ~StateDirectory();
  StateDirectory(const StateDirectory&) = delete;
  StateDirectory& operator=(const StateDirectory&) = delete;

  /// A UUID that stays the same over restarts.
  const std::string& process_id() const { return process_id_; }
  const std::string& path() const { return path_; }
  const std::string& application_id() const { return application_id_; }

  /// Locks and makes a task's folder. kAlreadyExists while another thread holds it: try again later.
  Result<std::unique_ptr<TaskFolder>> lock(TaskId task);
  Result<std::unique_ptr<TaskFolder>> lock_global();
  /// Tasks that have a folder here.
  std::vector<TaskId> tasks() const;
  /// Deletes folders of tasks that nobody holds and that were not written to for this long; logs what it deletes.
  void clean(std::int64_t older_than_ms);

 private:
  friend class TaskFolder;
  StateDirectory(std::string path, std::string application_id, int lock_fd, bool group_may_write, Log log);
  Status load_process_id();
  Result<std::unique_ptr<TaskFolder>> lock_folder(const std::string& name);
  void unlock(const std::string& name);

  const std::string path_;
  const std::string application_id_;
  const int lock_fd_;
  const unsigned mode_;
  const Log log_;
  std::string process_id_;
  mutable std::mutex mutex_;
  std::vector<std::string> held_;
};

/// Deletes an application's folder, as cleanUp() of Kafka Streams does. kAlreadyExists while an instance runs on it.
Status remove_state(const std::string& state_dir, const std::string& application_id, const Log& log);

/// A random UUID (version 4) as text.
std::string random_uuid();

}  // namespace streams::runtime
