// Results of commands, for those who wait for them.
#include "command_results.hpp"

#include <chrono>
#include <utility>

namespace orders {
namespace {

using streams::client::PartitionStart;

constexpr int kPollMs = 100;
constexpr int kTimeoutMs = 5000;
constexpr std::chrono::milliseconds kPause{200};
constexpr std::size_t kBatch = 500;

}  // namespace

CommandResults::CommandResults(streams::client::ClientFactory& clients, std::string topic, Told told)
    : topic_(std::move(topic)),
      told_(std::move(told)),
      admin_(clients.admin({})),
      consumer_(clients.consumer({{"isolation.level", "read_committed"}})),
      thread_([this] { run(); }) {}

CommandResults::~CommandResults() {
  stopping_ = true;
  thread_.join();
}

void CommandResults::when_ready(std::function<void()> then) {
  {
    const std::lock_guard lock(mutex_);
    if (!ready_) {
      waiting_.push_back(std::move(then));
      return;
    }
  }
  then();
}

void CommandResults::run() {
  while (!stopping_ && !begin()) std::this_thread::sleep_for(kPause);
  if (stopping_) return;
  std::vector<std::function<void()>> waiting;
  {
    const std::lock_guard lock(mutex_);
    ready_ = true;
    waiting.swap(waiting_);
  }
  for (const auto& then : waiting) then();
  std::vector<streams::client::ConsumerError> errors;
  while (!stopping_) {
    consumer_->poll(kPollMs, errors);
    for (const auto& error : std::exchange(errors, {})) {
      // Deleted before it was read here. Everything else, the client tries again by itself.
      if (error.status.code() == streams::StatusCode::kOffsetOutOfRange)
        consumer_->seek({error.partition, PartitionStart::kEarliest}).ignore("it is reported again");
    }
    read();
  }
}

/// From the ends as they are now: positions that would be looked up later could lie behind a result.
bool CommandResults::begin() {
  const auto counts = admin_->topics({topic_}, kTimeoutMs);
  if (!counts.ok() || !counts.value().contains(topic_)) return false;
  partitions_.clear();
  for (std::int32_t p = 0; p < counts.value().at(topic_); ++p) partitions_.push_back({topic_, p});
  const auto ranges = admin_->offsets(partitions_, kTimeoutMs);
  if (!ranges.ok()) return false;
  std::vector<PartitionStart> starts;
  for (const auto& [partition, range] : ranges.value()) starts.push_back({partition, range.latest});
  return consumer_->assign(starts).ok();
}

void CommandResults::read() {
  for (const auto& partition : partitions_) {
    while (const auto batch = consumer_->fetch(partition, kBatch)) {
      for (const auto& record : batch->records()) {
        if (!record.value) continue;
        const auto json = nlohmann::json::parse(*record.value, nullptr, false);
        try {
          told_(json.get<OrderCommandResult>());
        } catch (const std::exception&) {
          // no result: nobody waits for it
        }
      }
    }
  }
}

}  // namespace orders
