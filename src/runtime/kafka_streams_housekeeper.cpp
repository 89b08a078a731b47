// Purging repartition topics and cleaning the state directory.
#include <runtime/kafka_streams_housekeeper.hpp>

#include <chrono>

namespace streams::runtime {

namespace {
constexpr int kAdminTimeoutMs = 10000;
}

Housekeeper::Housekeeper(const RuntimeConfig& config, client::Admin& admin, StateDirectory* directory, Log log)
    : config_(config), admin_(admin), directory_(directory), log_(std::move(log)), thread_([this] { loop(); }) {}

Housekeeper::~Housekeeper() { stop(); }

void Housekeeper::purge(std::vector<client::OffsetAndMetadata> before) {
  {
    std::lock_guard lock(mutex_);
    for (const client::OffsetAndMetadata& offset : before) to_purge_[offset.partition] = offset.offset;
  }
  changed_.notify_all();
}

void Housekeeper::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Housekeeper::loop() {
  const auto delay = std::chrono::milliseconds(std::max<std::int64_t>(config_.state_cleanup_delay_ms, 1000));
  auto next_clean = std::chrono::steady_clock::now() + delay;
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    changed_.wait_until(lock, next_clean, [&] { return stopping_ || !to_purge_.empty(); });
    if (stopping_) return;
    std::vector<client::OffsetAndMetadata> before;
    for (const auto& [partition, offset] : to_purge_) before.push_back({partition, offset, {}});
    to_purge_.clear();
    lock.unlock();
    if (!before.empty()) delete_records(before);
    if (std::chrono::steady_clock::now() >= next_clean) {
      if (directory_ != nullptr) directory_->clean(config_.state_cleanup_delay_ms);
      next_clean = std::chrono::steady_clock::now() + delay;
    }
    lock.lock();
  }
}

void Housekeeper::delete_records(const std::vector<client::OffsetAndMetadata>& before) {
  const Status status = admin_.delete_records(before, kAdminTimeoutMs);
  if (status.ok() || std::exchange(refused_, status.code() == StatusCode::kAuthorization)) return;
  log_.warn("Processed records of repartition topics cannot be deleted, so these topics grow: ", status.message());
}

}  // namespace streams::runtime
