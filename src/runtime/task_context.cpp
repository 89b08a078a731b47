// Services of a task for its nodes.
#include <runtime/task_context.hpp>

#include <utility>

namespace streams::runtime {

using streams::detail::NodeBase;
using streams::detail::PunctuationType;

std::string TaskContextImpl::topic_name(const std::string& planned) const {
  return services_.plan.full_topic_name(planned, services_.settings.application_id);
}

StateStore& TaskContextImpl::store(const NodeBase& node, const std::string& name) {
  if (services_.task.globals != nullptr) {
    if (const auto known = global_views_.find(name); known != global_views_.end()) return *known->second;
    if (auto view = services_.task.globals->view(name))
      return *global_views_.emplace(name, std::move(view)).first->second;
  }
  const auto connected = services_.node_stores.find(node.name());
  if (connected == services_.node_stores.end() || !connected->second.contains(name)) {
    throw InvalidStateStore(
        "Processor " + node.name() + " has no access to StateStore " + name +
        " as the store is not connected to the processor. Give the store's name where the processor is "
        "added, or connect them on the topology.");
  }
  if (StateStore* store = stores_->find(name)) return *store;
  throw InvalidStateStore("StateStore " + name + " of processor " + node.name() + " is not open.");
}

void TaskContextImpl::processing_failed(const NodeBase& node) {
  try {
    throw;
  } catch (const FailedProcessing&) {
    throw;
  } catch (const TaskMigrated&) {
    throw;
  } catch (const TaskCorrupted&) {
    throw;
  } catch (...) {
    services_.errors.processing_failed(node.name());
  }
}

std::shared_ptr<streams::detail::Cancellable> TaskContextImpl::schedule(NodeBase& node, std::int64_t interval_ms,
                                                                        PunctuationType type,
                                                                        std::function<void(Timestamp)> callback,
                                                                        std::optional<Timestamp> start) {
  const bool by_stream_time = type == PunctuationType::kStreamTime;
  const Timestamp now = by_stream_time ? stream_time : services_.task.clock->now_ms();
  auto [punctuation, due] = make_punctuation(node, interval_ms, type, std::move(callback), start, now);
  (by_stream_time ? stream_time_punctuations : wall_clock_punctuations).schedule(punctuation, due);
  return std::move(punctuation);
}

std::optional<std::int64_t> TaskContextImpl::metadata(const std::string& key) const {
  const auto found = metadata_values.find(key);
  return found == metadata_values.end() ? std::nullopt : std::optional(found->second);
}

void TaskContextImpl::set_metadata(const std::string& key, std::int64_t value) {
  metadata_values[key] = value;
  metadata_changed = true;
}

std::string TaskContextImpl::setting(const std::string& key) const {
  const auto found = services_.settings.texts.find(key);
  return found == services_.settings.texts.end() ? std::string() : found->second;
}

streams::detail::NodeSensor* TaskContextImpl::sensor(const NodeBase& node, streams::detail::NodeMetric which) {
  auto made = services_.sensors.node_sensor(node.name(), which, *this);
  return made ? node_sensors_.emplace_back(std::move(made)).get() : nullptr;
}

void TaskContextImpl::leave_record(Timestamp timestamp) {
  record = RecordContext();
  record.timestamp = timestamp;
}

}  // namespace streams::runtime
