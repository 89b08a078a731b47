// Reading the topics of global stores, and views of the stores for other tasks.
#include <runtime/task_global.hpp>

#include <runtime/error_handlers.hpp>
#include <runtime/log.hpp>
#include <runtime/store_host.hpp>
#include <runtime/task_global_rows.hpp>
#include <streams/detail/task_context.hpp>

#include <algorithm>
#include <charconv>
#include <mutex>
#include <utility>

namespace streams::runtime {

using streams::detail::Cancellable;
using streams::detail::GlobalStorePlan;
using streams::detail::NodeBase;
using streams::detail::PunctuationType;
using streams::detail::SourceLane;
using streams::detail::StoreHost;
using streams::detail::StoreSpec;
using streams::detail::TaskContext;
using streams::detail::TaskGraph;
using streams::detail::TopologyPlan;

namespace {

constexpr char kTaskId[] = "global";

std::string offset_key(const client::TopicPartition& partition) {
  return partition.topic + "-" + std::to_string(partition.partition);
}

client::TopicPartition parse_offset_key(const std::string& key) {
  const std::size_t dash = key.rfind('-');
  client::TopicPartition out{key.substr(0, dash), 0};
  std::from_chars(key.data() + dash + 1, key.data() + key.size(), out.partition);
  return out;
}

std::string serde_topic(const TaskSettings& settings, const std::string& store) {
  return settings.application_id + "-" + store + "-changelog";
}

/// Dead letters of the global task have no producer to go through.
struct NoDeadLetters final : DeadLetterSender {
  explicit NoDeadLetters(const Log& log_in) : log(log_in) {}
  void send_dead_letters(const std::vector<DeadLetter>& letters) override {
    if (!letters.empty()) log.warn("Dead letters of global stores are not sent: their task has no producer.");
  }
  const Log& log;
};

/// One global store: its rows, how to get at them, and the lane that its records come through.
struct GlobalSlot {
  const GlobalStorePlan* plan = nullptr;
  std::string topic;
  GlobalRows rows;
  // For readers on any thread: as rows.
  std::unique_ptr<state::KeyValueBytes> key_values;
  std::unique_ptr<state::WindowBytes> windows;
  std::unique_ptr<state::SessionBytes> sessions;
  std::unique_ptr<state::VersionedBytes> versions;
  std::unique_ptr<StateStore> store;
  TaskGraph graph;
  std::unique_ptr<SourceLane> lane;
};

/// Opens typed shells over the shared rows, read only.
class ViewHost final : public StoreHost {
 public:
  ViewHost(const GlobalSlot& slot, std::string topic) : slot_(slot), topic_(std::move(topic)) {}

  std::unique_ptr<state::KeyValueBytes> key_value(const StoreSpec&) override {
    return reading_face(slot_.rows.key_values);
  }
  std::unique_ptr<state::WindowBytes> window(const StoreSpec&) override { return reading_face(slot_.rows.windows); }
  std::unique_ptr<state::SessionBytes> session(const StoreSpec&) override { return reading_face(slot_.rows.sessions); }
  std::unique_ptr<state::VersionedBytes> versioned(const StoreSpec&) override {
    return reading_face(slot_.rows.versions);
  }
  void log(const StoreSpec&, BytesView, OptionalView, Timestamp, const Headers&) override {}
  std::string changelog_topic(const std::string&) const override { return topic_; }
  RecordContext& record() override { return record_; }

 private:
  const GlobalSlot& slot_;
  std::string topic_;
  RecordContext record_;
};

}  // namespace

struct GlobalTask::Impl final : StoreHost, TaskContext {
  Impl(const TopologyPlan& topology_in, TaskSettings settings_in, TaskServices services_in);

  GlobalSlot* find(const std::string& store);
  GlobalSlot& by_topic(const std::string& topic);
  void apply(GlobalSlot& slot, const client::TopicPartition& partition, const client::ConsumerRecord& from,
             const client::RecordBatch& batch);
  const std::shared_ptr<state::StateDatabase>& database(bool persistent) const {
    return persistent ? services.persistent : services.in_memory;
  }
  state::ByteStore& family(const StoreSpec& spec) const;
  template <class Rows>
  std::unique_ptr<Rows> cached(std::unique_ptr<Rows> rows, const StoreSpec& spec) {
    return with_cache(std::move(rows), spec, services.cache, text(kTaskId, "-", spec.name), TaskContext::record);
  }
  state::StoreContext store_context(const StoreSpec& spec) {
    return {TaskContext::record, [this] { metrics.dropped.add(); }, nullptr, spec.name};
  }

