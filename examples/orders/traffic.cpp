// How fast records move through the topics, and how far each service is behind.
#include "traffic.hpp"

#include <algorithm>
#include <chrono>
#include <set>

namespace orders {
namespace {

constexpr std::chrono::seconds kPause{1};
constexpr int kTimeoutMs = 5000;

}  // namespace

Traffic::Traffic(const Cluster& cluster, const std::vector<std::unique_ptr<RunningService>>& services)
    : cluster_(cluster), services_(services) {
  for (const auto& service : services_)
    groups_[service->name()] = cluster_.clients().consumer({{"group.id", service->name()}});
  thread_ = std::thread([this] { run(); });
}

Traffic::~Traffic() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Traffic::run() {
  const auto admin = cluster_.clients().admin({});
  auto last = std::chrono::steady_clock::now();
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      if (changed_.wait_for(lock, kPause, [this] { return stopping_; })) return;
    }
    const auto now = std::chrono::steady_clock::now();
    look(*admin, std::chrono::duration<double>(now - last).count());
    last = now;
  }
}

void Traffic::look(streams::client::Admin& admin, double seconds) {
  std::set<std::string> names;
  for (const auto& service : services_) {
    const ServiceTopics topics = service->topics();
    names.insert(topics.reads.begin(), topics.reads.end());
    names.insert(topics.writes.begin(), topics.writes.end());
  }
  const auto counts = admin.topics({names.begin(), names.end()}, kTimeoutMs);
  if (!counts.ok()) return;
  std::vector<streams::client::TopicPartition> partitions;
  for (const auto& [topic, count] : counts.value()) {
    for (std::int32_t p = 0; p < count; ++p) partitions.push_back({topic, p});
  }
  const auto ranges = admin.offsets(partitions, kTimeoutMs);
  if (!ranges.ok()) return;
  std::map<std::string, std::int64_t> records;
  std::map<streams::client::TopicPartition, std::int64_t> ends;
  for (const auto& [partition, range] : ranges.value()) {
    ends[partition] = range.latest;
    records[partition.topic] += range.latest;
  }
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [topic, count] : records) {
      Topic& known = topics_[topic];
      if (known.records > 0) known.rate = static_cast<double>(count - known.records) / seconds;
      known.records = count;
    }
    ends_ = std::move(ends);
  }
  for (const auto& service : services_) {
    auto lags = lags_of(*service);
    const std::lock_guard lock(mutex_);
    lags_[service->name()] = std::move(lags);
  }
}

std::map<std::string, std::int64_t> Traffic::lags_of(const RunningService& service) const {
  const ServiceTopics topics = service.topics();
  std::vector<streams::client::TopicPartition> partitions;
  for (const auto& [partition, end] : ends_) {
    if (std::find(topics.reads.begin(), topics.reads.end(), partition.topic) != topics.reads.end())
      partitions.push_back(partition);
  }
  std::map<std::string, std::int64_t> lags;
  const auto committed = groups_.at(service.name())->committed(partitions, kTimeoutMs);
  if (!committed.ok()) return lags;
  for (const auto& entry : committed.value()) {
    if (entry.offset >= 0)
      lags[entry.partition.topic] += std::max<std::int64_t>(0, ends_.at(entry.partition) - entry.offset);
  }
  return lags;
}

nlohmann::json Traffic::json() const {
  const std::lock_guard lock(mutex_);
  nlohmann::json out = {{"topics", nlohmann::json::array()}, {"services", nlohmann::json::array()}};
  for (const auto& [name, topic] : topics_)
    out["topics"].push_back({{"name", name}, {"records", topic.records}, {"rate", topic.rate}});
  for (const auto& service : services_) {
    const ServiceTopics topics = service->topics();
    nlohmann::json reads = nlohmann::json::array();
    const auto lags = lags_.find(service->name());
    for (const std::string& topic : topics.reads) {
      nlohmann::json edge = {{"topic", topic}, {"lag", nullptr}};
      if (lags != lags_.end() && lags->second.contains(topic)) edge["lag"] = lags->second.at(topic);
      reads.push_back(std::move(edge));
    }
    out["services"].push_back({{"name", service->name()},
                               {"purpose", service->purpose()},
                               {"state", service->state()},
                               {"reads", std::move(reads)},
                               {"writes", topics.writes}});
  }
  return out;
}

}  // namespace orders
