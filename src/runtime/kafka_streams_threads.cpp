// The stream threads of a client: started, replaced, added and removed.
#include <runtime/error_handlers.hpp>
#include <runtime/kafka_streams_runtime.hpp>

#include <algorithm>

namespace streams::runtime {

using State = KafkaStreams::State;

namespace {

constexpr std::int64_t kReplaceDelayMs = 100;
constexpr std::int64_t kLongestReplaceDelayMs = 10000;

}  // namespace

ClientRuntime::Worker& ClientRuntime::make_worker(int index) {
  auto worker = std::make_shared<Worker>();
  worker->index = index;
  worker->name = client_id_ + "-StreamThread-" + std::to_string(index);
  worker->thread = std::make_unique<StreamThread>(services(), worker->name, index, true);
  stores_->add(worker->thread->stores());
  workers_.push_back(std::move(worker));
  ++alive_threads_;
  return *workers_.back();
}

void ClientRuntime::run(Worker& worker) {
  for (int failures = 1;; ++failures) {
    std::exception_ptr error;
    try {
      while (!worker.stop) worker.thread->run_once(config_.poll_ms);
      worker.thread->close(true, worker.leaving);
      break;
    } catch (...) {
      error = std::current_exception();
    }
    log_.error("Thread ", worker.name, " fails: ", message_of(error));
    try {
      worker.thread->close(false);
    } catch (...) {
      log_.warn("Thread ", worker.name, " could not be closed properly: ", message_of(std::current_exception()));
    }
    if (!replace(worker, error, failures)) break;
  }
  finished(worker);
}

/// Asks the application what to do about a failed thread. True: the worker goes on with a new one.
bool ClientRuntime::replace(Worker& worker, const std::exception_ptr& error, int failures) {
  fail(error, worker.name);
  ++failed_threads_;
  UncaughtExceptionAction action = UncaughtExceptionAction::kShutdownClient;
  try {
    if (handler_) action = handler_(error);
  } catch (...) {
    log_.error("The uncaught exception handler failed: ", message_of(std::current_exception()));
  }
  if (action != UncaughtExceptionAction::kReplaceThread) {
    if (!worker.stop) begin_shutdown(State::kPendingError);
    if (action == UncaughtExceptionAction::kShutdownApplication) shut_down_application();
    return false;
  }
  const std::int64_t delay = std::min(kReplaceDelayMs << std::min(failures, 10), kLongestReplaceDelayMs);
  std::unique_lock lock(mutex_);
  if (changed_.wait_for(lock, std::chrono::milliseconds(delay), [&] { return worker.stop.load(); })) return false;
  log_.info("Replacing thread ", worker.name);
  worker.thread = std::make_unique<StreamThread>(services(), worker.name, worker.index, true);
  stores_->add(worker.thread->stores());
  return true;
}

std::size_t ClientRuntime::live_threads() const {
  return static_cast<std::size_t>(
      std::count_if(workers_.begin(), workers_.end(), [](const auto& w) { return !w->finished && !w->stop; }));
}

/// Under mutex_: every thread's part of the memory for record caches.
std::size_t ClientRuntime::cache_share() const {
  return config_.cache_bytes / std::max<std::size_t>(live_threads() + (global_ ? 1 : 0), 1);
}

void ClientRuntime::share_cache() {
  const std::size_t share = cache_share();
  for (const auto& worker : workers_) {
    if (!worker->finished) worker->thread->resize_cache(share);
  }
}

int ClientRuntime::free_index() const {
  for (int index = 1;; ++index) {
    const bool taken =
        std::any_of(workers_.begin(), workers_.end(), [&](const auto& w) { return w->index == index && !w->finished; });
    if (!taken) return index;
  }
}

std::optional<std::string> ClientRuntime::add_stream_thread() {
  retire_finished();
  std::lock_guard lock(mutex_);
  const bool runs = state() == State::kRunning || state() == State::kRebalancing;
  if (!runs || stopping_ || !has_stream_tasks_) {
    log_.warn("No stream thread is added in state ", name_of(state()));
    return std::nullopt;
  }
  Worker& worker = make_worker(free_index());
  share_cache();
  log_.info("Adding ", worker.name, "; there are ", live_threads(), " now, with ", cache_share(),
            " bytes of cache for each");
  worker.os = std::thread([this, &worker] { run(worker); });
  return worker.name;
}

/// Under mutex_. The first one; on a stream thread itself, that one only if it is the last.
std::shared_ptr<ClientRuntime::Worker> ClientRuntime::removable() const {
  for (const auto& worker : workers_) {
    if (worker->finished || worker->stop) continue;
    if (worker->os.get_id() != std::this_thread::get_id() || live_threads() == 1) return worker;
  }
  return nullptr;
}

std::optional<std::string> ClientRuntime::remove_stream_thread(std::chrono::milliseconds timeout) {
  const auto deadline = timeout == std::chrono::milliseconds::max() ? std::chrono::steady_clock::time_point::max()
                                                                    : std::chrono::steady_clock::now() + timeout;
  std::string name;
  {
    std::unique_lock lock(mutex_);
    const bool runs = state() == State::kRunning || state() == State::kRebalancing;
    const std::shared_ptr<Worker> worker = runs && !stopping_ ? removable() : nullptr;
    if (worker == nullptr) {
      log_.warn("There is no stream thread to remove in state ", name_of(state()));
      return std::nullopt;
    }
    name = worker->name;
    worker->leaving = client::Leaving::kLeave;
    worker->stop = true;
    share_cache();
    log_.info("Removing ", name, "; there are ", live_threads(), " now, with ", cache_share(),
              " bytes of cache for each");
    changed_.notify_all();
    if (on_library_thread()) return name;  // waiting might be for itself
    if (const auto done = [&] { return worker->finished; }; deadline == std::chrono::steady_clock::time_point::max()) {
      changed_.wait(lock, done);
    } else if (!changed_.wait_until(lock, deadline, done)) {
      throw StreamsError("Stream thread " + name + " has not stopped within " + std::to_string(timeout.count()) +
                         " ms. It is going to: its name stays taken until then.");
    }
  }
  retire_finished();
  return name;
}

/// Frees what finished threads leave behind.
void ClientRuntime::retire_finished() {
  {
    std::lock_guard lock(mutex_);
    if (on_library_thread()) return;  // somebody may be waiting for it
  }
  const std::lock_guard joining(join_mutex_);
  std::vector<std::shared_ptr<Worker>> finished;
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return;
    const auto from =
        std::stable_partition(workers_.begin(), workers_.end(), [](const auto& worker) { return !worker->finished; });
    std::move(from, workers_.end(), std::back_inserter(finished));
    workers_.erase(from, workers_.end());
  }
  for (const auto& worker : finished) worker->os.join();
}

std::vector<ThreadMetadata> ClientRuntime::metadata_for_local_threads() const {
  std::lock_guard lock(mutex_);
  std::vector<ThreadMetadata> out;
  for (const auto& worker : workers_) {
    if (!worker->finished) out.push_back(worker->thread->metadata());
  }
  if (standby_ && !out.empty()) {
    for (const TaskId task : standby_->tasks()) out.front().standby_tasks.push_back(task.text());
  }
  return out;
}

}  // namespace streams::runtime
