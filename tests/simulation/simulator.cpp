// The schedule of a run.
#include <simulation/simulator.hpp>

#include <runtime/log.hpp>

#include <algorithm>
#include <functional>

namespace streams::simulation {

namespace {

constexpr std::int64_t kRestStepMs = 400;
/// Longer than transactions stay open; sessions are added.
constexpr std::int64_t kRestMs = 12000;
constexpr int kRestTurns = 3000;
constexpr std::size_t kFailuresAtRest = 30;

std::unique_ptr<Workload> make_workload(const std::string& name) {
  for (const WorkloadKind& kind : workloads()) {
    if (kind.name == name) return kind.make();
  }
  throw StreamsError("There is no workload " + name);
}

}  // namespace

Simulator::Simulator(const Plan& plan, const std::string& directory, bool tracing)
    : world_(plan, directory),
      workload_(make_workload(plan.workload)),
      topology_(workload_->topology(plan)),
      slots_(static_cast<std::size_t>(plan.instances)) {
  world_.tracing = tracing;
  world_.rates = plan.rates;
  world_.run_others = [this] { run_others(); };
}

void Simulator::start(std::size_t slot) {
  Slot& in = slots_[slot];
  in.instance = std::make_unique<Instance>(world_, static_cast<int>(slot), ++in.lives, topology_);
  in.asleep = false;
  world_.note(in.instance->process().name + " starts");
}

void Simulator::stop(std::size_t slot) {
  Slot& in = slots_[slot];
  world_.note(in.instance->process().name + " stops");
  in.instance->stop();
  in.instance.reset();
}

void Simulator::turn(Slot& slot, int times) {
  if (!slot.instance || slot.asleep) return;
  const std::size_t thread = world_.random.below(slot.instance->threads());
  for (int i = 0; i < times && slot.instance->may_run(thread); ++i) slot.instance->turn(thread);
}

/// From inside a call of a client: everything else may go on meanwhile, now and then long enough for others to take
/// over.
void Simulator::run_others() {
  const bool brief = !world_.plan.exactly_once || world_.random.percent(90);
  for (std::size_t i = brief ? 1 : 10 + world_.random.below(50); i > 0; --i) {
    turn(slots_[world_.random.below(slots_.size())], static_cast<int>(1 + world_.random.below(3)));
    if (!brief) world_.pass(world_.random.between(1, 100));
  }
}

void Simulator::bury_the_dead() {
  for (Slot& slot : slots_) {
    if (!slot.instance || !slot.instance->dead()) continue;
    const std::string path = slot.instance->path();
    slot.instance.reset();
    if (world_.random.percent(20)) world_.disk.lose(path);
  }
}

/// Instances come, go, sleep and wake.
void Simulator::change(Slot& slot, std::size_t number) {
  const std::size_t what = world_.random.below(100);
  if (!slot.instance) return start(number);
  if (what < 40)
    slot.asleep = !slot.asleep;
  else if (what < 65 && world_.plan.rates.crash > 0)
    world_.kill(slot.instance->process(), "a power cut");
  else if (what < 80)
    stop(number);
}

void Simulator::step() {
  const std::size_t number = world_.random.below(slots_.size());
  Slot& slot = slots_[number];
  const std::size_t action = world_.random.below(100);
  if (action < 22)
    workload_->produce(world_);
  else if (action < 72)
    turn(slot, static_cast<int>(1 + world_.random.below(6)));
  else if (action < 88)
    world_.pass(world_.random.between(1, 150));
  else if (action < 91)
    world_.pass(world_.random.between(1, 20000));
  else
    change(slot, number);
  bury_the_dead();
}

/// No faults any more, everybody awake, until nothing happens for longer than anything waits.
std::string Simulator::come_to_rest() {
  world_.rates = {};
  const std::int64_t needed = kRestMs + world_.plan.session_timeout_ms;
  std::int64_t quiet = 0;
  for (int turns = 0; quiet < needed; ++turns) {
    if (turns == kRestTurns) return "the instances do not come to rest; their last failure: " + last_failure_;
    bool worked = false;
    for (Slot& slot : slots_) {
      if (!slot.instance) continue;
      slot.asleep = false;
      for (std::size_t thread = 0; thread < slot.instance->threads(); ++thread) {
        if (!slot.instance->dead()) worked |= slot.instance->turn(thread);
      }
      failures_at_rest_ += slot.instance->failures.size();
      if (!slot.instance->failures.empty()) last_failure_ = slot.instance->failures.back();
      slot.instance->failures.clear();
    }
    if (failures_at_rest_ > kFailuresAtRest) return "threads go on failing: " + last_failure_;
    bury_the_dead();
    if (std::none_of(slots_.begin(), slots_.end(), [](const Slot& s) { return s.instance != nullptr; })) start(0);
    world_.pass(worked ? kRestStepMs / 8 : kRestStepMs);
    quiet = worked ? 0 : quiet + kRestStepMs;
  }
  return {};
}

std::string Simulator::verify() {
  for (int i = 0; i < 3; ++i) {
    if (i > 0) workload_->finish(world_);
    if (std::string failure = come_to_rest(); !failure.empty()) return failure;
  }
  Verification result = workload_->check(world_);
  outcome_.duplicates += result.duplicates;
  return result.difference;
}

/// What the topics hold, for who looks into a failure.
void Simulator::tell_topics() const {
  for (const auto& [topic, partitions] : world_.cluster.topics()) {
    for (const StoredRecord& record : world_.cluster.read(topic).value()) {
      world_.note(runtime::text(topic, "-", record.partition, " @", record.offset, " ", record.timestamp, " ",
                                record.key.value_or("null"), " = ", record.value.value_or("null")));
    }
  }
}

Outcome Simulator::run() {
  workload_->set_up(world_);
  for (std::size_t slot = 0; slot < slots_.size(); ++slot) {
    if (slot == 0 || world_.random.percent(60)) start(slot);
  }
  for (int i = 0; i < world_.plan.steps; ++i) step();
  for (Slot& slot : slots_) {
    if (slot.instance) slot.instance->failures.clear();
  }
  world_.note("faults end");
  outcome_.failure = verify();
  // Then one instance goes on alone, from what is on its disk and in the changelogs.
  if (outcome_.failure.empty()) {
    for (std::size_t slot = 0; slot < slots_.size(); ++slot) {
      if (slots_[slot].instance) stop(slot);
    }
    start(world_.random.below(slots_.size()));
    for (int i = 0; i < 5; ++i) workload_->produce(world_);
    outcome_.failure = verify();
    if (!outcome_.failure.empty()) outcome_.failure = "after a restart, " + outcome_.failure;
  }
  if (world_.tracing && !outcome_.failure.empty()) tell_topics();
  outcome_.faults = world_.faults;
  outcome_.crashes = world_.crashes;
  outcome_.fingerprint = world_.random.next() ^ static_cast<std::uint64_t>(world_.clock.now_ms());
  return std::move(outcome_);
}

}  // namespace streams::simulation
