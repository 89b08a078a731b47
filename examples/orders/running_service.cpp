// Services that can be started, stopped and crashed.
#include "running_service.hpp"

#include "topics.hpp"

#include <streams/processor.hpp>
#include <streams/topology.hpp>

#include <chrono>
#include <set>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <utility>

namespace orders {
namespace {

using streams::KafkaStreams;

enum class Crash { kNone, kAsked, kHappened };
using CrashPlan = std::atomic<Crash>;

/// Behind the source of "orders": throws when it is told to, in the middle of a transaction.
class CrashPoint final : public streams::Processor<std::string, Order> {
 public:
  explicit CrashPoint(std::shared_ptr<CrashPlan> plan) : plan_(std::move(plan)) {}
  void process(streams::Record<std::string, Order>&& /*record*/) override {
    Crash asked = Crash::kAsked;
    if (plan_->compare_exchange_strong(asked, Crash::kHappened)) throw std::runtime_error("crashed on request");
  }

 private:
  const std::shared_ptr<CrashPlan> plan_;
};

/// What stands between "open" and "close" in a line of a description, at commas; nothing if it is not there.
std::vector<std::string> list_in(const std::string& line, const std::string& open, char close) {
  const std::size_t begin = line.find(open);
  if (begin == std::string::npos) return {};
  std::istringstream list(line.substr(begin + open.size(), line.find(close, begin) - begin - open.size()));
  std::vector<std::string> out;
  for (std::string one; std::getline(list >> std::ws, one, ',');) out.push_back(one);
  return out;
}

/// The node that reads a topic; empty if none does.
std::string source_of(const std::string& description, const std::string& topic) {
  std::istringstream lines(description);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t source = line.find("Source: ");
    if (source == std::string::npos) continue;
    for (const std::string& read : list_in(line, "(topics: [", ']')) {
      if (read == topic) return line.substr(source + 8, line.find(' ', source + 8) - source - 8);
    }
  }
  return "";
}

class StreamsService final : public RunningService {
 public:
  StreamsService(const Cluster& cluster, const std::string& name, const std::string& purpose,
                 std::function<streams::Topology()> topology, streams::StreamsConfig config)
      : RunningService(name, purpose),
        cluster_(cluster),
        topology_(std::move(topology)),
        config_(std::move(config)),
        topics_(topics_of(topology_())) {
    config_.set("application.id", name);
  }
  ~StreamsService() override { stop(); }

  void start() override {
    const std::lock_guard lock(mutex_);
    if (runs_on()) return;
    streams::Topology topology = topology_();
    const std::string source = source_of(topology.describe(), kOrdersTopic);
    if (!source.empty()) {
      topology.add_processor("crash-on-request", [plan = plan_] { return std::make_unique<CrashPoint>(plan); },
                             {source});
    }
    plan_->store(Crash::kNone);
    application_ = cluster_.application(topology, config_);
    application_->start();
  }
  void stop() override {
    const std::lock_guard lock(mutex_);
    if (application_) application_->close();
  }
  void crash() override { plan_->store(Crash::kAsked); }
  std::string state() const override {
    const std::lock_guard lock(mutex_);
    return application_ ? std::string(name_of(application_->state())) : "NOT_RUNNING";
  }
  ServiceTopics topics() const override { return topics_; }
  std::shared_ptr<KafkaStreams> application() const override {
    const std::lock_guard lock(mutex_);
    return runs() ? application_ : nullptr;
  }

 private:
  bool runs() const {
    if (!application_) return false;
    const KafkaStreams::State state = application_->state();
    return state == KafkaStreams::State::kRunning || state == KafkaStreams::State::kRebalancing;
  }
  /// Runs, and will: a crash that has not happened is called off; one that has shows in the state a moment later.
  bool runs_on() const {
    Crash plan = Crash::kAsked;
    if (plan_->compare_exchange_strong(plan, Crash::kNone)) plan = Crash::kNone;
    while (plan == Crash::kHappened && runs()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return runs();
  }

  const Cluster& cluster_;
  const std::function<streams::Topology()> topology_;
  streams::StreamsConfig config_;
  const ServiceTopics topics_;
  const std::shared_ptr<CrashPlan> plan_ = std::make_shared<CrashPlan>(Crash::kNone);
  mutable std::mutex mutex_;
  std::shared_ptr<KafkaStreams> application_;
};

class DetailsService final : public RunningService {
 public:
  DetailsService(const Cluster& cluster, const std::string& purpose)
      : RunningService("OrderDetailsService", purpose), cluster_(cluster) {}

  void start() override {
    const std::lock_guard lock(mutex_);
    if (service_ && service_->running()) return;
    service_ = std::make_unique<OrderDetailsService>(cluster_.clients());
    service_->start();
  }
  void stop() override {
    const std::lock_guard lock(mutex_);
    if (service_) service_->stop();
  }
  /// It keeps nothing in memory between two transactions: a crash and a stop leave the same behind.
  void crash() override { stop(); }
  std::string state() const override {
    const std::lock_guard lock(mutex_);
    return service_ && service_->running() ? "RUNNING" : "NOT_RUNNING";
  }
  ServiceTopics topics() const override { return {{kOrdersTopic}, {kValidationsTopic}}; }

 private:
  const Cluster& cluster_;
  mutable std::mutex mutex_;
  std::unique_ptr<OrderDetailsService> service_;
};

}  // namespace

ServiceTopics topics_of(const streams::Topology& topology) {
  std::istringstream lines(topology.describe());
  std::set<std::string> reads, writes;
  for (std::string line; std::getline(lines, line);) {
    for (const std::string& topic : list_in(line, "(topics: [", ']')) reads.insert(topic);
    if (line.find("Sink: ") != std::string::npos) {
      for (const std::string& topic : list_in(line, "(topic: ", ')')) writes.insert(topic);
    }
  }
  // What it writes for itself to read again are repartition topics, but for those of the ecosystem.
  const auto own = [&](const std::string& topic) {
    return topic.ends_with("-repartition") || topic.find("extractor class") != std::string::npos;
  };
  std::erase_if(reads, own);
  std::erase_if(writes, own);
  return {{reads.begin(), reads.end()}, {writes.begin(), writes.end()}};
}

std::unique_ptr<RunningService> make_streams_service(const Cluster& cluster, const std::string& name,
                                                     const std::string& purpose,
                                                     std::function<streams::Topology()> topology,
                                                     const streams::StreamsConfig& config) {
  return std::make_unique<StreamsService>(cluster, name, purpose, std::move(topology), config);
}

std::unique_ptr<RunningService> make_details_service(const Cluster& cluster, const std::string& purpose) {
  return std::make_unique<DetailsService>(cluster, purpose);
}

}  // namespace orders
