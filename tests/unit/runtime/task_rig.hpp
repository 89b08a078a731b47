// What the tests of the task core have in common: an output that keeps what is sent, batches, and a small topology's
// task.
#pragma once

#include <gtest/gtest.h>
#include <runtime/log.hpp>
#include <runtime/task.hpp>
#include <streams/partitioner.hpp>
#include <streams/testing/manual_clock.hpp>
#include <streams/testing/test_record.hpp>
#include <streams/topology.hpp>
#include <testing/memory_batch.hpp>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace streams::runtime {

using Text = std::string;

/// "topic/partition key=value@timestamp {name=value}", null as "~".
inline std::string show(const RawTestRecord& record) {
  std::string out = record.topic + "/" + std::to_string(record.partition) + " " + record.key.value_or("~") + "=" +
                    record.value.value_or("~") + "@" + std::to_string(record.timestamp);
  for (const Header& header : record.headers) out += " {" + header.key + "=" + header.value.value_or("~") + "}";
  return out;
}

/// Keeps what is sent; fails on demand.
class KeepingOutput final : public TaskOutput {
 public:
  Status send(const client::ProducerRecord& record) override {
    if (!next_status.ok()) return std::exchange(next_status, {});
    RawTestRecord out;
    out.topic = record.topic;
    out.partition = record.partition;
    if (record.key) out.key.emplace(*record.key);
    if (record.value) out.value.emplace(*record.value);
    out.timestamp = record.timestamp;
    if (record.headers != nullptr) out.headers = *record.headers;
    sent.push_back(show(out));
    records.push_back(out);
    ++acked.try_emplace({out.topic, out.partition}, -1).first->second;
    return {};
  }
  Result<std::int32_t> partitions(std::string_view topic) override {
    ++asked;
    if (topic == "missing") return Status(StatusCode::kNotFound, "no such topic");
    return partition_count;
  }
  std::int64_t acked_offset(const client::TopicPartition& partition) const override {
    const auto found = acked.find(partition);
    return found == acked.end() ? -1 : found->second;
  }
  std::vector<std::string> take() { return std::exchange(sent, {}); }

  std::vector<std::string> sent;
  std::vector<RawTestRecord> records;
  std::map<client::TopicPartition, std::int64_t> acked;
  Status next_status;
  std::int32_t partition_count = 1;
  int asked = 0;
};

inline RawTestRecord raw(OptionalBytes key, OptionalBytes value, Timestamp timestamp, Headers headers = {}) {
  return {"", std::move(key), std::move(value), timestamp, std::move(headers), 0};
}

inline std::unique_ptr<client::RecordBatch> batch(std::vector<RawTestRecord> records, std::int64_t first_offset = 0) {
  return std::make_unique<testing_detail::MemoryBatch>(std::move(records), first_offset);
}

/// A task of a topology with everything it needs in memory. Restarting keeps databases and output.
struct TaskRig {
  explicit TaskRig(Topology topology_in, std::vector<std::string> topics_in = {"in"})
      : topology(std::move(topology_in)) {
    settings.application_id = "app";
    for (const std::string& topic : topics_in) {
      inputs.push_back({{topic, 0}, find_source(topology.plan(), std::nullopt, "app", topic)});
    }
    services.clock = &clock;
    services.output = &output;
    services.persistent = state::make_in_memory(store_families(topology.plan(), std::nullopt, true));
    services.in_memory = state::make_in_memory(store_families(topology.plan(), std::nullopt, false));
  }

  void make() {
    task.reset();
    task = std::make_unique<Task>(TaskPlan{{0, 0}, &topology.plan(), std::nullopt, inputs}, settings, services);
    task->open_stores();
  }
  Task& start(const std::vector<client::OffsetAndMetadata>& committed = {}) {
    if (!task) make();
    task->start(committed);
    return *task;
  }
  /// Processes all that may be processed; gives the number of records.
  int run() {
    int count = 0;
    for (; task->process_one(clock.now_ms()); ++count) task->punctuate_stream_time();
    return count;
  }
  std::vector<client::OffsetAndMetadata> commit() {
    auto offsets = task->prepare_commit();
    EXPECT_TRUE(task->post_commit().ok());
    return offsets;
  }

  Topology topology;
  TaskSettings settings;
  TaskServices services;
  ManualClock clock{1000};
  KeepingOutput output;
  std::vector<InputPartition> inputs;
  std::unique_ptr<Task> task;
};

/// Calls a function with each record and its context: void(Record<Text, Text>&&, ProcessorContext<Text, Text>&).
template <class Fn>
struct FnProcessor final : Processor<Text, Text> {
  explicit FnProcessor(Fn fn_in) : fn(std::move(fn_in)) {}
  void process(Record<Text, Text>&& record) override { fn(std::move(record), this->context()); }
  Fn fn;
};
template <class Fn>
auto processor(Fn fn) {
  return [fn] { return std::make_unique<FnProcessor<Fn>>(fn); };
}

/// Source "src" of the topics -> processor "p" -> sink "snk" to "out".
template <class Supplier>
Topology line(Supplier supplier, std::vector<std::string> topics = {"in"}) {
  Topology topology;
  topology.add_source<Text, Text>("src", topics);
  topology.add_processor("p", std::move(supplier), {"src"});
  topology.add_sink<Text, Text>("snk", "out", {"p"});
  return topology;
}
inline Topology pass_through(std::vector<std::string> topics = {"in"}) {
  return line(processor([](auto&& record, auto& context) { context.forward(std::move(record)); }), std::move(topics));
}

template <class Fn>
std::string thrown(Fn fn) {
  try {
    fn();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "nothing";
}

}  // namespace streams::runtime
