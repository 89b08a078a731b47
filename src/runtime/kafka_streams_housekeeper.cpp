// Purging repartition topics and cleaning the state directory.
#include <runtime/kafka_streams_housekeeper.hpp>

#include <runtime/kafka_streams_shutdown.hpp>

#include <algorithm>
#include <chrono>

namespace streams::runtime {

namespace {
constexpr int kAdminTimeoutMs = 10000;
}

Housekeeper::Housekeeper(const RuntimeConfig& config, client::Admin& admin, TopicManager& topics,
                         StateDirectory* directory, std::function<void()> on_shutdown_request, Log log)
    : config_(config),
      admin_(admin),
      topics_(topics),
      directory_(directory),
      on_shutdown_request_(std::move(on_shutdown_request)),
      log_(std::move(log)),
      thread_([this] { loop(); }) {}

Housekeeper::~Housekeeper() { stop(); }

void Housekeeper::purge(std::vector<client::OffsetAndMetadata> before) {
  {
    std::lock_guard lock(mutex_);
    for (const client::OffsetAndMetadata& offset : before) to_purge_[offset.partition] = offset.offset;
  }
  changed_.notify_all();
}

void Housekeeper::group_changed() {
  {
    std::lock_guard lock(mutex_);
    group_changed_ = true;
  }
  changed_.notify_all();
}

void Housekeeper::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable() && thread_.get_id() != std::this_thread::get_id()) thread_.join();
}

void Housekeeper::loop() {
  using std::chrono::steady_clock;
  const auto clean_delay = std::chrono::milliseconds(std::max<std::int64_t>(config_.state_cleanup_delay_ms, 1000));
  const auto topic_delay = std::chrono::milliseconds(config_.metadata_max_age_ms);
  auto next_clean = steady_clock::now() + clean_delay;
  auto next_topics = steady_clock::now() + topic_delay;
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    changed_.wait_until(lock, std::min(next_clean, next_topics),
                        [&] { return stopping_ || group_changed_ || !to_purge_.empty(); });
    if (stopping_) return;
    std::vector<client::OffsetAndMetadata> before;
    for (const auto& [partition, offset] : to_purge_) before.push_back({partition, offset, {}});
    to_purge_.clear();
    const bool look = std::exchange(group_changed_, false);
    lock.unlock();
    if (look) look_for_shutdown_request();
    if (!before.empty()) delete_records(before);
    if (steady_clock::now() >= next_clean) {
      if (directory_ != nullptr) directory_->clean(config_.state_cleanup_delay_ms);
      next_clean = steady_clock::now() + clean_delay;
    }
    if (steady_clock::now() >= next_topics) {
      refresh_topics();
      next_topics = steady_clock::now() + topic_delay;
    }
    lock.lock();
  }
}

void Housekeeper::look_for_shutdown_request() {
  const auto group = admin_.describe_group(config_.application_id, kAdminTimeoutMs);
  if (group.ok() && shutdown_is_announced(group.value())) on_shutdown_request_();
}

void Housekeeper::refresh_topics() {
  if (!topics_.has_patterns() || !topics_.current()) return;
  try {
    topics_.refresh();
  } catch (const StreamsError& error) {
    log_.error("Topics have changed in a way that does not fit the topology: ", error.what());
  }
}

void Housekeeper::delete_records(const std::vector<client::OffsetAndMetadata>& before) {
  const Status status = admin_.delete_records(before, kAdminTimeoutMs);
  if (status.ok() || std::exchange(refused_, status.code() == StatusCode::kAuthorization)) return;
  log_.warn("Processed records of repartition topics cannot be deleted, so these topics grow: ", status.message());
}

}  // namespace streams::runtime