  // StoreHost, for the stores that are written. Nothing is logged: the topics are the log.
  std::unique_ptr<state::KeyValueBytes> key_value(const StoreSpec& spec) override;
  std::unique_ptr<state::WindowBytes> window(const StoreSpec& spec) override;
  std::unique_ptr<state::SessionBytes> session(const StoreSpec& spec) override;
  std::unique_ptr<state::VersionedBytes> versioned(const StoreSpec& spec) override;
  void log(const StoreSpec&, BytesView, OptionalView, Timestamp, const Headers&) override {}
  std::string changelog_topic(const std::string& store) const override { return serde_topic(settings, store); }
  RecordContext& record() override { return TaskContext::record; }

  // TaskContext, for the processors.
  Timestamp now_ms() const override { return services.clock->now_ms(); }
  const std::string& application_id() const override { return settings.application_id; }
  const std::string& task_id() const override { return scope.task_id; }
  std::string topic_name(const std::string& planned) const override {
    return topology.full_topic_name(planned, settings.application_id);
  }
  StateStore& store(const NodeBase& node, const std::string& name) override;
  void send(const NodeBase& node, const streams::detail::OutputRecord&) override { refuse(node, "send records"); }
  std::int32_t partitions(std::string_view) override { return 1; }
  void serialization_failed(const NodeBase& node, std::string_view, bool) override { refuse(node, "send records"); }
  void processing_failed(const NodeBase& node) override;
  void dropped(const NodeBase& node, std::string_view reason) override { errors.dropped(node.name(), reason); }
  std::shared_ptr<Cancellable> schedule(NodeBase& node, std::int64_t, PunctuationType, std::function<void(Timestamp)>,
                                        std::optional<Timestamp>) override {
    refuse(node, "schedule punctuations");
  }
  void request_commit() override {}
  std::optional<std::int64_t> metadata(const std::string&) const override { return std::nullopt; }
  void set_metadata(const std::string&, std::int64_t) override {}
  std::int64_t emit_interval_ms() const override { return settings.emit_interval_ms; }
  std::string setting(const std::string& key) const override;
  [[noreturn]] static void refuse(const NodeBase& node, const char* what) {
    throw StreamsError("Processor " + node.name() + " fills a global store and cannot " + what + ".");
  }

