// What the nodes of a task see of it.
#pragma once

#include <runtime/commit_metadata.hpp>
#include <runtime/error_handlers.hpp>
#include <runtime/punctuation.hpp>
#include <runtime/record_collector.hpp>
#include <runtime/store_host.hpp>
#include <streams/detail/task_context.hpp>
#include <streams/detail/topology_plan.hpp>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace streams::runtime {

struct TaskContextServices {
  const streams::detail::TopologyPlan& plan;
  const TaskSettings& settings;
  const TaskServices& task;
  const std::map<std::string, std::set<std::string>>& node_stores;
  RecordCollector& collector;
  ErrorBoundary& errors;
  TaskMetrics& metrics;
  TaskSensors& sensors;
};

/// Source: org.apache.kafka.streams.processor.internals.ProcessorContextImpl.
class TaskContextImpl final : public streams::detail::TaskContext {
 public:
  TaskContextImpl(std::string task_id, const TaskContextServices& services)
      : task_id_(std::move(task_id)), services_(services) {}

  Timestamp now_ms() const override { return now_ms_; }
  const std::string& application_id() const override { return services_.settings.application_id; }
  const std::string& task_id() const override { return task_id_; }
  std::string topic_name(const std::string& planned) const override;
  StateStore& store(const streams::detail::NodeBase& node, const std::string& name) override;
  void send(const streams::detail::NodeBase& node, const streams::detail::OutputRecord& output) override {
    services_.collector.send(node.name(), output);
  }
  std::int32_t partitions(std::string_view topic) override { return services_.collector.partitions(topic); }
  void serialization_failed(const streams::detail::NodeBase& node, std::string_view topic, bool is_key) override {
    services_.collector.serialization_failed(node.name(), topic, is_key);
  }
  void processing_failed(const streams::detail::NodeBase& node) override;
  void dropped(const streams::detail::NodeBase& node, std::string_view reason) override {
    services_.errors.dropped(node.name(), reason);
  }
  std::shared_ptr<streams::detail::Cancellable> schedule(streams::detail::NodeBase& node, std::int64_t interval_ms,
                                                         streams::detail::PunctuationType type,
                                                         std::function<void(Timestamp)> callback,
                                                         std::optional<Timestamp> start) override;
  void request_commit() override { commit_requested = true; }
  std::optional<std::int64_t> metadata(const std::string& key) const override;
  void set_metadata(const std::string& key, std::int64_t value) override;
  std::int64_t emit_interval_ms() const override { return services_.settings.emit_interval_ms; }
  std::string setting(const std::string& key) const override;
  Timestamp clock_ms() const override { return services_.task.clock->now_ms(); }
  void done(int number, Timestamp timestamp) override { services_.sensors.done(number, timestamp, now_ms_); }
  int outlet(const streams::detail::NodeBase& node, const std::string& topic) override {
    return services_.sensors.outlet(node.name(), topic);
  }
  streams::detail::NodeSensor* sensor(const streams::detail::NodeBase& node,
                                      streams::detail::NodeMetric which) override;

  /// Called once, before the nodes are initialised.
  void set_stores(StoreHostImpl& stores) { stores_ = &stores; }
  /// Wall-clock time as the processors see it: of the moment in which the task took up its present work.
  void set_now(Timestamp now_ms) { now_ms_ = now_ms; }
  const Timestamp& now() const { return now_ms_; }
  /// The context outside of records: no topic, no offset.
  void leave_record(Timestamp timestamp);

  bool commit_requested = false;
  ProcessorMetadata metadata_values;
  bool metadata_changed = false;
  PunctuationQueue stream_time_punctuations;
  PunctuationQueue wall_clock_punctuations;

 private:
  std::string task_id_;
  TaskContextServices services_;
  StoreHostImpl* stores_ = nullptr;
  Timestamp now_ms_ = -1;
  std::map<std::string, std::unique_ptr<StateStore>> global_views_;
  std::vector<std::unique_ptr<streams::detail::NodeSensor>> node_sensors_;
};

}  // namespace streams::runtime
