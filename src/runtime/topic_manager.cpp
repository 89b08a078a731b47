// Looking for source topics, creating internal ones; several instances may do it at once.
#include <runtime/topic_manager.hpp>

#include <algorithm>

namespace streams::runtime {

using streams::detail::PartitionCounts;
using streams::detail::PartitionPlan;
using streams::detail::PlannedTopic;

namespace {

constexpr int kAdminTimeoutMs = 10000;
constexpr int kAnswerMs = 3000;  ///< whoever closes the client waits so long for the cluster at most
constexpr std::int64_t kSayIntervalMs = 5000;

bool may_pass(StatusCode code) { return code == StatusCode::kTimedOut || code == StatusCode::kUnavailable; }

bool any_pattern(const streams::detail::TopologyPlan& topology) {
  const auto subs = topology.sub_topologies();
  return std::any_of(subs.begin(), subs.end(), [](const auto& sub) { return !sub.patterns.empty(); });
}

std::string list(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

}  // namespace

TopicManager::TopicManager(const RuntimeConfig& config, const streams::detail::TopologyPlan& topology,
                           client::Admin& admin, const Clock& clock, Log log)
    : config_(config),
      topology_(topology),
      admin_(admin),
      clock_(clock),
      log_(std::move(log)),
      has_patterns_(any_pattern(topology)) {}

std::shared_ptr<const PreparedTopology> TopicManager::prepare() {
  std::lock_guard lock(mutex_);
  if (!prepared_) prepared_ = try_prepare();
  return prepared_;
}

std::shared_ptr<const PreparedTopology> TopicManager::current() const {
  std::lock_guard lock(mutex_);
  return prepared_;
}

std::shared_ptr<const PreparedTopology> TopicManager::refresh() {
  std::lock_guard lock(mutex_);
  waiting_since_ = -1;
  const auto seen = try_prepare();
  if (seen && (!prepared_ || !(*seen == *prepared_))) prepared_ = seen;
  return prepared_;
}

std::shared_ptr<const PreparedTopology> TopicManager::try_prepare() {
  const Result<PartitionCounts> existing = admin_.topics({}, kAnswerMs);
  if (!existing.ok()) {
    wait_for_broker(existing.status());
    return nullptr;
  }
  if (waiting_since_ < 0) waiting_since_ = clock_.now_ms();
  const streams::detail::InternalTopicSettings settings{config_.topic_defaults,
                                                        config_.window_changelog_additional_retention_ms};
  const Result<PartitionPlan> plan =
      streams::detail::plan_partitions(topology_, config_.application_id, existing.value(), settings);
  if (!plan.ok()) {
    if (plan.status().code() != StatusCode::kNotFound) throw TopologyError(plan.status().message());
    wait_for_topics(plan.status().message(), missing_sources(existing.value()));
    return nullptr;
  }
  if (const std::vector<std::string> missing = missing_global_topics(existing.value()); !missing.empty()) {
    wait_for_topics("Source topic " + list(missing) + " of a global store does not exist.", missing);
    return nullptr;
  }
  const auto to_create = streams::detail::topics_to_create(plan.value(), existing.value());
  if (!to_create.ok()) throw TopologyError(to_create.status().message());
  // Created topics are looked at again: another instance may have been quicker, with other numbers of partitions.
  if (!to_create.value().empty()) return create(to_create.value()) ? try_prepare() : nullptr;
  check_sinks(existing.value());
  auto prepared = std::make_shared<PreparedTopology>();
  prepared->assignment = AssignmentPlan(topology_, config_.application_id, plan.value(), existing.value());
  for (const auto& [name, topic] : plan.value().repartition_topics) prepared->repartition_topics.insert(name);
  for (const auto& global : topology_.global_stores()) {
    prepared->global_topics[global.topic] = existing.value().at(global.topic);
  }
  return prepared;
}

/// True if all exist now as far as this admin's broker says.
bool TopicManager::create(const std::map<std::string, PlannedTopic>& topics) {
  std::vector<client::NewTopic> requests;
  for (const auto& [name, topic] : topics) {
    requests.push_back({name, topic.partitions, config_.replication_factor, topic.configs});
  }
  const auto results = admin_.create_topics(requests, kAdminTimeoutMs);
  if (!results.ok()) {
    if (!may_pass(results.status().code())) {
      throw StreamsError("Internal topics cannot be created: " + results.status().message());
    }
    wait_for_topics("Internal topics cannot be created: " + results.status().message(), {});
    return false;
  }
  bool all = true;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const Status& status = results.value()[i];
    if (status.ok()) {
      log_.info("Created topic ", requests[i].name, " with ", requests[i].partitions, " partitions");
    } else if (may_pass(status.code())) {
      wait_for_topics("Topic " + requests[i].name + " cannot be created: " + status.message(), {});
      all = false;
    } else if (status.code() == StatusCode::kAuthorization) {
      throw StreamsError("Topic " + requests[i].name + " does not exist and cannot be created: " + status.message() +
                         " Or create it before the start: " + command_for(requests[i]));
    } else if (status.code() != StatusCode::kAlreadyExists) {
      throw StreamsError("Topic " + requests[i].name + " cannot be created: " + status.message() +
                         ". The application creates topics whose names begin with \"" + config_.application_id +
                         "-\"; setting replication.factor says on how many brokers.");
    }
  }
  if (!all) return false;
  // A broker other than the controller learns of new topics a little later.
  std::vector<std::string> names;
  for (const client::NewTopic& request : requests) names.push_back(request.name);
  const auto now_there = admin_.topics(names, kAdminTimeoutMs);
  if (now_there.ok() && now_there.value().size() == names.size()) return true;
  check_access(names);
  return false;
}

/// How the topic is made by hand.
std::string TopicManager::command_for(const client::NewTopic& topic) const {
  std::string command = "kafka-topics.sh --bootstrap-server " + servers() + " --create --topic " + topic.name +
                        " --partitions " + std::to_string(topic.partitions);
  for (const auto& [name, value] : topic.configs) command += " --config " + name + "=" + value;
  return command;
}

std::string TopicManager::servers() const {
  const std::string servers = config_.source.get("bootstrap.servers");
  return servers.empty() ? "localhost:9092" : servers;
}

/// Throws where these topics are missed only because they may not be seen.
void TopicManager::check_access(const std::vector<std::string>& topics) const {
  const Status status = admin_.check_access(topics, "Read", kAnswerMs);
  if (status.code() == StatusCode::kAuthorization) {
    throw StreamsError("A topic of the application cannot be read: " + status.message());
  }
}

/// Says now and then that no broker answers. As Kafka Streams, waits for as long as it takes, unless the cluster does
/// not let this client in.
void TopicManager::wait_for_broker(const Status& status) {
  if (!may_pass(status.code())) throw StreamsError("The cluster does not tell its topics: " + status.message());
  waiting_since_ = -1;
  if (time_to_say()) log_.warn("No broker answers at ", servers(), ". Waiting for one. ", status.message());
}

bool TopicManager::time_to_say() {
  const Timestamp now = clock_.now_ms();
  if (last_said_ >= 0 && now - last_said_ < kSayIntervalMs) return false;
  last_said_ = now;
  return true;
}

/// Says what is missing now and then; throws when it has been missing for too long, or may not be seen. `topics`: those
/// that are missing, as far as they are known by name.
void TopicManager::wait_for_topics(const std::string& what, const std::vector<std::string>& topics) {
  const bool over = clock_.now_ms() - waiting_since_ >= config_.source_topic_timeout_ms;
  const bool say = time_to_say();
  if (over || say) check_access(topics);
  if (over) {
    std::string message = what;
    if (!message.empty() && message.back() != '.') message += ".";
    message +=
        " Create missing topics before the application starts, for instance: kafka-topics.sh --bootstrap-server " +
        servers() +
        " --create --topic NAME --partitions 4. Setting source.topic.timeout.ms says how long to wait for them.";
    throw TopologyError(message);
  }
  if (say) log_.warn(what, " Waiting for it.");
}

/// By full name, without the application's own.
std::vector<std::string> TopicManager::missing_sources(const PartitionCounts& existing) const {
  std::vector<std::string> missing;
  for (const auto& sub : topology_.sub_topologies()) {
    for (const std::string& topic : sub.source_topics) {
      const bool own = topology_.full_topic_name(topic, config_.application_id) != topic;
      if (!own && !existing.contains(topic)) missing.push_back(topic);
    }
  }
  return missing;
}

std::vector<std::string> TopicManager::missing_global_topics(const PartitionCounts& existing) const {
  std::vector<std::string> missing;
  for (const auto& global : topology_.global_stores()) {
    if (!existing.contains(global.topic)) missing.push_back(global.topic);
  }
  return missing;
}

/// A missing output topic is not an error yet: the broker may create it.
void TopicManager::check_sinks(const PartitionCounts& existing) const {
  for (const auto& sub : topology_.sub_topologies()) {
    for (const std::string& planned : sub.sink_topics) {
      const std::string topic = topology_.full_topic_name(planned, config_.application_id);
      if (existing.contains(topic)) continue;
      const Status access = admin_.check_access({topic}, "Write", kAnswerMs);
      if (access.code() == StatusCode::kAuthorization) {
        log_.warn("Output topic ", topic, " cannot be written: ", access.message());
        continue;
      }
      log_.warn("Output topic ", topic,
                " does not exist. Unless the broker creates topics by itself, writing to it fails.");
    }
  }
}

}  // namespace streams::runtime
