// Starting and stopping a client, and its state machine.
#include <runtime/kafka_streams_runtime.hpp>

#include <runtime/config_keys.hpp>
#include <runtime/error_handlers.hpp>
#include <runtime/kafka_streams_shutdown.hpp>

#include <algorithm>

namespace streams::runtime {

using State = KafkaStreams::State;

namespace {

bool is_allowed(State from, State to) {
  switch (from) {
    case State::kCreated:
      return to == State::kRebalancing || to == State::kPendingShutdown;
    case State::kRebalancing:
    case State::kRunning:
      return to == State::kRebalancing || to == State::kRunning || to == State::kPendingShutdown ||
             to == State::kPendingError;
    case State::kPendingShutdown:
      return to == State::kNotRunning;
    case State::kPendingError:
      return to == State::kError;
    default:
      return false;
  }
}

bool is_final(State state) { return state == State::kNotRunning || state == State::kError; }

client::Leaving leaving_of(GroupMembership membership) {
  switch (membership) {
    case GroupMembership::kLeave:
      return client::Leaving::kLeave;
    case GroupMembership::kRemain:
      return client::Leaving::kRemain;
    case GroupMembership::kUsual:
      break;
  }
  return client::Leaving::kUsual;
}

bool has_persistent_store(const streams::detail::TopologyPlan& plan) {
  for (const auto& sub : plan.sub_topologies()) {
    for (const std::string& store : sub.stores) {
      if (plan.store(store).persistent) return true;
    }
  }
  return std::any_of(plan.global_stores().begin(), plan.global_stores().end(),
                     [](const auto& global) { return global.store.persistent; });
}

}  // namespace

ClientRuntime::ClientRuntime(const Topology& topology, const StreamsConfig& config, client::ClientFactory& clients,
                             bool needs_bootstrap, const Clock& clock)
    : topology_(topology),
      config_(resolve_config(config, needs_bootstrap)),
      clients_(clients),
      clock_(clock),
      registry_(config_.metrics_level, config_.metrics_windows),
      log_(config_.logger, "stream-client [" + config_.application_id + "] ") {
  const streams::detail::TopologyPlan& plan = topology_.plan();
  for (const auto& sub : plan.sub_topologies()) has_stream_tasks_ |= !sub.global;
  if (!has_stream_tasks_ && plan.global_stores().empty()) {
    throw TopologyError("The topology is empty: it has neither sources nor global stores.");
  }
  has_persistent_ = has_persistent_store(plan);
  for (const auto& [key, value] : config.settings()) {
    const KeySpec* spec = find_library_key(key);
    if (spec != nullptr && spec->kind == KeyKind::kIgnored) {
      log_.warn("Setting ", key, " has no effect: ", spec->allowed, ".");
    }
  }
}

ClientRuntime::~ClientRuntime() {
  destroying_ = true;
  close({});
}

void ClientRuntime::check_not_started() const {
  if (state() != State::kCreated) throw StreamsError("This must be done before KafkaStreams is started.");
}

void ClientRuntime::set_state_listener(KafkaStreams::StateListener listener) {
  check_not_started();
  listener_ = std::move(listener);
}

void ClientRuntime::set_uncaught_exception_handler(KafkaStreams::UncaughtExceptionHandler handler) {
  check_not_started();
  handler_ = std::move(handler);
}

void ClientRuntime::set_restore_listener(std::shared_ptr<RestoreListener> listener) {
  check_not_started();
  restore_listener_ = std::move(listener);
}

void ClientRuntime::set_standby_listener(std::shared_ptr<StandbyListener> listener) {
  check_not_started();
  standby_listener_ = std::move(listener);
}

void ClientRuntime::start() {
  {
    std::lock_guard lock(mutex_);
    if (state() != State::kCreated || stopping_) throw StreamsError("KafkaStreams was started or closed before.");
    open_directory();
    client_id_ = config_.client_id.empty() ? config_.application_id + "-" + process_id_ : config_.client_id;
    log_ = Log(config_.logger, "stream-client [" + client_id_ + "] ");
    admin_ = clients_.admin(config_.admin(client_id_ + "-admin"));
    memory_ = state::make_memory_bound(config_.state_memory_bytes);
    topics_ = std::make_unique<TopicManager>(config_, topology_.plan(), *admin_, clock_, log_);
    housekeeper_ = std::make_unique<Housekeeper>(
        config_, *admin_, *topics_, directory_.get(), [this] { on_shutdown_request(); }, log_);
    make_global();
    make_standby();
    add_metrics();
    for (int i = 1; has_stream_tasks_ && i <= config_.threads; ++i) make_worker(i);
    share_cache();
    transition(State::kRebalancing);
    if (global_) global_os_ = std::thread([this] { run_global(); });
    for (const auto& worker : workers_) worker->os = std::thread([this, w = worker.get()] { run(*w); });
  }
  tell_listener();
}

void ClientRuntime::open_directory() {
  if (!has_persistent_) {
    process_id_ = random_uuid();
    return;
  }
  auto opened = StateDirectory::open(config_.state_dir, config_.application_id, config_.group_may_write_state, log_);
  if (!opened.ok()) throw StreamsError(opened.status().message());
  directory_ = std::move(opened).value();
  process_id_ = directory_->process_id();
}

void ClientRuntime::make_global() {
  if (topology_.plan().global_stores().empty()) return;
  GlobalThread::Services global;
  global.config = &config_;
  global.topology = &topology_.plan();
  global.clients = &clients_;
  global.admin = admin_.get();
  global.clock = &clock_;
  global.topics = topics_.get();
  global.directory = directory_.get();
  global.memory = memory_;
  global.listener = restore_listener_;
  global.on_ready = [this] {
    stores_->set_globals(&global_->stores());
    on_thread_state();
  };
  global_ = std::make_unique<GlobalThread>(std::move(global), client_id_ + "-GlobalStreamThread");
  global_finished_ = false;
}

OpenState ClientRuntime::open_state() const { return open_with(memory_, registry_.records(RecordingLevel::kDebug)); }

void ClientRuntime::make_standby() {
  if (config_.standby_replicas == 0 || !has_stream_tasks_) return;
  StandbyTasks::Services standby;
  standby.config = &config_;
  standby.topology = &topology_.plan();
  standby.clients = &clients_;
  standby.admin = admin_.get();
  standby.clock = &clock_;
  standby.topics = topics_.get();
  standby.directory = directory_.get();
  standby.open_state = open_state();
  standby.process_id = process_id_;
  standby.listener = standby_listener_;
  standby.paused = &paused_;
  standby.metrics = &registry_;
  standby_ = std::make_unique<StandbyTasks>(std::move(standby), client_id_, true);
  stores_->add(standby_->stores());
}

ThreadServices ClientRuntime::services() {
  ThreadServices out;
  out.config = &config_;
  out.topology = &topology_.plan();
  out.clients = &clients_;
  out.admin = admin_.get();
  out.clock = &clock_;
  out.topics = topics_.get();
  out.directory = directory_.get();
  out.open_state = open_state();
  out.standby = standby_.get();
  out.globals = global_ ? &global_->stores() : nullptr;
  if (global_) out.may_start = [this] { return global_->ready(); };
  out.restore_listener = restore_listener_;
  out.cache_bytes = cache_share();
  out.process_id = process_id_;
  out.metrics = &registry_;
  out.purge = [this](std::vector<client::OffsetAndMetadata> before) { housekeeper_->purge(std::move(before)); };
  out.on_rebalance = [this] {
    ++rebalances_;
    housekeeper_->group_changed();
    if (standby_) standby_->group_changed();
  };
  out.paused = &paused_;
  out.on_state = [this](ThreadState, ThreadState) { on_thread_state(); };
  return out;
}

/// On the thread that failed, after it has left the group.
void ClientRuntime::shut_down_application() {
  const auto prepared = topics_->current();
  if (!prepared) return;
  try {
    announce_shutdown(
        config_, clients_, *admin_, client_id_, prepared->assignment.anchors(), [this] { return destroying_.load(); },
        log_);
  } catch (const std::exception& error) {
    log_.error("The other instances could not be told to stop: ", error.what());
  }
}

void ClientRuntime::on_shutdown_request() {
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return;
    last_error_ = "An instance of the application asked all instances to stop.";
  }
  log_.error("An instance of the application asked all instances to stop.");
  begin_shutdown(State::kPendingError);
}

