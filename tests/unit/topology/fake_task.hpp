// A task for graphs that run without a runtime: keeps what is sent, scheduled and failed.
#pragma once

#include <streams/detail/topology_plan.hpp>

#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace streams::detail {

struct Sent {
  std::string topic;
  OptionalBytes key, value;
  Timestamp timestamp = 0;
  Headers headers;
  std::optional<std::int32_t> partition;
  friend bool operator==(const Sent&, const Sent&) = default;
};

/// What the processing handler was told: node, message, and the context's timestamp and headers at that time.
struct Failure {
  std::string node, message;
  Timestamp timestamp = 0;
  Headers headers;
  friend bool operator==(const Failure&, const Failure&) = default;
};

struct Scheduled final : Cancellable {
  std::string node;
  std::int64_t interval_ms = 0;
  PunctuationType type = PunctuationType::kStreamTime;
  std::function<void(Timestamp)> callback;
  std::optional<Timestamp> start;
  bool cancelled = false;
  void cancel() override { cancelled = true; }
};

class FakeTask final : public TaskContext {
 public:
  bool continue_after_failures = false;
  std::vector<Sent> sent;
  std::vector<Failure> failures;
  std::vector<std::string> drops;
  std::vector<std::shared_ptr<Scheduled>> scheduled;
  std::map<std::string, StateStore*> stores;
  int commits = 0;

  Timestamp now_ms() const override { return 777; }
  const std::string& application_id() const override { return application_id_; }
  const std::string& task_id() const override { return task_id_; }
  std::string topic_name(const std::string& planned) const override { return planned; }
  StateStore& store(const NodeBase& node, const std::string& name) override {
    const auto found = stores.find(name);
    if (found == stores.end()) throw InvalidStateStore("no store " + name + " for " + node.name());
    return *found->second;
  }
  void send(const NodeBase&, const OutputRecord& out) override {
    const auto owned = [](OptionalView view) { return view ? OptionalBytes(Bytes(*view)) : std::nullopt; };
    sent.push_back(
        {std::string(out.topic), owned(out.key), owned(out.value), out.timestamp, *out.headers, out.partition});
  }
  std::int32_t partitions(std::string_view) override { return 4; }
  void serialization_failed(const NodeBase&, std::string_view, bool) override { throw; }
  void processing_failed(const NodeBase& node) override {
    try {
      throw;
    } catch (const std::exception& error) {
      failures.push_back({node.name(), error.what(), record.timestamp, *record.headers});
    }
    if (!continue_after_failures) throw TaskError("failed in " + node.name(), std::current_exception());
  }
  void dropped(const NodeBase& node, std::string_view reason) override {
    drops.push_back(node.name() + ": " + std::string(reason));
  }
  std::shared_ptr<Cancellable> schedule(NodeBase& node, std::int64_t interval_ms, PunctuationType type,
                                        std::function<void(Timestamp)> callback,
                                        std::optional<Timestamp> start) override {
    auto punctuation = std::make_shared<Scheduled>();
    punctuation->node = node.name();
    punctuation->interval_ms = interval_ms;
    punctuation->type = type;
    punctuation->callback = std::move(callback);
    punctuation->start = start;
    scheduled.push_back(punctuation);
    return punctuation;
  }
  void request_commit() override { ++commits; }
  std::optional<std::int64_t> metadata(const std::string&) const override { return std::nullopt; }
  void set_metadata(const std::string&, std::int64_t) override {}
  std::int64_t emit_interval_ms() const override { return 0; }
  std::string setting(const std::string&) const override { return ""; }

 private:
  std::string application_id_ = "app";
  std::string task_id_ = "0_3";
};

/// A graph of the whole plan over a fake task, with records fed into its sources.
class Rig {
 public:
  explicit Rig(const TopologyPlan& plan) : graph(plan.make_graph(std::nullopt)) {}

  void start() {
    for (const auto& node : graph.nodes) node->init(task);
    for (const auto& [name, source] : graph.sources) lanes.emplace(name, source->make_lane());
  }
  void pipe(const std::string& source, OptionalView key, OptionalView value, Timestamp timestamp,
            Headers headers = {}) {
    SourceLane& lane = *lanes.at(source);
    lane.decode({"in", 3, offset, timestamp, key, value, std::move(headers)});
    task.record = {"in", 3, offset++, timestamp, &lane.headers()};
    task.stream_time = std::max(task.stream_time, timestamp);
    lane.process(timestamp);
  }
  void close() {
    for (const auto& node : graph.nodes) node->close();
  }

  FakeTask task;
  TaskGraph graph;
  std::map<std::string, std::unique_ptr<SourceLane>> lanes;
  std::int64_t offset = 0;
};

}  // namespace streams::detail
