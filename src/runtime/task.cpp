// The task: takes records through the graph, fires punctuations, commits.
#include <runtime/task.hpp>

#include <runtime/commit_metadata.hpp>
#include <runtime/error_handlers.hpp>
#include <runtime/log.hpp>
#include <runtime/partition_group.hpp>
#include <runtime/record_collector.hpp>
#include <runtime/store_host.hpp>
#include <runtime/task_context.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

namespace streams::runtime {

using streams::detail::NodeBase;
using streams::detail::SourceNodeBase;
using streams::detail::SubTopology;
using streams::detail::TaskGraph;
using streams::detail::TopologyPlan;

std::optional<TaskId> TaskId::parse(std::string_view text) {
  TaskId out;
  const char* end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, out.sub_topology);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != '_' || out.sub_topology < 0) return std::nullopt;
  const auto second = std::from_chars(first.ptr + 1, end, out.partition);
  if (second.ec != std::errc() || second.ptr != end || out.partition < 0) return std::nullopt;
  return out;
}

std::string find_source(const TopologyPlan& plan, std::optional<int> sub_topology, const std::string& application_id,
                        const std::string& topic) {
  for (const SubTopology& group : plan.sub_topologies()) {
    if (group.global || (sub_topology && group.id != *sub_topology)) continue;
    for (const std::string& name : group.source_nodes) {
      const streams::detail::SourcePlan& source = plan.source(name);
      for (const std::string& planned : source.topics) {
        if (plan.full_topic_name(planned, application_id) == topic) return name;
      }
      if (source.pattern.empty()) continue;
      if (source.pattern == topic || streams::detail::matches_pattern(source.pattern, topic)) return name;
    }
  }
  return {};
}

std::vector<std::string> store_families(const TopologyPlan& plan, std::optional<int> sub_topology, bool persistent) {
  std::vector<std::string> out;
  for (const SubTopology& group : plan.sub_topologies()) {
    if (group.global || (sub_topology && group.id != *sub_topology)) continue;
    for (const std::string& name : group.stores) {
      if (plan.store(name).persistent == persistent) out.push_back(name);
    }
  }
  return out;
}

/// What a task knows of an input beside its queue.
struct InputOffsets {
  std::int64_t consumed = -1;  ///< last offset that is done with
  std::int64_t before = -1;    ///< the last one done with when the task was started
  std::int64_t position = -1;  ///< the consumer's
};

struct Task::Impl {
  Impl(TaskPlan plan_in, TaskSettings settings_in, TaskServices services_in);

  void add_queues();
  void take_metadata(std::span<const client::OffsetAndMetadata> committed);
  void init_nodes();
  void process(RecordQueue& queue, Timestamp now_ms);
  [[noreturn]] void process_failed(const RecordQueue& queue);
  bool punctuate(PunctuationQueue& queue, Timestamp now);
  void fire(const Punctuation& punctuation, Timestamp now);
  std::int64_t next_offset(std::size_t input) const;
  bool skipped_control_records(std::size_t input) const;
  std::int64_t consumed(const client::TopicPartition& partition) const;
  std::exception_ptr close_nodes();

  const TaskPlan plan;
  const TaskSettings settings;
  const TaskServices services;
  Log log;
  TaskMetrics metrics;
  TaskGraph graph;
  TaskSensors sensors;
  ErrorScope scope;
  RecordCollector collector;
  ErrorBoundary errors;
  TaskContextImpl context;
  StoreHostImpl stores;
  PartitionGroup group;
  std::vector<InputOffsets> offsets;
  bool running = false;
  bool nodes_open = false;
  bool closed = false;
  bool work_done = false;  ///< since the last commit
};

Task::Impl::Impl(TaskPlan plan_in, TaskSettings settings_in, TaskServices services_in)
    : plan(std::move(plan_in)),
      settings(std::move(settings_in)),
      services(std::move(services_in)),
      log(services.logger, services.log_prefix + "task [" + plan.id.text() + "] "),
      graph(plan.topology->make_graph(plan.sub_topology)),
      sensors(plan, services, graph, metrics),
      scope{plan.id.text(), nullptr, {}, {}},
      collector(*services.output, settings.production_handler, scope, metrics, log, &sensors),
      errors(settings, scope, collector, metrics, log),
      context(plan.id.text(),
              {*plan.topology, settings, services, graph.node_stores, collector, errors, metrics, sensors}),
      stores({*plan.topology, settings, services, plan.id, context.record, collector, metrics, context.now()},
             graph.stores),
      group(settings.max_task_idle_ms, metrics.enforced_processing),
      offsets(plan.inputs.size()) {
  context.set_stores(stores);
  scope.record = &context.record;
  add_queues();
}