void ClientRuntime::pause(bool paused) {
  if (paused_.exchange(paused) != paused) log_.info(paused ? "Paused" : "Resumed");
}

void ClientRuntime::run_global() {
  try {
    while (!global_stop_) global_->run_once(config_.poll_ms);
  } catch (...) {
    fail(std::current_exception(), "the global thread");
    begin_shutdown(State::kPendingError);
    // Stores stay open until no task looks into them any more.
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return global_stop_.load(); });
  }
  stores_->set_globals(nullptr);
  try {
    global_->close();
  } catch (...) {
    log_.warn("Global stores could not be closed properly: ", message_of(std::current_exception()));
  }
  {
    std::lock_guard lock(mutex_);
    global_finished_ = true;
  }
  finish_if_last();
}

void ClientRuntime::fail(const std::exception_ptr& error, const std::string& who) {
  const std::string message = message_of(error);
  log_.error("Uncaught exception in ", who, ": ", message);
  std::lock_guard lock(mutex_);
  last_error_ = message;
}

void ClientRuntime::finished(Worker& worker) {
  {
    std::lock_guard lock(mutex_);
    worker.finished = true;
    --alive_threads_;
  }
  changed_.notify_all();
  on_thread_state();
  finish_if_last();
}

bool ClientRuntime::all_finished() const {
  return std::all_of(workers_.begin(), workers_.end(), [](const auto& w) { return w->finished; });
}

