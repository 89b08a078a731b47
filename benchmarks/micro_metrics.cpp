// What metrics cost per record: a task with and without them, in one program.
#include <base/metric_registry.hpp>
#include <runtime/task.hpp>
#include <state/stores.hpp>
#include <streams/streams_builder.hpp>
#include <testing/memory_batch.hpp>

#include <benchmark/benchmark.h>

#include <memory>
#include <optional>
#include <string>

namespace {

using namespace streams;
using Text = std::string;

constexpr int kRecords = 1000;

/// Takes everything and keeps nothing.
struct NullOutput final : runtime::TaskOutput {
  Status send(const client::ProducerRecord& record) override {
    benchmark::DoNotOptimize(record.value);
    return {};
  }
  Result<std::int32_t> partitions(std::string_view) override { return 1; }
  std::int64_t acked_offset(const client::TopicPartition&) const override { return 0; }
};

Topology pass_through() {
  StreamsBuilder builder;
  builder.stream<Text, Text>("in").to("out");
  return builder.build();
}

Topology count() {
  StreamsBuilder builder;
  builder.stream<Text, Text>("in")
      .group_by_key()
      .count(Materialized<Text, std::int64_t>{.store_name = "counts", .store_type = StoreType::kInMemory})
      .to_stream()
      .to("out");
  return builder.build();
}

std::unique_ptr<client::RecordBatch> batch() {
  std::vector<RawTestRecord> records;
  for (int i = 0; i < kRecords; ++i)
    records.push_back({"", "key-" + std::to_string(i % 100), "a value of some length", 1000 + i, {}, 0});
  return std::make_unique<testing_detail::MemoryBatch>(std::move(records), 0);
}

/// Argument: -1 without metrics, else the recording level.
void run(benchmark::State& state, const Topology& topology) {
  std::optional<metrics::MetricRegistry> registry;
  if (state.range(0) >= 0) registry.emplace(static_cast<RecordingLevel>(state.range(0)));
  NullOutput output;
  runtime::TaskSettings settings;
  settings.application_id = "app";
  runtime::TaskServices services;
  services.clock = &system_clock();
  services.output = &output;
  services.in_memory = state::make_in_memory(runtime::store_families(topology.plan(), std::nullopt, false));
  services.metrics = registry ? &*registry : nullptr;
  services.thread_id = "thread";
  const std::string source = runtime::find_source(topology.plan(), std::nullopt, "app", "in");
  runtime::Task task({{0, 0}, &topology.plan(), std::nullopt, {{{"in", 0}, source}}}, settings, services);
  task.open_stores();
  task.start({});
  for (auto _ : state) {
    state.PauseTiming();
    auto records = batch();
    state.ResumeTiming();
    const Timestamp now = system_clock().now_ms();
    task.add_records(0, std::move(records));
    while (task.process_one(now)) {
    }
    state.PauseTiming();
    benchmark::DoNotOptimize(task.prepare_commit());
    task.post_commit().ignore("nothing can fail in memory");
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * kRecords);
}

void BM_MetricsPassThrough(benchmark::State& state) { run(state, pass_through()); }
void BM_MetricsCount(benchmark::State& state) { run(state, count()); }
BENCHMARK(BM_MetricsPassThrough)->ArgName("level")->Arg(-1)->Arg(0)->Arg(1)->Arg(2);
BENCHMARK(BM_MetricsCount)->ArgName("level")->Arg(-1)->Arg(0)->Arg(1)->Arg(2);

}  // namespace
