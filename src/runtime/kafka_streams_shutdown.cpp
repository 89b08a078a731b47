// Announcing that the whole application is to stop.
#include <runtime/kafka_streams_shutdown.hpp>

#include <runtime/instance_marks.hpp>

#include <algorithm>
#include <chrono>

namespace streams::runtime {

namespace {

constexpr std::string_view kMark = "-shutdown-application";
constexpr int kAdminTimeoutMs = 5000;
constexpr std::chrono::seconds kPatience{30};

bool is_marked(const client::GroupMember& member) { return client_id_without_marks(member.client_id).ends_with(kMark); }

/// Takes whatever it is given and reads nothing.
class Idle final : public client::RebalanceListener {
 public:
  void on_assigned(std::span<const client::TopicPartition>) override {}
  void on_revoked(std::span<const client::TopicPartition>) override {}
  void on_lost(std::span<const client::TopicPartition>) override {}
};

}  // namespace

bool shutdown_is_announced(const client::GroupDescription& group) {
  return std::any_of(group.members.begin(), group.members.end(), is_marked);
}

void announce_shutdown(const RuntimeConfig& config, client::ClientFactory& clients, client::Admin& admin,
                       const std::string& client_id, const std::vector<std::string>& topics,
                       const std::function<bool()>& stop, const Log& log) {
  log.info("Telling all instances of the application to stop");
  client::Settings settings = config.consumer(ConsumerKind::kMain, client_id + std::string(kMark));
  settings.erase("group.instance.id");
  const auto consumer = clients.consumer(settings);
  Idle idle;
  if (const Status status = consumer->subscribe(topics, idle); !status.ok()) {
    log.warn("The other instances cannot be told to stop: ", status.message());
    return;
  }
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  std::vector<client::ConsumerError> errors;
  while (!stop() && std::chrono::steady_clock::now() < deadline) {
    consumer->poll(200, errors);
    const auto group = admin.describe_group(config.application_id, kAdminTimeoutMs);
    if (!group.ok() || group.value().members.empty()) continue;
    if (std::all_of(group.value().members.begin(), group.value().members.end(), is_marked)) break;
  }
  consumer->close();
}

}  // namespace streams::runtime