/// Called when a thread finished, and when a shutdown begins.
void ClientRuntime::finish_if_last() {
  {
    std::lock_guard lock(mutex_);
    if (!stopping_ || finishing_ || !all_finished()) return;
    if (!global_finished_) {
      global_stop_ = true;
      changed_.notify_all();
      return;
    }
    finishing_ = true;
  }
  if (housekeeper_) housekeeper_->stop();
  if (standby_) standby_->stop();
  {
    std::lock_guard lock(mutex_);
    for (const auto& worker : workers_) worker->thread.reset();
    directory_.reset();
    transition(state() == State::kPendingError ? State::kError : State::kNotRunning);
  }
  changed_.notify_all();
  tell_listener();
}

/// The client runs when all of its threads do.
void ClientRuntime::on_thread_state() {
  {
    std::lock_guard lock(mutex_);
    bool all_run = !global_ || global_->ready();
    bool any_rebalances = false;
    for (const auto& worker : workers_) {
      if (worker->finished) continue;
      const ThreadState thread = worker->thread->state();
      all_run &= thread == ThreadState::kRunning;
      any_rebalances |= thread == ThreadState::kPartitionsAssigned || thread == ThreadState::kPartitionsRevoked;
    }
    if (state() == State::kRebalancing && all_run)
      transition(State::kRunning);
    else if (state() == State::kRunning && any_rebalances)
      transition(State::kRebalancing);
  }
  tell_listener();
}

void ClientRuntime::begin_shutdown(State pending, client::Leaving leaving) {
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return;
    stopping_ = true;
    transition(pending);
    for (const auto& worker : workers_) {
      if (!worker->stop) worker->leaving = leaving;
      worker->stop = true;
    }
  }
  changed_.notify_all();
  tell_listener();
  finish_if_last();
}

/// Under mutex_. Call tell_listener() when it is released.
bool ClientRuntime::transition(State next) {
  const State before = state();
  if (before == next || !is_allowed(before, next)) return false;
  state_ = next;
  stores_->set_state(next);
  log_.info("State transition from ", name_of(before), " to ", name_of(next));
  to_tell_.push_back({next, before});
  return true;
}

void ClientRuntime::tell_listener() {
  std::unique_lock lock(mutex_);
  if (telling_) return;
  telling_ = true;
  while (!to_tell_.empty()) {
    const auto [to, from] = to_tell_.front();
    to_tell_.pop_front();
    if (!listener_) continue;
    lock.unlock();
    try {
      listener_(to, from);
    } catch (...) {
      log_.error("The state listener failed: ", message_of(std::current_exception()));
    }
    lock.lock();
  }
  telling_ = false;
  changed_.notify_all();
}

bool ClientRuntime::on_library_thread() const {
  const std::thread::id self = std::this_thread::get_id();
  return global_os_.get_id() == self ||
         std::any_of(workers_.begin(), workers_.end(), [&](const auto& w) { return w->os.get_id() == self; });
}

bool ClientRuntime::close(const CloseOptions& options) {
  begin_shutdown(State::kPendingShutdown, leaving_of(options.membership));
  const std::chrono::milliseconds timeout = options.timeout;
  {
    std::unique_lock lock(mutex_);
    if (on_library_thread()) return false;
    const auto done = [&] { return is_final(state()) && to_tell_.empty() && !telling_; };
    if (timeout == std::chrono::milliseconds::max()) {
      changed_.wait(lock, done);
    } else if (!changed_.wait_for(lock, timeout, done)) {
      return false;
    }
  }
  const std::lock_guard joining(join_mutex_);
  for (const auto& worker : workers_) {  // none comes or goes any more
    if (worker->os.joinable()) worker->os.join();
  }
  if (global_os_.joinable()) global_os_.join();
  return true;
}

void ClientRuntime::clean_up() {
  if (state() != State::kCreated && !is_final(state())) {
    throw StreamsError("State cannot be deleted while KafkaStreams is " + std::string(name_of(state())) +
                       ". Call clean_up() before start(), or after close().");
  }
  const Status status = remove_state(config_.state_dir, config_.application_id, log_);
  if (!status.ok()) throw StreamsError(status.message());
}

std::string ClientRuntime::last_error() const {
  std::lock_guard lock(mutex_);
  return last_error_;
}

std::string ClientRuntime::client_id() const {
  std::lock_guard lock(mutex_);
  return client_id_;
}

}  // namespace streams::runtime

namespace streams {

std::string_view name_of(KafkaStreams::State state) {
  switch (state) {
    case KafkaStreams::State::kCreated:
      return "CREATED";
    case KafkaStreams::State::kRebalancing:
      return "REBALANCING";
    case KafkaStreams::State::kRunning:
      return "RUNNING";
    case KafkaStreams::State::kPendingShutdown:
      return "PENDING_SHUTDOWN";
    case KafkaStreams::State::kNotRunning:
      return "NOT_RUNNING";
    case KafkaStreams::State::kPendingError:
      return "PENDING_ERROR";
    case KafkaStreams::State::kError:
      break;
  }
  return "ERROR";
}

}  // namespace streams
