// The test driver: one task, one global task, and what they send kept in order.
#include <streams/testing/topology_test_driver.hpp>

#include <runtime/config.hpp>
#include <runtime/task.hpp>
#include <runtime/task_global.hpp>
#include <runtime/task_settings.hpp>
#include <streams/testing/manual_clock.hpp>
#include <testing/driver_state.hpp>
#include <testing/memory_batch.hpp>

#include <algorithm>
#include <map>
#include <utility>

namespace streams {

using detail::SourcePlan;
using detail::SubTopology;
using detail::TopologyPlan;
using runtime::ChangelogPartition;
using runtime::GlobalTask;
using runtime::InputPartition;
using runtime::Task;
using testing_detail::DriverState;
using testing_detail::DriverStateOwner;
using testing_detail::MemoryBatch;

namespace {

constexpr std::size_t kNoInput = static_cast<std::size_t>(-1);

StreamsConfig with_application_id(StreamsConfig config) {
  if (!config.is_set("application.id")) config.set("application.id", std::string("topology-test-driver"));
  return config;
}

void throw_if_failed(const Status& status, const char* what) {
  if (!status.ok()) throw TaskError(std::string(what) + ": " + status.message());
}

/// The inputs of the whole topology: its topics by their full names, and for patterns the patterns themselves.
std::vector<InputPartition> inputs_of(const TopologyPlan& plan, const std::string& application_id) {
  std::vector<InputPartition> out;
  for (const SubTopology& group : plan.sub_topologies()) {
    if (group.global) continue;
    for (const std::string& name : group.source_nodes) {
      const SourcePlan& source = plan.source(name);
      for (const std::string& topic : source.topics)
        out.push_back({{plan.full_topic_name(topic, application_id), 0}, name});
      if (!source.pattern.empty()) out.push_back({{source.pattern, 0}, name});
    }
  }
  return out;
}

}  // namespace

namespace detail {

void print_test_headers(std::ostream& out, const Headers& headers) {
  if (headers.empty()) return;
  out << " {";
  for (const Header& header : headers) {
    out << (&header == headers.begin() ? "" : ", ") << header.key << "=" << (header.value ? *header.value : "null");
  }
  out << "}";
}

}  // namespace detail

struct TopologyTestDriver::Impl final : runtime::TaskOutput {
  Impl(const Topology& topology_in, const StreamsConfig& config_in, const TestDriverOptions& options_in);

  void start();
  void restore_globals();
  void restore_task();
  runtime::TaskServices services(const DriverState& state);
  runtime::TaskSettings settings() const;
  std::size_t input_of(const std::string& topic);
  bool is_global(const std::string& topic) const;
  void enqueue(std::size_t input, const RawTestRecord& record);
  void update_global(const RawTestRecord& record);
  void capture();
  void work_off();
  void commit_task();
  void stop();
  template <class Work>
  void run(Work work);

  // TaskOutput
  Status send(const client::ProducerRecord& record) override;
  Result<std::int32_t> partitions(std::string_view) override { return 1; }
  std::int64_t acked_offset(const client::TopicPartition& partition) const override;

  const Topology topology;
  const TopologyPlan& plan;
  const runtime::RuntimeConfig config;
  metrics::MetricRegistry registry{config.metrics_level, config.metrics_windows};
  const TestDriverOptions options;
  ManualClock clock;
  DriverStateOwner task_state, global_state;

  std::unique_ptr<GlobalTask> globals;
  std::unique_ptr<Task> task;
  bool failed = false;
  bool closed = false;
  std::uint64_t dropped_before = 0;  ///< by tasks before a restart

  std::vector<InputPartition> inputs;
  std::map<std::string, std::size_t> input_by_topic;              ///< also what patterns were found to match
  std::vector<std::vector<RawTestRecord>> input_logs;             ///< per input, by offset
  std::map<std::string, std::vector<RawTestRecord>> global_logs;  ///< per topic of global stores
  std::map<std::size_t, client::OffsetAndMetadata> committed;

