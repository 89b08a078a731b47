// Starting, turning, failing and ending of instances.
#include <simulation/instance.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace streams::simulation {

namespace {

using runtime::text;

/// The process id that the instance finds in its directory: drawn by the run, so that the run can be repeated.
void write_process_id(const std::string& directory, Random& random) {
  const std::string id = random.uuid();
  const std::string file = directory + "/kafka-streams-process-metadata";
  if (std::filesystem::exists(file)) return;
  std::filesystem::create_directories(directory);
  std::ofstream(file) << "{\"processId\":\"" << id << "\"}";
}

}  // namespace

StreamsConfig Instance::settings() const {
  const Plan& plan = world_.plan;
  StreamsConfig out{{"application.id", "app"},
                    {"state.dir", path_},
                    {"processing.guarantee", plan.exactly_once ? "exactly_once_v2" : "at_least_once"},
                    {"num.stream.threads", text(plan.threads)},
                    {"statestore.cache.max.bytes", text(plan.cache_bytes)},
                    {"commit.interval.ms", text(plan.commit_interval_ms)},
                    {"session.timeout.ms", text(plan.session_timeout_ms)},
                    {"max.task.idle.ms", text(plan.max_task_idle_ms)},
                    {"buffered.records.per.partition", text(plan.buffered_records)},
                    {"repartition.purge.interval.ms", text(plan.purge_interval_ms)},
                    {"num.standby.replicas", text(plan.standby_replicas)},
                    {"state.memory.bytes", "16777216"}};
  out.set_logger(world_.tracing
                     ? function_logger([&world = world_, name = process_.name](LogLevel, std::string_view line) {
                         world.note(text(name, "   ", line));
                       })
                     : null_logger());
  return out;
}

Instance::Instance(World& world, int slot, int life, const Topology& topology)
    : world_(world),
      path_(world.disk.directory() + "/" + std::to_string(slot)),
      process_{.name = text("instance ", slot, ".", life), .on_death = {}},
      topology_(topology),
      config_(runtime::resolve_config(settings(), false)),
      clients_(world, process_),
      admin_(clients_.admin(config_.admin("admin"))) {
  const runtime::Log log(config_.logger, "");
  services_.config = &config_;
  services_.topology = &topology_.plan();
  services_.clients = &clients_;
  services_.admin = admin_.get();
  services_.clock = &world.clock;
  services_.cache_bytes = config_.cache_bytes / static_cast<std::size_t>(config_.threads);
  if (world.plan.stores == StoreKind::kMemory) {
    services_.process_id = world.random.uuid();
  } else {
    write_process_id(path_ + "/app", world.random);
    auto directory = runtime::StateDirectory::open(path_, "app", false, log);
    if (!directory.ok()) throw StreamsError(directory.status().message());
    directory_ = std::move(directory).value();
    services_.directory = directory_.get();
    services_.process_id = directory_->process_id();
    std::shared_ptr<state::MemoryBound> memory;
    if (world.plan.stores == StoreKind::kRocksDb) {
      memory = state::make_memory_bound(config_.state_memory_bytes);
      process_.on_death = [this] { world_.disk.freeze(path_); };
    }
    services_.open_state = [this, memory](const std::string& path, const std::vector<std::string>& families) {
      return world_.disk.open(world_, process_, path, families, memory);
    };
  }
  topics_ = std::make_unique<runtime::TopicManager>(config_, topology_.plan(), *admin_, world.clock, log);
  services_.topics = topics_.get();
  services_.purge = [this](const std::vector<client::OffsetAndMetadata>& before) {
    admin_->delete_records(before, 1000).ignore("deleted another time");
  };
  if (config_.standby_replicas > 0) make_standby();
  threads_.resize(static_cast<std::size_t>(world.plan.threads));
  for (std::size_t i = 0; i < threads_.size(); ++i) make_thread(i);
}

Instance::~Instance() {
  process_.calm = true;
  threads_.clear();
  standby_.reset();
  directory_.reset();
  if (process_.dead) world_.disk.thaw(path_);
}

void Instance::make_standby() {
  runtime::StandbyTasks::Services standby;
  standby.config = &config_;
  standby.topology = services_.topology;
  standby.clients = &clients_;
  standby.admin = services_.admin;
  standby.clock = services_.clock;
  standby.topics = services_.topics;
  standby.directory = services_.directory;
  standby.open_state = services_.open_state;
  standby.process_id = services_.process_id;
  standby_ = std::make_unique<runtime::StandbyTasks>(std::move(standby), "app-" + services_.process_id, false);
  services_.standby = standby_.get();
  services_.on_rebalance = [this] { standby_->group_changed(); };
}

/// It calls clients under its lock, so that no other thread of the process may run meanwhile.
void Instance::turn_standby() {
  const AloneInProcess alone(&process_);
  standby_->run_once(0);
}

void Instance::make_thread(std::size_t index) {
  const int number = static_cast<int>(index) + 1;
  threads_[index].thread = std::make_unique<runtime::StreamThread>(
      services_, text("app-", services_.process_id, "-StreamThread-", number), number, false);
}

bool Instance::turn(std::size_t index) {
  threads_[index].running = true;
  ++on_stack_;
  bool worked = true;
  try {
    worked = threads_[index].thread->run_once(0);
    if (standby_ && !process_.dead) turn_standby();
  } catch (const std::exception& error) {
    failed(index, error.what());
  } catch (const Crash&) {
  }
  --on_stack_;
  threads_[index].running = false;
  return worked;
}

/// What the uncaught-exception handler does: another thread takes the place, or the process ends.
void Instance::failed(std::size_t index, const std::string& why) {
  if (process_.dead) return;
  world_.note(process_.name + " thread fails: " + why);
  failures.push_back(why);
  if (world_.random.percent(20)) return world_.kill(process_, "a failure");
  try {
    threads_[index].thread->close(false);
  } catch (const std::exception& error) {
    failures.push_back(error.what());
  } catch (const Crash&) {
  }
  if (!process_.dead) make_thread(index);
}

void Instance::stop() {
  stopping_ = true;
  ++on_stack_;
  for (Slot& slot : threads_) {
    try {
      slot.thread->close(true);
    } catch (const std::exception& error) {
      world_.note(process_.name + " fails while it stops: " + error.what());
      failures.push_back(error.what());
    } catch (const Crash&) {
      break;
    }
  }
  try {
    if (standby_) standby_->stop();
  } catch (const Crash&) {
  }
  --on_stack_;
}

}  // namespace streams::simulation