void Task::Impl::add_queues() {
  for (std::size_t i = 0; i < plan.inputs.size(); ++i) {
    const InputPartition& input = plan.inputs[i];
    const auto source = graph.sources.find(input.source);
    if (source == graph.sources.end()) {
      throw TopologyError("Topic " + input.partition.topic +
                          " is unknown to the topology. This may happen if different " +
                          "instances of the same application execute different topologies.");
    }
    group.add_queue(std::make_unique<RecordQueue>(
        input.partition, *source->second,
        RecordQueueServices{errors, *services.clock, settings.timestamp_extractor, sensors.consumed(i)}));
  }
}

void Task::Impl::take_metadata(std::span<const client::OffsetAndMetadata> committed) {
  for (const client::OffsetAndMetadata& commit : committed) {
    if (commit.offset < 0) continue;
    for (std::size_t input = 0; input < plan.inputs.size(); ++input) {
      if (plan.inputs[input].partition != commit.partition) continue;
      offsets[input].before = commit.offset - 1;
      const CommitMetadata known = decode_commit_metadata(commit.metadata);
      group.set_partition_time(input, known.partition_time);
      merge_metadata(context.metadata_values, known.processors);
    }
  }
  context.stream_time = group.stream_time();
}

void Task::Impl::init_nodes() {
  const Timestamp now = services.clock->now_ms();
  context.set_now(now);
  nodes_open = true;
  for (const std::unique_ptr<NodeBase>& node : graph.nodes) {
    context.leave_record(now);
    try {
      node->init(context);
    } catch (const FailedProcessing& error) {
      throw TaskError("failed to initialize processor " + node->name() + ": " + message_of(error.cause), error.cause);
    } catch (const TaskError&) {
      throw;
    } catch (...) {
      const std::exception_ptr error = std::current_exception();
      throw TaskError("failed to initialize processor " + node->name() + ": " + message_of(error), error);
    }
  }
  context.leave_record(-1);
}

void Task::Impl::process(RecordQueue& queue, Timestamp now_ms) {
  context.stream_time = group.stream_time();
  context.record = queue.head_context();
  scope.source_key = queue.head_key();
  scope.source_value = queue.head_value();
  const std::int64_t begin = sensors.process_latency != nullptr ? services.clock->now_ns() : 0;
  try {
    queue.process_head();
  } catch (...) {
    process_failed(queue);
  }
  if (sensors.process_latency != nullptr)
    sensors.process_latency->record(static_cast<double>(services.clock->now_ns() - begin), now_ms);
  scope.source_key = scope.source_value = std::nullopt;
  metrics.processed.add();
}

/// Gives a failure its final text. Called in a catch block.
void Task::Impl::process_failed(const RecordQueue& queue) {
  const auto where = [&](const std::string& node, const std::exception_ptr& error) {
    const RecordContext record = queue.head_context();
    return text("Exception caught in process. taskId=", plan.id.text(), ", processor=", node, ", topic=", record.topic,
                ", partition=", record.partition, ", offset=", record.offset, ": ", message_of(error));
  };
  try {
    throw;
  } catch (const FailedProcessing& error) {
    const std::string own = error.what();
    throw TaskError(own.empty() ? where(error.node, error.cause) : own, error.cause);
  } catch (const TaskError&) {
    throw;
  } catch (const TaskMigrated&) {
    throw;
  } catch (const TaskCorrupted&) {
    throw;
  } catch (...) {
    const std::exception_ptr error = std::current_exception();
    throw TaskError(where(queue.source_name(), error), error);
  }
}

bool Task::Impl::punctuate(PunctuationQueue& queue, Timestamp now) {
  if (!queue.due(now)) return false;
  context.set_now(services.clock->now_ms());
  const bool fired = queue.run(now, [&](const Punctuation& punctuation) { fire(punctuation, now); });
  work_done |= fired;
  return fired;
}