  std::vector<RawTestRecord> pending;  ///< sent, not looked at yet
  std::vector<RawTestRecord> sent;
  std::size_t taken = 0;
  struct TopicLog {
    std::vector<std::size_t> records;  ///< positions in `sent`, by offset
    std::size_t read = 0;
  };
  std::map<std::string, TopicLog, std::less<>> topics;
  std::map<std::string, std::int64_t, std::less<>> acked;
};

TopologyTestDriver::Impl::Impl(const Topology& topology_in, const StreamsConfig& config_in,
                               const TestDriverOptions& options_in)
    : topology(topology_in),
      plan(topology.plan()),
      config(runtime::resolve_config(with_application_id(config_in), false)),
      options(options_in),
      clock(options.wall_clock_start_ms.value_or(system_clock().now_ms())),
      task_state("0_0", options.in_memory),
      global_state("global", options.in_memory),
      inputs(inputs_of(plan, config.application_id)),
      input_logs(inputs.size()) {
  for (std::size_t i = 0; i < inputs.size(); ++i) input_by_topic[inputs[i].partition.topic] = i;
}

runtime::TaskSettings TopologyTestDriver::Impl::settings() const {
  runtime::TaskSettings out = runtime::task_settings(config);
  out.emit_interval_ms = 0;
  return out;
}

runtime::TaskServices TopologyTestDriver::Impl::services(const DriverState& state) {
  runtime::TaskServices out;
  out.clock = &clock;
  out.output = this;
  out.persistent = state.persistent;
  out.in_memory = state.in_memory;
  out.logger = config.logger;
  out.log_prefix = "topology-test-driver ";
  out.metrics = &registry;
  out.thread_id = "main";
  return out;
}

void TopologyTestDriver::Impl::start() {
  // One for all: rows of global stores take place from the others', as in Kafka Streams' test driver.
  const auto cache = config.cache_bytes > 0 ? state::make_record_cache(config.cache_bytes) : nullptr;
  if (!plan.global_stores().empty()) {
    const DriverState state = global_state.open(GlobalTask::store_families(plan, true),
                                                GlobalTask::store_families(plan, false), config.state_memory_bytes);
    runtime::TaskSettings global = settings();
    global.deserialization_handler = log_and_continue();
    runtime::TaskServices of_globals = services(state);
    of_globals.cache = cache;
    globals = std::make_unique<GlobalTask>(plan, global, std::move(of_globals));
    globals->open();
    restore_globals();
  }
  if (inputs.empty()) return;
  const DriverState state = task_state.open(runtime::store_families(plan, std::nullopt, true),
                                            runtime::store_families(plan, std::nullopt, false),
                                            config.state_memory_bytes, registry.records(RecordingLevel::kDebug));
  runtime::TaskServices of_task = services(state);
  of_task.cache = cache;
  of_task.globals = globals.get();
  task = std::make_unique<Task>(runtime::TaskPlan{{0, 0}, &plan, std::nullopt, inputs}, settings(), std::move(of_task));
  task->open_stores();
  restore_task();
  std::vector<client::OffsetAndMetadata> offsets;
  for (const auto& [input, commit] : committed) offsets.push_back(commit);
  task->start(offsets);
  for (std::size_t i = 0; i < inputs.size(); ++i) task->set_at_end(i, true);
}

/// After a restart: from their topics.
void TopologyTestDriver::Impl::restore_globals() {
  for (const auto& [topic, log] : global_logs) {
    const std::int64_t next = std::max<std::int64_t>(globals->next_offset({topic, 0}), 0);
    globals->update({topic, 0}, MemoryBatch({log.begin() + next, log.end()}, next));
  }
}

/// After a restart: from the changelogs.
void TopologyTestDriver::Impl::restore_task() {
  const std::vector<ChangelogPartition>& changelogs = task->changelogs();
  for (std::size_t i = 0; i < changelogs.size(); ++i) {
    const std::int64_t next = std::max<std::int64_t>(changelogs[i].next_offset, 0);
    std::vector<RawTestRecord> records;
    if (changelogs[i].is_source_topic) {
      const auto& log = input_logs[input_of(changelogs[i].partition.topic)];
      records.assign(log.begin() + next, log.end());
    } else if (const auto log = topics.find(changelogs[i].partition.topic); log != topics.end()) {
      for (auto at = static_cast<std::size_t>(next); at < log->second.records.size(); ++at) {
        records.push_back(sent[log->second.records[at]]);
      }
    }
    if (!records.empty()) task->restore(i, MemoryBatch(std::move(records), next));
  }
  throw_if_failed(task->checkpoint(), "The restored state cannot be written");
}

Status TopologyTestDriver::Impl::send(const client::ProducerRecord& record) {
  RawTestRecord out;
  out.topic = record.topic;
  if (record.key) out.key.emplace(*record.key);
  if (record.value) out.value.emplace(*record.value);
  out.timestamp = record.timestamp;
  if (record.headers != nullptr) out.headers = *record.headers;
  out.partition = std::max(record.partition, 0);
  ++acked.try_emplace(out.topic, -1).first->second;
  pending.push_back(std::move(out));
  return {};
}

std::int64_t TopologyTestDriver::Impl::acked_offset(const client::TopicPartition& partition) const {
  const auto found = acked.find(partition.topic);
  return found == acked.end() ? -1 : found->second;
}

std::size_t TopologyTestDriver::Impl::input_of(const std::string& topic) {
  if (const auto found = input_by_topic.find(topic); found != input_by_topic.end()) return found->second;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const std::string& pattern = plan.source(inputs[i].source).pattern;
    if (!pattern.empty() && detail::matches_pattern(pattern, topic)) return input_by_topic[topic] = i;
  }
  return input_by_topic[topic] = kNoInput;
}

