// Drawing a plan from a seed.
#include <simulation/plan.hpp>
#include <simulation/workload.hpp>

#include <runtime/log.hpp>

#include <algorithm>

namespace streams::simulation {

namespace {

constexpr std::int64_t kNothingIsEvicted = 1000000;

FaultRates draw_rates(Random& random) {
  FaultRates out;
  const int level = random.one_of({0, 10, 30, 100, 300});
  const auto rate = [&](int percent_of_runs) { return random.percent(percent_of_runs) ? level : 0; };
  out.crash = rate(60) / 2;
  out.error = rate(60);
  out.delay = rate(50);
  out.interleave = rate(60) * 4;
  out.disk = rate(40) * 5;
  return out;
}

}  // namespace

Plan Plan::of(std::uint64_t seed, const std::string& workload) {
  Random random(seed * 2 + 1);
  Plan out;
  out.seed = seed;
  const auto& all = workloads();
  const std::size_t drawn = random.below(all.size());
  out.workload = workload.empty() ? all[drawn].name : workload;
  const bool any_guarantee = std::none_of(
      all.begin(), all.end(), [&](const WorkloadKind& w) { return w.name == out.workload && w.exactly_once_only; });
  out.exactly_once = random.percent(75) || !any_guarantee;
  out.variant = static_cast<unsigned>(random.below(1000));
  const std::size_t stores = random.below(100);
  out.stores = stores < 55 ? StoreKind::kMemory : stores < 94 ? StoreKind::kModelDisk : StoreKind::kRocksDb;
  out.partitions = static_cast<int>(random.between(1, 4));
  out.instances = random.percent(80) ? static_cast<int>(random.between(1, 4)) : static_cast<int>(random.between(5, 8));
  out.threads = random.percent(70) ? 1 : static_cast<int>(random.between(2, 4));
  out.steps = static_cast<int>(random.between(40, 300));
  out.keys = static_cast<int>(random.between(1, 8));
  out.cache_bytes = random.percent(50) ? 0 : random.one_of<std::int64_t>({200, 400, 700, 2000, kNothingIsEvicted});
  // As in Kafka Streams, a row whose cache entry is evicted while its own flush is under way is read as it was before,
  // and stays so: joins of tables that evict do not always end with the right result.
  if (out.cache_bytes > 0 && (out.workload == "table_join" || out.workload == "foreign_key_join"))
    out.cache_bytes = kNothingIsEvicted;
  out.commit_interval_ms = random.one_of({1, 10, 100, 100, 1000, 5000});
  out.session_timeout_ms = random.one_of({6000, 10000, 45000});
  out.max_task_idle_ms = random.one_of({0, 0, 50, -1});
  out.purge_interval_ms = random.one_of({100, 1000, 30000});
  out.buffered_records = random.one_of({1, 4, 1000});
  out.buffered_sends = random.percent(60);
  out.rates = draw_rates(random);
  out.standby_replicas = out.instances > 1 && random.percent(40) ? static_cast<int>(random.between(1, 2)) : 0;
  return out;
}

std::string Plan::text() const {
  static constexpr const char* kStores[] = {"memory", "model disk", "RocksDB"};
  return runtime::text(workload, ", ", exactly_once ? "exactly once" : "at least once", ", ",
                       kStores[static_cast<int>(stores)], ", ", partitions, " partitions, ", instances,
                       " instances of ", threads, " threads, ", standby_replicas, " standby replicas, cache ",
                       cache_bytes, ", commit every ", commit_interval_ms, " ms, faults ", rates.crash, "/",
                       rates.error, "/", rates.delay, "/", rates.interleave, "/", rates.disk);
}

}  // namespace streams::simulation