  const TopologyPlan& topology;
  const TaskSettings settings;
  const TaskServices services;
  Log logger;
  TaskMetrics metrics;
  ErrorScope scope;
  NoDeadLetters letters;
  ErrorBoundary errors;
  std::vector<std::unique_ptr<GlobalSlot>> slots;
  std::vector<std::unique_ptr<ViewHost>> view_hosts;  ///< as slots
  std::vector<std::string> topics;
  std::map<client::TopicPartition, std::int64_t> next_offsets;
  bool nodes_open = false;
};

GlobalTask::Impl::Impl(const TopologyPlan& topology_in, TaskSettings settings_in, TaskServices services_in)
    : topology(topology_in),
      settings(std::move(settings_in)),
      services(std::move(services_in)),
      logger(services.logger, services.log_prefix + "global task "),
      scope{kTaskId, &(TaskContext::record), {}, {}},
      letters(logger),
      errors(settings, scope, letters, metrics, logger) {
  for (const GlobalStorePlan& plan : topology.global_stores()) {
    auto slot = std::make_unique<GlobalSlot>();
    slot->plan = &plan;
    slot->topic = topology.full_topic_name(plan.topic, settings.application_id);
    slot->graph = topology.make_global_graph(plan);
    slot->lane = slot->graph.sources.at(plan.source_name)->make_lane();
    topics.push_back(slot->topic);
    view_hosts.push_back(std::make_unique<ViewHost>(*slot, serde_topic(settings, plan.store.name)));
    slots.push_back(std::move(slot));
  }
}

GlobalSlot* GlobalTask::Impl::find(const std::string& store) {
  for (const auto& slot : slots) {
    if (slot->plan->store.name == store) return slot.get();
  }
  return nullptr;
}

GlobalSlot& GlobalTask::Impl::by_topic(const std::string& topic) {
  for (const auto& slot : slots) {
    if (slot->topic == topic) return *slot;
  }
  throw InvalidArgument("Unknown topic: " + topic + " fills no global store.");
}

state::ByteStore& GlobalTask::Impl::family(const StoreSpec& spec) const {
  if (const auto& rows = database(spec.persistent)) return rows->family(spec.name);
  throw InvalidStateStore(std::string("The global task was given no ") +
                          (spec.persistent ? "persistent" : "in-memory") + " state database, but StateStore " +
                          spec.name + " needs one.");
}

std::unique_ptr<state::KeyValueBytes> GlobalTask::Impl::key_value(const StoreSpec& spec) {
  auto out = std::make_shared<SharedRows<state::KeyValueBytes>>();
  out->exclusive_reads = spec.max_entries > 0 || has_cache(spec, services.cache);
  out->rows = cached(make_key_value_rows(family(spec), spec, store_context(spec)), spec);
  find(spec.name)->rows.key_values = out;
  return writing_face(std::move(out));
}

std::unique_ptr<state::WindowBytes> GlobalTask::Impl::window(const StoreSpec& spec) {
  auto out = std::make_shared<SharedRows<state::WindowBytes>>();
  out->exclusive_reads = has_cache(spec, services.cache);
  out->rows = cached(make_window_rows(family(spec), spec, store_context(spec)), spec);
  find(spec.name)->rows.windows = out;
  return writing_face(std::move(out));
}

std::unique_ptr<state::SessionBytes> GlobalTask::Impl::session(const StoreSpec& spec) {
  auto out = std::make_shared<SharedRows<state::SessionBytes>>();
  out->exclusive_reads = has_cache(spec, services.cache);
  out->rows = cached(make_session_rows(family(spec), spec, store_context(spec)), spec);
  find(spec.name)->rows.sessions = out;
  return writing_face(std::move(out));
}

std::unique_ptr<state::VersionedBytes> GlobalTask::Impl::versioned(const StoreSpec& spec) {
  auto out = std::make_shared<SharedRows<state::VersionedBytes>>();
  out->rows = make_versioned_rows(family(spec), spec, store_context(spec));
  find(spec.name)->rows.versions = out;
  return writing_face(std::move(out));
}

StateStore& GlobalTask::Impl::store(const NodeBase& node, const std::string& name) {
  if (GlobalSlot* slot = find(name)) return *slot->store;
  throw InvalidStateStore("Processor " + node.name() + " has no access to StateStore " + name +
                          ": processors of global stores see global stores only.");
}

void GlobalTask::Impl::processing_failed(const NodeBase& node) {
  try {
    throw;
  } catch (const TaskError&) {
    throw;
  } catch (...) {
    errors.processing_failed(node.name());
  }
}

std::string GlobalTask::Impl::setting(const std::string& key) const {
  const auto found = settings.texts.find(key);
  return found == settings.texts.end() ? std::string() : found->second;
}

void GlobalTask::Impl::apply(GlobalSlot& slot, const client::TopicPartition& partition,
                             const client::ConsumerRecord& from, const client::RecordBatch& batch) {
  streams::detail::RawRecord raw;
  raw.topic = slot.topic;
  raw.partition = partition.partition;
  raw.offset = from.offset;
  raw.timestamp = from.timestamp;
  raw.key = from.key;
  raw.value = from.value;
  raw.headers = batch.headers(from);
  try {
    slot.lane->decode(std::move(raw));
  } catch (...) {
    raw.headers = batch.headers(from);
    return errors.deserialization_failed(slot.plan->source_name, raw);
  }
  RecordContext& context = TaskContext::record;
  context = {slot.topic, partition.partition, from.offset, from.timestamp, &slot.lane->headers()};
  scope.source_key = from.key;
  scope.source_value = from.value;
  stream_time = std::max(stream_time, from.timestamp);
  try {
    slot.lane->process(from.timestamp);
  } catch (const FailedProcessing& error) {
    const std::string own = error.what();
    throw TaskError(text("Exception caught in process. taskId=", kTaskId, ", processor=", error.node,
                         ", topic=", slot.topic, ", partition=", partition.partition, ", offset=", from.offset, ": ",
                         own.empty() ? message_of(error.cause) : own),
                    error.cause);
  }
  metrics.processed.add();
}

GlobalTask::GlobalTask(const TopologyPlan& topology, TaskSettings settings, TaskServices services)
    : impl_(std::make_unique<Impl>(topology, std::move(settings), std::move(services))) {}

GlobalTask::~GlobalTask() { close(); }

std::vector<std::string> GlobalTask::store_families(const TopologyPlan& topology, bool persistent) {
  std::vector<std::string> out;
  for (const GlobalStorePlan& plan : topology.global_stores()) {
    if (plan.store.persistent == persistent) out.push_back(plan.store.name);
  }
  return out;
}

void GlobalTask::open() {
  for (const auto& database : {impl_->services.persistent, impl_->services.in_memory}) {
    if (!database) continue;
    for (const auto& [key, offset] : database->offsets()) impl_->next_offsets[parse_offset_key(key)] = offset + 1;
  }
  for (const auto& slot : impl_->slots) {
    slot->store = slot->plan->store.make(slot->plan->store);
    slot->store->open(*impl_);
    if (slot->rows.key_values) slot->key_values = reading_face(slot->rows.key_values);
    if (slot->rows.windows) slot->windows = reading_face(slot->rows.windows);
    if (slot->rows.sessions) slot->sessions = reading_face(slot->rows.sessions);
    if (slot->rows.versions) slot->versions = reading_face(slot->rows.versions);
  }
  impl_->nodes_open = true;
  for (const auto& slot : impl_->slots) {
    for (const auto& node : slot->graph.nodes) {
      impl_->TaskContext::record = RecordContext();
      try {
        node->init(*impl_);
      } catch (const TaskError&) {
        throw;
      } catch (...) {
        const std::exception_ptr error = std::current_exception();
        throw TaskError("failed to initialize processor " + node->name() + ": " + message_of(error), error);
      }
    }
  }
}

const std::vector<std::string>& GlobalTask::topics() const { return impl_->topics; }

std::int64_t GlobalTask::next_offset(const client::TopicPartition& partition) const {
  const auto found = impl_->next_offsets.find(partition);
  return found == impl_->next_offsets.end() ? client::PartitionStart::kEarliest : found->second;
}

void GlobalTask::update(const client::TopicPartition& partition, const client::RecordBatch& batch) {
  if (batch.records().empty()) return;
  GlobalSlot& slot = impl_->by_topic(partition.topic);
  for (const client::ConsumerRecord& record : batch.records()) impl_->apply(slot, partition, record, batch);
  impl_->next_offsets[partition] = batch.records().back().offset + 1;
}

Status GlobalTask::checkpoint() {
  for (const auto& slot : impl_->slots) slot->store->flush();
  // The databases move rows about: no reader may be in them meanwhile.
  std::vector<std::unique_lock<std::shared_mutex>> locks;
  std::map<std::string, std::int64_t> persistent, in_memory;
  for (const auto& slot : impl_->slots) {
    std::shared_mutex* mutex = slot->rows.mutex();
    if (mutex == nullptr) continue;  // kept in the object: read anew after a restart
    locks.emplace_back(*mutex);
    auto& offsets = slot->plan->store.persistent ? persistent : in_memory;
    for (const auto& [partition, next] : impl_->next_offsets) {
      if (partition.topic == slot->topic && next > 0) offsets[offset_key(partition)] = next - 1;
    }
  }
  if (impl_->services.persistent) {
    if (Status status = impl_->services.persistent->commit(persistent); !status.ok()) return status;
  }
  return impl_->services.in_memory ? impl_->services.in_memory->commit(in_memory) : Status();
}

void GlobalTask::close() {
  if (!std::exchange(impl_->nodes_open, false)) return;
  for (const auto& slot : impl_->slots) {
    for (const auto& node : slot->graph.nodes) {
      try {
        node->close();
      } catch (...) {
        impl_->logger.error("failed to close processor ", node->name(), ": ", message_of(std::current_exception()));
      }
    }
  }
  for (const auto& slot : impl_->slots) {
    if (slot->store) slot->store->close();
  }
}

std::unique_ptr<StateStore> GlobalTask::view(const std::string& name) {
  for (std::size_t i = 0; i < impl_->slots.size(); ++i) {
    const GlobalSlot& slot = *impl_->slots[i];
    if (slot.plan->store.name != name) continue;
    if (slot.rows.mutex() == nullptr) {
      throw InvalidStateStore("StateStore " + name +
                              " keeps its rows to itself: as a global store it can only be used by " +
                              "the processor that fills it.");
    }
    auto shell = slot.plan->store.make(slot.plan->store);
    shell->open(*impl_->view_hosts[i]);
    return shell;
  }
  return nullptr;
}

streams::detail::StoreRows GlobalTask::rows(const std::string& name) {
  const GlobalSlot* slot = impl_->find(name);
  if (slot == nullptr) return {};
  return {slot->key_values.get(), slot->windows.get(), slot->sessions.get(), slot->versions.get()};
}

StateStore* GlobalTask::store(const std::string& name) {
  const GlobalSlot* slot = impl_->find(name);
  return slot == nullptr ? nullptr : slot->store.get();
}

const TaskMetrics& GlobalTask::metrics() const { return impl_->metrics; }

}  // namespace streams::runtime