void Task::Impl::fire(const Punctuation& punctuation, Timestamp now) {
  const std::string& node = punctuation.node->name();
  const auto what = [&](const std::exception_ptr& error) {
    return text("task [", plan.id.text(), "] Exception caught while punctuating processor '", node,
                "': ", message_of(error));
  };
  context.leave_record(now);
  metrics.punctuated.add();
  const std::int64_t begin = sensors.punctuate != nullptr ? services.clock->now_ns() : 0;
  try {
    try {
      punctuation.callback(now);
    } catch (const TaskError&) {
      throw;
    } catch (...) {
      context.processing_failed(*punctuation.node);
    }
  } catch (const FailedProcessing& error) {
    const std::string own = error.what();
    throw TaskError(own.empty() ? what(error.cause) : own, error.cause);
  }
  if (sensors.punctuate != nullptr)
    sensors.punctuate->record(static_cast<double>(services.clock->now_ns() - begin), context.now_ms());
}

/// Where reading the input goes on after a restart; -1: nothing was read.
std::int64_t Task::Impl::next_offset(std::size_t input) const {
  const RecordQueue& queue = group.queue(input);
  if (!queue.empty()) return queue.head_offset();
  const InputOffsets& known = offsets[input];
  if (known.consumed < 0) return known.position;
  return std::max(known.position, known.consumed + 1);
}

bool Task::Impl::skipped_control_records(std::size_t input) const {
  const InputOffsets& known = offsets[input];
  return known.consumed >= 0 && group.queue(input).empty() && known.position > known.consumed + 1;
}

std::int64_t Task::Impl::consumed(const client::TopicPartition& partition) const {
  for (std::size_t input = 0; input < plan.inputs.size(); ++input) {
    if (plan.inputs[input].partition == partition) return offsets[input].consumed;
  }
  return -1;
}

std::exception_ptr Task::Impl::close_nodes() {
  std::exception_ptr first;
  for (const std::unique_ptr<NodeBase>& node : graph.nodes) {
    try {
      node->close();
    } catch (...) {
      if (!first) first = std::current_exception();
      log.error("failed to close processor ", node->name(), ": ", message_of(std::current_exception()));
    }
  }
  nodes_open = false;
  return first;
}

Task::Task(TaskPlan plan, TaskSettings settings, TaskServices services)
    : impl_(std::make_unique<Impl>(std::move(plan), std::move(settings), std::move(services))) {}

Task::~Task() { close(false); }

TaskId Task::id() const { return impl_->plan.id; }
const std::vector<InputPartition>& Task::inputs() const { return impl_->plan.inputs; }
const TaskMetrics& Task::metrics() const { return impl_->metrics; }

void Task::open_stores() { impl_->stores.open(); }
const std::vector<ChangelogPartition>& Task::changelogs() const { return impl_->stores.changelogs(); }
void Task::restore(std::size_t index, const client::RecordBatch& batch) { impl_->stores.restore(index, batch); }
void Task::restored_to(std::size_t index, std::int64_t next_offset) { impl_->stores.restored_to(index, next_offset); }
void Task::set_remaining(std::int64_t records) { impl_->metrics.remaining.store(records, std::memory_order_relaxed); }
Status Task::checkpoint(bool done) { return impl_->stores.commit_restored(done); }
StateStore* Task::store(const std::string& name) { return impl_->stores.find(name); }

void Task::start(std::span<const client::OffsetAndMetadata> committed) {
  impl_->take_metadata(committed);
  impl_->init_nodes();
  impl_->running = true;
}
bool Task::running() const { return impl_->running; }

std::size_t Task::add_records(std::size_t input, std::unique_ptr<client::RecordBatch> batch, std::string_view topic) {
  impl_->group.add(input, std::move(batch), topic);
  return impl_->group.queue(input).size();
}
void Task::set_position(std::size_t input, std::int64_t next_offset) { impl_->offsets[input].position = next_offset; }
void Task::set_at_end(std::size_t input, bool at_end) { impl_->group.set_at_end(input, at_end); }
std::size_t Task::buffered() const { return impl_->group.buffered(); }
std::size_t Task::buffered(std::size_t input) const { return impl_->group.queue(input).size(); }
std::size_t Task::buffered_bytes() const { return impl_->group.buffered_bytes(); }
std::size_t Task::buffered_bytes(std::size_t input) const { return impl_->group.queue(input).bytes(); }

bool Task::ready(Timestamp now_ms) { return impl_->group.ready(now_ms); }