bool TopologyTestDriver::Impl::is_global(const std::string& topic) const {
  return globals && std::find(globals->topics().begin(), globals->topics().end(), topic) != globals->topics().end();
}

void TopologyTestDriver::Impl::enqueue(std::size_t input, const RawTestRecord& record) {
  const std::string& topic = input_by_topic.find(record.topic)->first;
  const auto offset = static_cast<std::int64_t>(input_logs[input].size());
  input_logs[input].push_back(record);
  task->add_records(input, std::make_unique<MemoryBatch>(std::vector<RawTestRecord>{record}, offset), topic);
  task->set_at_end(input, true);
}

void TopologyTestDriver::Impl::update_global(const RawTestRecord& record) {
  std::vector<RawTestRecord>& log = global_logs[record.topic];
  const auto offset = static_cast<std::int64_t>(log.size());
  log.push_back(record);
  globals->update({record.topic, 0}, MemoryBatch({record}, offset));
  throw_if_failed(globals->checkpoint(), "The state of global stores cannot be written");
}

/// Keeps what was sent, and gives what the topology reads back to it.
void TopologyTestDriver::Impl::capture() {
  for (RawTestRecord& record : std::exchange(pending, {})) {
    topics[record.topic].records.push_back(sent.size());
    sent.push_back(std::move(record));
    const RawTestRecord& kept = sent.back();
    if (const std::size_t input = input_of(kept.topic); input != kNoInput) enqueue(input, kept);
    if (is_global(kept.topic)) update_global(kept);
  }
}

void TopologyTestDriver::Impl::work_off() {
  capture();
  while (task && task->buffered() > 0 && task->process_one(clock.now_ms())) {
    task->punctuate_stream_time();
    if (options.commit_each_record) commit_task();
    capture();
  }
}

void TopologyTestDriver::Impl::commit_task() {
  if (!task->commit_needed()) return;
  for (client::OffsetAndMetadata& offset : task->prepare_commit())
    committed[input_of(offset.partition.topic)] = std::move(offset);
  throw_if_failed(task->post_commit(), "The state cannot be written");
}

/// Nothing more can be done with a task that has failed.
template <class Work>
void TopologyTestDriver::Impl::run(Work work) {
  if (closed) throw StreamsError("The test driver is closed.");
  if (failed) throw StreamsError("The test driver's task has failed before; make a new driver.");
  failed = true;
  work();
  failed = false;
}

void TopologyTestDriver::Impl::stop() {
  if (task) {
    if (!failed) {
      commit_task();
      capture();
    }
    dropped_before += task->metrics().dropped.value();
    task->close(!failed);
    task.reset();
  }
  if (!globals) return;
  dropped_before += globals->metrics().dropped.value();
  globals->close();
  globals.reset();
}

TopologyTestDriver::TopologyTestDriver(const Topology& topology, const StreamsConfig& config, TestDriverOptions options)
    : impl_(std::make_unique<Impl>(topology, config, options)) {
  impl_->start();
}

TopologyTestDriver::~TopologyTestDriver() {
  try {
    close();
  } catch (...) {  // close() is there for those who want to know
  }
}

void TopologyTestDriver::pipe_raw(const RawTestRecord& record) { pipe_batch({record}); }

