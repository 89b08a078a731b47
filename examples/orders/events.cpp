// What happens in the topics, as it happens.
#include "events.hpp"

#include <algorithm>
#include <chrono>

namespace orders {
namespace {

constexpr std::size_t kKept = 5000;
constexpr std::size_t kPage = 500;
constexpr int kPollMs = 100;
constexpr int kTimeoutMs = 10'000;

/// JSON as it is; the stock level of a product, four bytes, as its number.
nlohmann::json shown(const std::string& kind, streams::OptionalView value) {
  if (!value) return nullptr;
  if (kind == "stock") return streams::DefaultSerde<std::int32_t>::get()->deserialize("", *value);
  auto json = nlohmann::json::parse(*value, nullptr, false);
  return json.is_discarded() ? nlohmann::json("not readable") : json;
}

}  // namespace

Events::Events(const Cluster& cluster, std::map<std::string, std::string> kinds)
    : cluster_(cluster), kinds_(std::move(kinds)), thread_([this] { run(); }) {}

Events::~Events() {
  stopping_ = true;
  thread_.join();
}

void Events::run() {
  const auto consumer = cluster_.clients().consumer({{"isolation.level", "read_committed"}});
  const auto admin = cluster_.clients().admin({});
  std::vector<streams::client::TopicPartition> partitions;
  std::vector<std::string> topics;
  for (const auto& [topic, kind] : kinds_) topics.push_back(topic);
  while (!stopping_ && partitions.empty()) {
    const auto found = admin->topics(topics, kTimeoutMs);
    if (!found.ok()) continue;
    for (const auto& [topic, count] : found.value()) {
      for (std::int32_t p = 0; p < count; ++p) partitions.push_back({topic, p});
    }
    std::vector<streams::client::PartitionStart> starts;
    for (const auto& partition : partitions) starts.push_back({partition, streams::client::PartitionStart::kEarliest});
    if (!consumer->assign(starts).ok()) partitions.clear();
  }
  while (!stopping_) {
    std::vector<streams::client::ConsumerError> errors;
    consumer->poll(kPollMs, errors);
    read(*consumer, partitions);
  }
}

void Events::read(streams::client::Consumer& consumer, const std::vector<streams::client::TopicPartition>& partitions) {
  const std::int64_t now = std::chrono::system_clock::now().time_since_epoch() / std::chrono::milliseconds(1);
  for (const auto& partition : partitions) {
    const std::string& kind = kinds_.at(partition.topic);
    while (const auto batch = consumer.fetch(partition, kPage)) {
      for (const auto& record : batch->records()) {
        add({{"kind", kind},
             {"key", std::string(record.key.value_or(streams::BytesView()))},
             {"time", record.timestamp},
             {"seen", now},
             {"value", shown(kind, record.value)}});
      }
    }
  }
  std::list<std::pair<std::int64_t, streams::http::Reply>> answered;
  {
    const std::lock_guard lock(mutex_);
    for (auto one = waiting_.begin(); one != waiting_.end();) {
      const auto following = std::next(one);
      if (one->first < next_ || !one->second.waiting()) answered.splice(answered.end(), waiting_, one);
      one = following;
    }
  }
  for (const auto& [after, reply] : answered) reply.send(response(after));
}

void Events::add(nlohmann::json event) {
  const std::lock_guard lock(mutex_);
  event["n"] = next_++;
  events_.push_back(std::move(event));
  if (events_.size() > kKept) events_.pop_front();
}

streams::http::Response Events::response(std::int64_t after) const {
  const std::lock_guard lock(mutex_);
  const std::int64_t first = next_ - static_cast<std::int64_t>(events_.size());
  const std::int64_t from = std::clamp(after, first, next_);
  const std::int64_t to = std::min<std::int64_t>(next_, from + static_cast<std::int64_t>(kPage));
  nlohmann::json page = {{"next", to}, {"events", nlohmann::json::array()}};
  for (std::int64_t n = from; n < to; ++n) page["events"].push_back(events_[static_cast<std::size_t>(n - first)]);
  return {.body = page.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)};
}

void Events::answer(std::int64_t after, const streams::http::Reply& reply) {
  {
    const std::lock_guard lock(mutex_);
    if (after >= next_) {
      waiting_.emplace_back(next_, reply);
      return;
    }
  }
  reply.send(response(after));
}

}  // namespace orders
