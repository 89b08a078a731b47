// The loop of a stream thread: poll, fill, process, punctuate, commit.
#include <runtime/stream_thread.hpp>

#include <runtime/instance_marks.hpp>
#include <runtime/task_settings.hpp>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <thread>

namespace streams::runtime {

namespace {

constexpr int kHoldingWaitMs = 1;  ///< while records wait for the acknowledgement of others
constexpr int kBusyWaitMs = 5;     ///< while tasks are being made ready
constexpr std::size_t kBatch = 1024;
/// A turn is long enough to spread its costs, and short enough for punctuations, commits and polls to be in time.
constexpr std::int64_t kLongestTurnMs = 50;
constexpr std::size_t kRecordsPerLook = 8;  ///< at the clock
/// Inputs that had nothing are looked at again after so many busy turns, or so long.
constexpr unsigned kIdleInputTurns = 8;
constexpr std::int64_t kIdleInputMs = 5;
constexpr std::int64_t kIdleHintMs = 30000;
constexpr int kResetLookMs = 1000;  ///< holds up running tasks
constexpr std::int64_t kResetRetryMs = 100;
constexpr int kTopicsLookMs = 5000;

std::string describe(std::int64_t offset) {
  if (offset == client::PartitionStart::kEarliest) return "the earliest offset";
  if (offset == client::PartitionStart::kLatest) return "the latest offset";
  return text("offset ", offset);
}

/// A topic that a source names and that is not there any more. Those that patterns match may go.
std::optional<std::string> deleted_source(const streams::detail::TopologyPlan& topology,
                                          const std::string& application_id, client::Admin& admin) {
  const auto existing = admin.topics({}, kTopicsLookMs);
  if (!existing.ok()) return std::nullopt;
  for (const auto& sub : topology.sub_topologies()) {
    for (const std::string& planned : sub.source_topics) {
      std::string topic = topology.full_topic_name(planned, application_id);
      if (!existing.value().contains(topic)) return topic;
    }
  }
  return std::nullopt;
}

}  // namespace

StreamThread::StreamThread(ThreadServices services, const std::string& name, int index, bool restore_beside)
    : services_(std::move(services)),
      config_(*services_.config),
      name_(name),
      log_(config_.logger, "stream-thread [" + name + "] "),
      task_settings_(task_settings(config_)),
      cache_(services_.cache_bytes > 0 ? state::make_record_cache(services_.cache_bytes) : nullptr),
      cache_bytes_(services_.cache_bytes),
      stores_(std::make_shared<ThreadStores>(cache_)),
      output_(config_, *services_.clients, name + "-producer",
              config_.exactly_once ? config_.application_id + "-" + services_.process_id + "-" + std::to_string(index)
                                   : std::string(),
              log_),
      restorer_(config_,
                {services_.clients, services_.admin, services_.clock, services_.restore_listener, &stores_->restoring,
                 services_.metrics},
                name, restore_beside),
      restore_beside_(restore_beside),
      sensors_(services_.metrics, name, services_.process_id, *services_.clock, [this] { return state(); }) {
  metadata_.name = name;
  metadata_.main_consumer_client_id = name + "-consumer";
  metadata_.restore_consumer_client_id = name + "-restore-consumer";
  metadata_.producer_client_id = name + "-producer";
}

StreamThread::~StreamThread() { close(false); }

bool StreamThread::run_once(int max_wait_ms) {
  now_ = services_.clock->now_ms();
  ++turn_;
  try {
    if (!start_up()) {
      if (max_wait_ms > 0) std::this_thread::sleep_for(std::chrono::milliseconds(max_wait_ms));
      return false;
    }
    sensors_.begin_turn();
    poll(wait_ms(max_wait_ms));
    now_ = services_.clock->now_ms();
    sensors_.polled(now_);
    follow_topics();
    adjust_cache();
    bool worked = advance_tasks();
    const bool paused = services_.paused != nullptr && services_.paused->load(std::memory_order_relaxed);
    polled_ = punctuated_ = 0;
    sensors_.skip();
    const std::size_t count = paused ? 0 : process();
    sensors_.processed(polled_, count, now_);
    worked |= count > 0 || polled_ > 0;
    if (!paused) worked |= punctuate() > 0;
    sensors_.punctuated(punctuated_, now_);
    output_.poll();
    sensors_.skip();
    const bool committed = commit_if_due();
    sensors_.committed(committed, now_);
    worked |= committed;
    update_state();
    did_work_ = worked;
    if (worked)
      hinted_ = hinted_ || count > 0;
    else
      hint_if_idle();
    summarize();
    return worked;
  } catch (const TaskMigrated& error) {
    give_up_work(true, error.what());
  } catch (const TaskCorrupted& error) {
    // After a quiet time, in which there may have been nothing to commit, it is another matter.
    if (giving_up_since_ < 0 || now_ - last_give_up_ > config_.task_timeout_ms) giving_up_since_ = now_;
    last_give_up_ = now_;
    if (now_ - giving_up_since_ > config_.task_timeout_ms) {
      throw StreamsError(text("Nothing could be committed for ", now_ - giving_up_since_,
                              " ms (task.timeout.ms), though the work was done again and again: ", error.what()));
    }
    give_up_work(false, error.what());
  }
  did_work_ = true;
  return true;
}

/// True when the thread is a member of the group, or is becoming one.
bool StreamThread::start_up() {
  if (consumer_ && output_.is_open()) return true;
  if (state() == ThreadState::kCreated) set_state(ThreadState::kStarting);
  if (!prepared_) prepared_ = services_.topics->prepare();
  if (!prepared_ || (services_.may_start && !services_.may_start())) return false;
  if (!output_.is_open()) {
    const Status status = output_.open();
    const bool may_pass = status.code() == StatusCode::kTimedOut || status.code() == StatusCode::kUnavailable;
    if (!status.ok() && !may_pass) throw StreamsError("The producer cannot be used: " + status.message());
    if (!status.ok()) log_.warn("The producer cannot be used yet, trying again: ", status.message());
    // A member of the group goes on polling, else it is thrown out.
    if (!status.ok()) return consumer_ != nullptr;
  }
  if (consumer_) return true;
  InstanceMarks marks;
  if (services_.standby != nullptr) marks = {.process = services_.process_id, .tags = config_.client_tags};
  client::Settings settings = config_.consumer(ConsumerKind::kMain, client_id_with_marks(name_ + "-consumer", marks));
  if (const auto found = settings.find("group.instance.id"); found != settings.end()) {
    found->second += name_.substr(name_.rfind('-'));
  }
  consumer_ = services_.clients->consumer(settings);
  subscribe();
  last_commit_ = last_purge_ = last_summary_ = now_;
  return true;
}

void StreamThread::subscribe() {
  const Status status = consumer_->subscribe(prepared_->assignment.anchors(), *this);
  if (!status.ok()) throw StreamsError("The group cannot be joined: " + status.message());
}

int StreamThread::wait_ms(int max_wait_ms) const {
  if (did_work_) return 0;
  std::int64_t wait = max_wait_ms;
  if (running_.size() < tasks_.size() || !output_.is_open()) wait = std::min<std::int64_t>(wait, kBusyWaitMs);
  for (const Entry* entry : running_) {
    if (const auto due = entry->task->next_wall_clock_punctuation()) wait = std::min(wait, *due - now_);
  }
  if (output_.holding()) wait = std::min<std::int64_t>(wait, kHoldingWaitMs);
  if (config_.commit_interval_ms > 0) wait = std::min(wait, last_commit_ + config_.commit_interval_ms - now_);
  return static_cast<int>(std::max<std::int64_t>(wait, 0));
}

void StreamThread::poll(int timeout_ms) {
  errors_.clear();
  consumer_->poll(timeout_ms, errors_);
  if (callback_error_) std::rethrow_exception(std::exchange(callback_error_, nullptr));
  for (const client::ConsumerError& error : errors_) handle_consumer_error(error);
  if (!lost_positions_.empty() && now_ - last_reset_try_ >= kResetRetryMs) reset_positions();
}

void StreamThread::handle_consumer_error(const client::ConsumerError& error) {
  const std::string where =
      error.partition.topic.empty() ? "" : text(error.partition.topic, "-", error.partition.partition, ": ");
  switch (error.status.code()) {
    case StatusCode::kOffsetOutOfRange:
      if (lost_positions_.emplace(error.partition, LostPosition{error.status, now_}).second) last_reset_try_ = 0;
      return;
    case StatusCode::kAuthorization:
    case StatusCode::kFatal:
    case StatusCode::kFenced:
      throw StreamsError("The consumer cannot go on: " + where + error.status.message());
    case StatusCode::kNotFound:  // of which topic, librdkafka does not always say
      if (const auto deleted = deleted_source(*services_.topology, config_.application_id, *services_.admin)) {
        throw StreamsError("Source topic " + *deleted +
                           " was deleted. Create it again, or take it out of the topology.");
      }
      break;
    default:
      break;
  }
  log_.warn(where, error.status.message());
}

/// Positions that do not exist (any more): goes on where the sources' reset policies say.
void StreamThread::reset_positions() {
  last_reset_try_ = now_;
  std::erase_if(lost_positions_, [&](const auto& entry) {
    const auto& [partition, lost] = entry;
    for (const Entry* task : running_) {
      for (const Input& input : task->inputs) {
        if (input.partition.partition == partition) return reset_position(input, lost);
      }
    }
    return true;  // nobody reads it any more
  });
}

/// False: where to go on cannot be found out at the moment.
bool StreamThread::reset_position(const Input& input, const LostPosition& lost) {
  const client::TopicPartition& partition = input.partition.partition;
  const AutoOffsetReset policy = reset_policy(input);
  if (policy.policy == AutoOffsetReset::Policy::kNone) {
    throw StreamsError(lost.why.message() + ", and auto.offset.reset is none.");
  }
  const bool latest = policy.policy == AutoOffsetReset::Policy::kLatest;
  std::int64_t offset = latest ? client::PartitionStart::kLatest : client::PartitionStart::kEarliest;
  std::map<client::TopicPartition, Timestamp> times;
  add_reset_time(input, times);
  if (!times.empty()) {
    const auto found = services_.admin->offsets_at(times, kResetLookMs);
    const StatusCode code = found.status().code();
    const bool may_pass = code == StatusCode::kTimedOut || code == StatusCode::kUnavailable;
    if (!found.ok() && (!may_pass || now_ - lost.since > config_.task_timeout_ms)) {
      throw StreamsError("Where to go on cannot be found out: " + found.status().message());
    }
    if (!found.ok()) {
      log_.warn("Where to go on is not known yet, trying again: ", found.status().message());
      return false;
    }
    offset = found.value().at(partition);
  }
  log_.warn(lost.why.message(), "; going on at ", describe(offset));
  consumer_->seek({partition, offset}).ignore("the error is reported again if the position is still wrong");
  return true;
}

/// Takes records from the consumer for inputs that run low.
void StreamThread::fill(Entry& entry, bool look_at_idle) {
  for (std::size_t i = 0; i < entry.inputs.size(); ++i) {
    Input& input = entry.inputs[i];
    if (input.idle && !look_at_idle) continue;
    const std::size_t buffered = entry.task->buffered(i);
    if (buffered * 2 > config_.buffered_records) continue;
    const std::size_t room = std::min(config_.buffered_records - buffered, config_.max_poll_records);
    auto batch = consumer_->fetch(input.partition.partition, room);
    input.idle = batch == nullptr;
    if (batch) {
      polled_ += batch->records().size();
      entry.task->add_records(i, std::move(batch));
    } else if (buffered == 0) {
      entry.task->set_at_end(i, consumer_->at_end(input.partition.partition));
    }
  }
}

/// Every task in turn, up to kBatch records of each, as long as the turn may last. Gives the number of records
/// processed.
std::size_t StreamThread::process() {
  std::size_t total = 0;
  bool in_time = true;
  const StoreWork work(stores_->gate);
  const bool look_at_idle = !did_work_ || turn_ % kIdleInputTurns == 0 || now_ - last_idle_look_ >= kIdleInputMs;
  if (look_at_idle) last_idle_look_ = now_;
  for (std::size_t n = running_.size(); n > 0 && in_time; --n) {
    if (next_task_ >= running_.size()) next_task_ = 0;
    Entry& entry = *running_[next_task_++];
    fill(entry, look_at_idle);
    Task& task = *entry.task;
    std::size_t count = 0;
    const std::int64_t begin_ns = sensors_.now_ns();
    while (in_time && count < kBatch && task.process_one(now_)) {
      punctuated_ += task.punctuate_stream_time() ? 1 : 0;
      stores_->gate.let_readers_in();
      if (++count % kRecordsPerLook == 0) in_time = services_.clock->now_ms() - now_ < kLongestTurnMs;
    }
    total += count;
    entry.process_ns += sensors_.now_ns() - begin_ns;
  }
  processed_ += total;
  if (total > 0 && services_.metrics != nullptr) record_shares();
  return total;
}

/// Of the tasks in the processing of this turn.
void StreamThread::record_shares() {
  std::int64_t all = 0;
  for (const Entry* entry : running_) all += entry->process_ns;
  for (Entry* entry : running_) {
    const auto own = static_cast<double>(std::exchange(entry->process_ns, 0));
    entry->task->record_turn(all > 0 ? own / static_cast<double>(all) : 0, now_);
  }
}

/// Gives how many tasks had something to do.
std::size_t StreamThread::punctuate() {
  std::size_t count = 0;
  for (Entry* entry : running_) {
    const auto due = entry->task->next_wall_clock_punctuation();
    if (!due || *due > now_) continue;
    const StoreWork work(stores_->gate);
    count += entry->task->punctuate_wall_clock() ? 1 : 0;
  }
  punctuated_ += count;
  return count;
}

/// A commit comes before a cache shrinks: what is dirty goes on as it always does.
void StreamThread::adjust_cache() {
  const std::size_t bytes = cache_bytes_.load(std::memory_order_relaxed);
  if (!cache_ || bytes == cache_->max_bytes()) return;
  if (bytes < cache_->bytes() && !commit()) return;
  const StoreWork work(stores_->gate);
  cache_->resize(bytes);
}

ThreadMetadata StreamThread::metadata() const {
  std::lock_guard lock(metadata_mutex_);
  ThreadMetadata out = metadata_;
  out.state = state();
  return out;
}

void StreamThread::set_state(ThreadState next) {
  const ThreadState before = state_.exchange(next);
  stores_->set_state(next);
  if (before == next) return;
  log_.info("State transition from ", name_of(before), " to ", name_of(next));
  if (services_.on_state) services_.on_state(before, next);
}

/// Running means: the group has given an assignment, and all of its tasks process.
void StreamThread::update_state() {
  if (!assigned_once_ || running_.size() < tasks_.size()) return;
  if (state() != ThreadState::kPartitionsAssigned) return;
  set_state(ThreadState::kRunning);
  if (running_since_ < 0) running_since_ = now_;
}

void StreamThread::summarize() {
  if (config_.log_summary_interval_ms < 0 || now_ - last_summary_ < config_.log_summary_interval_ms) return;
  log_.info("Processed ", processed_ - processed_before_, " records with ", running_.size(), " tasks in ",
            (now_ - last_summary_) / 1000, " s; ", commits_, " commits since the start");
  last_summary_ = now_;
  processed_before_ = processed_;
}

/// Says once what the thread waits for if nothing at all has come since it runs.
void StreamThread::hint_if_idle() {
  if (hinted_ || running_since_ < 0 || running_.empty() || now_ - running_since_ < kIdleHintMs) return;
  hinted_ = true;
  std::string where;
  for (const Entry* entry : running_) {
    for (const Input& input : entry->inputs) {
      const client::TopicPartition& partition = input.partition.partition;
      where += text(" ", partition.topic, "-", partition.partition, " at offset ", consumer_->position(partition),
                    consumer_->at_end(partition) ? " (its end)" : "");
    }
  }
  log_.info("No record has come for ", kIdleHintMs / 1000, " s since the start:", where,
            ". Records that were there before are read only if nothing is committed for group ", config_.application_id,
            " and auto.offset.reset is earliest.");
}

}  // namespace streams::runtime

namespace streams {

std::string_view name_of(ThreadState state) {
  switch (state) {
    case ThreadState::kCreated:
      return "CREATED";
    case ThreadState::kStarting:
      return "STARTING";
    case ThreadState::kPartitionsRevoked:
      return "PARTITIONS_REVOKED";
    case ThreadState::kPartitionsAssigned:
      return "PARTITIONS_ASSIGNED";
    case ThreadState::kRunning:
      return "RUNNING";
    case ThreadState::kPendingShutdown:
      return "PENDING_SHUTDOWN";
    case ThreadState::kDead:
      break;
  }
  return "DEAD";
}

}  // namespace streams