void TopologyTestDriver::pipe_batch(const std::vector<RawTestRecord>& records) {
  Impl& self = *impl_;
  for (const RawTestRecord& record : records) {
    if (self.input_of(record.topic) == kNoInput && !self.is_global(record.topic)) {
      throw InvalidArgument("Unknown topic: " + record.topic);
    }
  }
  self.run([&] {
    for (const RawTestRecord& record : records) {
      if (const std::size_t input = self.input_of(record.topic); input != kNoInput) self.enqueue(input, record);
      if (self.is_global(record.topic)) self.update_global(record);
    }
    self.work_off();
  });
}

void TopologyTestDriver::advance_wall_clock_time(std::int64_t by_ms) {
  if (by_ms < 0) throw InvalidArgument("The wall clock cannot be moved by a negative time.");
  Impl& self = *impl_;
  self.run([&] {
    self.clock.advance(by_ms);
    if (self.task) {
      self.task->punctuate_wall_clock();
      if (self.options.commit_each_record) self.commit_task();
    }
    self.work_off();
  });
}

void TopologyTestDriver::commit() {
  Impl& self = *impl_;
  self.run([&] {
    if (self.task) self.commit_task();
    self.work_off();
  });
}

void TopologyTestDriver::restart() {
  Impl& self = *impl_;
  self.run([&] {
    if (self.task) self.commit_task();
    self.work_off();
    self.failed = false;
    self.stop();
    self.failed = true;
    self.start();
  });
}

void TopologyTestDriver::close() {
  if (std::exchange(impl_->closed, true)) return;
  impl_->stop();
}

Timestamp TopologyTestDriver::wall_clock_time() const { return impl_->clock.now_ms(); }
Timestamp TopologyTestDriver::stream_time() const { return impl_->task ? impl_->task->stream_time() : -1; }
std::vector<Metric> TopologyTestDriver::metrics() const { return impl_->registry.read(impl_->clock.now_ms()); }

const std::string& TopologyTestDriver::application_id() const { return impl_->config.application_id; }

std::vector<RawTestRecord> TopologyTestDriver::take_outputs() {
  const auto from = impl_->sent.begin() + static_cast<std::ptrdiff_t>(std::exchange(impl_->taken, impl_->sent.size()));
  return {from, impl_->sent.end()};
}

std::optional<RawTestRecord> TopologyTestDriver::read_raw(const std::string& topic) {
  const auto log = impl_->topics.find(topic);
  if (log == impl_->topics.end() || log->second.read == log->second.records.size()) return std::nullopt;
  return impl_->sent[log->second.records[log->second.read++]];
}

std::size_t TopologyTestDriver::queue_size(const std::string& topic) const {
  const auto log = impl_->topics.find(topic);
  return log == impl_->topics.end() ? 0 : log->second.records.size() - log->second.read;
}

std::set<std::string> TopologyTestDriver::produced_topic_names() const {
  std::set<std::string> out;
  for (const auto& [topic, log] : impl_->topics) out.insert(topic);
  return out;
}

StateStore* TopologyTestDriver::state_store(const std::string& name) {
  if (impl_->task) {
    if (StateStore* store = impl_->task->store(name)) return store;
  }
  return impl_->globals ? impl_->globals->store(name) : nullptr;
}

std::vector<std::string> TopologyTestDriver::state_store_names() const {
  std::vector<std::string> out = impl_->plan.store_names();
  for (const detail::GlobalStorePlan& global : impl_->plan.global_stores()) out.push_back(global.store.name);
  return out;
}

std::uint64_t TopologyTestDriver::dropped_records() const {
  std::uint64_t sum = impl_->dropped_before;
  if (impl_->task) sum += impl_->task->metrics().dropped.value();
  if (impl_->globals) sum += impl_->globals->metrics().dropped.value();
  return sum;
}

void TopologyTestDriver::throw_no_such_store(const std::string& name) {
  if (state_store(name) == nullptr) {
    throw InvalidStateStore("There is no StateStore " + name + " in the topology, or no processor is connected to it.");
  }
  throw InvalidStateStore("StateStore " + name +
                          " is not of the type asked for: ask for the interface with its key and " +
                          "value types, for timestamped stores TimestampedKeyValueStore or TimestampedWindowStore.");
}

}  // namespace streams