bool Task::process_one(Timestamp now_ms) {
  Impl& self = *impl_;
  self.context.set_now(now_ms);
  if (!self.group.ready(now_ms)) return false;
  const Timestamp before = self.group.stream_time();
  const std::size_t input = self.group.next();
  RecordQueue& queue = self.group.queue(input);
  if (!queue.head_dropped()) {
    const Timestamp timestamp = queue.head_timestamp();
    self.sensors.taken(input, timestamp, std::max<Timestamp>(before - timestamp, 0), now_ms);
    self.process(queue, now_ms);
  }
  self.offsets[input].consumed = queue.head_offset();
  self.work_done = true;
  self.group.done(input);
  return true;
}

bool Task::punctuate_stream_time() {
  Impl& self = *impl_;
  const Timestamp now = self.group.stream_time();
  return now >= 0 && self.punctuate(self.context.stream_time_punctuations, now);
}

bool Task::punctuate_wall_clock() {
  return impl_->punctuate(impl_->context.wall_clock_punctuations, impl_->services.clock->now_ms());
}

std::optional<Timestamp> Task::next_wall_clock_punctuation() const {
  return impl_->context.wall_clock_punctuations.next_due();
}

void Task::record_turn(double share, Timestamp now_ms) {
  TaskSensors& sensors = impl_->sensors;
  sensors.flush();
  if (sensors.process_ratio != nullptr) sensors.process_ratio->record(share, now_ms);
  if (sensors.buffered != nullptr) sensors.buffered->record(static_cast<double>(buffered()), now_ms);
  impl_->stores.record_turn();
}

Timestamp Task::stream_time() const { return impl_->group.stream_time(); }
Timestamp Task::partition_time(std::size_t input) const { return impl_->group.queue(input).partition_time(); }

bool Task::commit_needed() const {
  if (impl_->work_done) return true;
  for (std::size_t input = 0; input < impl_->offsets.size(); ++input) {
    if (impl_->skipped_control_records(input)) return true;
  }
  return false;
}
bool Task::commit_requested() const { return impl_->context.commit_requested; }
std::size_t Task::uncommitted_bytes() const { return impl_->stores.uncommitted_bytes(); }

std::vector<client::OffsetAndMetadata> Task::prepare_commit() {
  Impl& self = *impl_;
  if (!self.running || !commit_needed()) return {};
  self.context.set_now(self.services.clock->now_ms());
  self.stores.flush();
  self.sensors.flush();
  std::vector<client::OffsetAndMetadata> out;
  for (std::size_t input = 0; input < self.offsets.size(); ++input) {
    if (self.offsets[input].consumed < 0 && !self.context.metadata_changed) continue;
    const std::int64_t offset = self.next_offset(input);
    if (offset < 0) continue;
    out.push_back({self.plan.inputs[input].partition, offset,
                   encode_commit_metadata(self.group.queue(input).partition_time(), self.context.metadata_values)});
  }
  return out;
}

Status Task::post_commit() {
  Impl& self = *impl_;
  self.stores.advance_changelogs([&](const client::TopicPartition& partition) { return self.consumed(partition); });
  Status status = self.stores.commit();
  for (std::size_t input = 0; input < self.offsets.size(); ++input) {
    if (self.skipped_control_records(input)) self.offsets[input].consumed = self.offsets[input].position - 1;
  }
  self.work_done = self.context.commit_requested = self.context.metadata_changed = false;
  self.collector.forget_partitions();
  return status;
}

streams::detail::StoreRows Task::store_rows(const std::string& name) const { return impl_->stores.rows(name); }

Position Task::position() const {
  Position out;
  for (std::size_t input = 0; input < impl_->offsets.size(); ++input) {
    const client::TopicPartition& partition = impl_->plan.inputs[input].partition;
    const std::int64_t last = std::max(impl_->offsets[input].consumed, impl_->offsets[input].before);
    if (last >= 0) out.set(partition.topic, partition.partition, last);
  }
  return out;
}

void Task::close(bool clean) {
  Impl& self = *impl_;
  if (std::exchange(self.closed, true)) return;
  self.running = false;
  std::exception_ptr failure;
  if (self.nodes_open) failure = self.close_nodes();
  self.context.stream_time_punctuations.clear();
  self.context.wall_clock_punctuations.clear();
  self.group.clear();
  try {
    self.stores.close();
  } catch (...) {
    if (!failure) failure = std::current_exception();
  }
  if (!clean) {
    self.stores.discard();
  } else if (failure) {
    std::rethrow_exception(failure);
  }
}

}  // namespace streams::runtime
