// Administration of topics and groups.
#include "client/kafka/kafka_admin.hpp"

#include "client/kafka/deadline.hpp"
#include "client/kafka/kafka_status.hpp"
#include "client/kafka/member_assignment.hpp"
#include "client/kafka/partition_list.hpp"

#include <algorithm>
#include <chrono>
#include <span>
#include <thread>
#include <utility>

namespace streams::client::kafka {
namespace {

using NewTopicPtr = std::unique_ptr<rd_kafka_NewTopic_t, Destroyer<rd_kafka_NewTopic_destroy>>;
using DeleteTopicPtr = std::unique_ptr<rd_kafka_DeleteTopic_t, Destroyer<rd_kafka_DeleteTopic_destroy>>;
using DeleteRecordsPtr = std::unique_ptr<rd_kafka_DeleteRecords_t, Destroyer<rd_kafka_DeleteRecords_destroy>>;
using DeleteGroupPtr = std::unique_ptr<rd_kafka_DeleteGroup_t, Destroyer<rd_kafka_DeleteGroup_destroy>>;
using GroupListPtr = std::unique_ptr<const rd_kafka_group_list, Destroyer<rd_kafka_group_list_destroy>>;
using ConfigResourcePtr = std::unique_ptr<rd_kafka_ConfigResource_t, Destroyer<rd_kafka_ConfigResource_destroy>>;

constexpr std::chrono::milliseconds kMetadataPause{20};
constexpr std::chrono::milliseconds kRetryPause{100};
constexpr int kAnswerGraceMs = 1000;  ///< librdkafka's own timeout speaks first, and says more
/// Whoever is not let in need not wait: looked at after this time, twice this time, ...
constexpr int kFirstLookMs = 250;

Permission for_topic(std::string_view name, const char* operation) {
  return {Permission::Resource::kTopic, std::string(name), operation};
}

Permission for_group(const std::string& name, const char* operation) {
  return {Permission::Resource::kGroup, name, operation};
}

template <class Ptr>
auto raw(const std::vector<Ptr>& owners) {
  std::vector<typename Ptr::pointer> result;
  for (const Ptr& owner : owners) result.push_back(owner.get());
  return result;
}

std::string list_names(const std::vector<std::string>& names) {
  std::string result;
  for (const std::string& name : names) result += (result.empty() ? "" : ", ") + name;
  return result;
}

const Status& status_of(const Status& status) { return status; }
template <class T>
const Status& status_of(const Result<T>& result) {
  return result.status();
}

/// Calls `ask` with the time left until it gets another answer than "not now": coordinators and leaders move.
template <class Ask>
auto patiently(int timeout_ms, Ask ask) {
  const Deadline deadline = deadline_in(timeout_ms);
  while (true) {
    auto answer = ask(left_ms(deadline));
    if (status_of(answer).code() != StatusCode::kUnavailable) return answer;
    if (std::chrono::steady_clock::now() + kRetryPause >= deadline) return answer;
    std::this_thread::sleep_for(kRetryPause);
  }
}

Result<NewTopicPtr> to_rdkafka(const NewTopic& topic) {
  const std::string what = "Creating topic " + topic.name;
  char reason[256];
  NewTopicPtr result(
      rd_kafka_NewTopic_new(topic.name.c_str(), topic.partitions, topic.replication_factor, reason, sizeof reason));
  if (result == nullptr) return make_status(RD_KAFKA_RESP_ERR__INVALID_ARG, what, reason);
  for (const auto& [name, value] : topic.configs) {
    const auto error = rd_kafka_NewTopic_set_config(result.get(), name.c_str(), value.c_str());
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return make_status(error, what + " with " + name + "=" + value);
  }
  return result;
}

}  // namespace

KafkaAdmin::KafkaAdmin(const Settings& settings, LoggerPtr logger, bool show_debug)
    : handle_(Handle::open(Kind::kAdmin, make_conf(settings), std::move(logger), show_debug)) {}

template <class Start>
Result<EventPtr> KafkaAdmin::run(rd_kafka_admin_op_t operation, const std::string& what, int timeout_ms, Start start,
                                 const Permissions& needed) {
  const AdminOptionsPtr options(rd_kafka_AdminOptions_new(handle_->get(), operation));
  char reason[256];
  rd_kafka_AdminOptions_set_request_timeout(options.get(), timeout_ms, reason, sizeof reason);
  const QueuePtr queue(rd_kafka_queue_new(handle_->get()));
  const auto begun = std::chrono::steady_clock::now();
  const Deadline deadline = deadline_in(timeout_ms + kAnswerGraceMs);
  start(options.get(), queue.get());
  EventPtr event;
  for (int look_ms = kFirstLookMs; event == nullptr; look_ms *= 2) {
    event.reset(rd_kafka_queue_poll(queue.get(), std::min(left_ms(deadline), look_ms)));
    serve();
    if (event != nullptr) break;
    if (Status status = handle_->login_failure(begun, what); !status.ok()) return status;
    if (std::chrono::steady_clock::now() >= deadline) return handle_->failure(RD_KAFKA_RESP_ERR__TIMED_OUT, what);
  }
  const rd_kafka_resp_err_t error = rd_kafka_event_error(event.get());
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
    handle_->answered();
    return event;
  }
  return handle_->failure(error, what, rd_kafka_event_error_string(event.get()), needed);
}

/// Lets librdkafka say what connections fail of; the handle remembers it.
void KafkaAdmin::serve() {
  rd_kafka_poll(handle_->get(), 0);
  for (const Handle::Event& event : handle_->take_events()) {
    handle_->log(LogLevel::kDebug, make_status(event.error, "Admin", event.reason).message());
  }
}

/// Of one topic, or of all of them (null).
Result<MetadataPtr> KafkaAdmin::ask_for_metadata(rd_kafka_topic_t* topic, const std::string& what, int timeout_ms) {
  const auto begun = std::chrono::steady_clock::now();
  const Deadline deadline = deadline_in(timeout_ms);
  for (int look_ms = kFirstLookMs;; look_ms *= 2) {
    const rd_kafka_metadata_t* answer = nullptr;
    const rd_kafka_resp_err_t error = rd_kafka_metadata(handle_->get(), topic == nullptr ? 1 : 0, topic, &answer,
                                                        std::min(left_ms(deadline), look_ms));
    MetadataPtr metadata(answer);
    serve();
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
      handle_->answered();
      return metadata;
    }
    if (Status status = handle_->login_failure(begun, what); !status.ok()) return status;
    const bool goes_on = error == RD_KAFKA_RESP_ERR__TIMED_OUT || error == RD_KAFKA_RESP_ERR__TRANSPORT;
    if (!goes_on || std::chrono::steady_clock::now() >= deadline) return handle_->failure(error, what);
  }
}

Result<std::map<std::string, std::int32_t>> KafkaAdmin::topics(const std::vector<std::string>& wanted, int timeout_ms) {
  // All topics in one request: asking for single ones would make librdkafka watch them for ever.
  const auto answer = ask_for_metadata(nullptr, "Asking for the cluster's topics", timeout_ms);
  if (!answer.ok()) return answer.status();
  const MetadataPtr& metadata = answer.value();
  std::map<std::string, std::int32_t> result;
  for (const rd_kafka_metadata_topic_t& topic :
       std::span(metadata->topics, static_cast<std::size_t>(metadata->topic_cnt))) {
    if (topic.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || topic.partition_cnt == 0) continue;
    result.emplace(topic.topic, topic.partition_cnt);
  }
  if (!wanted.empty()) {
    std::erase_if(result, [&](const auto& entry) { return std::ranges::find(wanted, entry.first) == wanted.end(); });
  }
  return result;
}

Status KafkaAdmin::check_access(const std::vector<std::string>& names, const char* operation, int timeout_ms) {
  const Deadline deadline = deadline_in(timeout_ms);
  for (const std::string& name : names) {
    const std::string what = "Asking for topic " + name;
    const TopicPtr topic(rd_kafka_topic_new(handle_->get(), name.c_str(), nullptr));
    const auto answer = ask_for_metadata(topic.get(), what, left_ms(deadline));
    if (!answer.ok()) return answer.status();
    for (const auto& told : std::span(answer.value()->topics, static_cast<std::size_t>(answer.value()->topic_cnt))) {
      if (is_denial(told.err)) return handle_->failure(told.err, what, {}, {for_topic(name, operation)});
    }
  }
  return {};
}

template <class Condition>
bool KafkaAdmin::wait_until(Deadline deadline, Condition holds) {
  while (true) {
    const auto now = topics({}, left_ms(deadline));
    if (now.ok() && holds(now.value())) return true;
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(kMetadataPause);
  }
}

Result<std::vector<Status>> KafkaAdmin::create_topics(const std::vector<NewTopic>& wanted, int timeout_ms) {
  if (wanted.empty()) return std::vector<Status>{};
  const Deadline deadline = deadline_in(timeout_ms);
  std::vector<NewTopicPtr> owners;
  std::vector<std::string> created;
  for (const NewTopic& topic : wanted) {
    Result<NewTopicPtr> converted = to_rdkafka(topic);
    if (!converted.ok()) return converted.status();
    owners.push_back(std::move(converted).value());
  }
  auto requests = raw(owners);
  const auto event =
      run(RD_KAFKA_ADMIN_OP_CREATETOPICS, "Creating " + std::to_string(wanted.size()) + " topics", timeout_ms,
          [&](rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue) {
            rd_kafka_CreateTopics(handle_->get(), requests.data(), requests.size(), options, queue);
          },
          {{Permission::Resource::kCluster, "", "Create"}});
  if (!event.ok()) return event.status();
  std::size_t count = 0;
  const rd_kafka_topic_result_t** results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.value().get()), &count);
  std::map<std::string_view, Status> by_name;
  for (const rd_kafka_topic_result_t* result : std::span(results, count)) {
    const std::string name = rd_kafka_topic_result_name(result);
    const char* reason = rd_kafka_topic_result_error_string(result);
    Status status = handle_->failure(rd_kafka_topic_result_error(result), "Creating topic " + name,
                                     reason != nullptr ? reason : "", {for_topic(name, "Create")});
    if (status.ok()) created.push_back(name);
    by_name.emplace(rd_kafka_topic_result_name(result), std::move(status));
  }
  std::vector<Status> statuses;
  for (const NewTopic& topic : wanted) statuses.push_back(by_name[topic.name]);
  // Brokers hear of new topics a moment after the controller has made them; until then clients would be told "unknown".
  wait_until(deadline, [&](const auto& known) {
    return std::ranges::all_of(created, [&](const std::string& name) { return known.contains(name); });
  });
  return statuses;
}

Status KafkaAdmin::delete_topics(const std::vector<std::string>& names, int timeout_ms) {
  if (names.empty()) return {};
  const Deadline deadline = deadline_in(timeout_ms);
  const std::string what = "Deleting topics " + list_names(names);
  std::vector<DeleteTopicPtr> owners;
  for (const std::string& name : names) owners.emplace_back(rd_kafka_DeleteTopic_new(name.c_str()));
  auto requests = raw(owners);
  const auto event = run(RD_KAFKA_ADMIN_OP_DELETETOPICS, what, timeout_ms,
                         [&](rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue) {
                           rd_kafka_DeleteTopics(handle_->get(), requests.data(), requests.size(), options, queue);
                         });
  if (!event.ok()) return event.status();
  std::size_t count = 0;
  const rd_kafka_topic_result_t** results =
      rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event.value().get()), &count);
  Status first;
  for (const rd_kafka_topic_result_t* result : std::span(results, count)) {
    const auto error = rd_kafka_topic_result_error(result);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR || !first.ok()) continue;
    const char* reason = rd_kafka_topic_result_error_string(result);
    const std::string name = rd_kafka_topic_result_name(result);
    first =
        handle_->failure(error, "Deleting topic " + name, reason != nullptr ? reason : "", {for_topic(name, "Delete")});
  }
  if (!first.ok()) return first;
  wait_until(deadline, [&](const auto& known) {
    return std::ranges::none_of(names, [&](const std::string& name) { return known.contains(name); });
  });
  return {};
}

Status KafkaAdmin::delete_records(const std::vector<OffsetAndMetadata>& before, int timeout_ms) {
  if (before.empty()) return {};
  const PartitionListPtr list = to_list(before);
  const DeleteRecordsPtr owner(rd_kafka_DeleteRecords_new(list.get()));
  rd_kafka_DeleteRecords_t* request = owner.get();
  const auto event = run(RD_KAFKA_ADMIN_OP_DELETERECORDS,
                         "Deleting records of " + std::to_string(before.size()) + " partitions", timeout_ms,
                         [&](rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue) {
                           rd_kafka_DeleteRecords(handle_->get(), &request, 1, options, queue);
                         },
                         {for_topic(before.front().partition.topic, "Delete")});
  if (!event.ok()) return event.status();
  const auto* result = rd_kafka_event_DeleteRecords_result(event.value().get());
  for (const rd_kafka_topic_partition_t& entry : entries(rd_kafka_DeleteRecords_result_offsets(result))) {
    if (entry.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return handle_->failure(entry.err, "Deleting records of " + name_of(entry.topic, entry.partition), {},
                              {for_topic(entry.topic, "Delete")});
    }
  }
  return {};
}

/// `which`: a time, kEarliest or kLatest.
Result<std::map<TopicPartition, std::int64_t>> KafkaAdmin::list_offsets(
    const std::map<TopicPartition, std::int64_t>& which, int timeout_ms) {
  if (which.empty()) return std::map<TopicPartition, std::int64_t>();
  const PartitionListPtr list = new_list(which.size());
  for (const auto& [partition, offset] : which) {
    rd_kafka_topic_partition_list_add(list.get(), partition.topic.c_str(), partition.partition)->offset = offset;
  }
  const rd_kafka_resp_err_t error = rd_kafka_offsets_for_times(handle_->get(), list.get(), timeout_ms);
  std::map<TopicPartition, std::int64_t> result;
  for (const rd_kafka_topic_partition_t& entry : entries(list.get())) {
    if (entry.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return handle_->failure(entry.err, "Asking for the offsets of " + name_of(entry.topic, entry.partition), {},
                              {for_topic(entry.topic, "Read")});
    }
    result[{entry.topic, entry.partition}] = entry.offset;
  }
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    std::string what = "Asking for the offsets of " + name_of(which.begin()->first);
    if (which.size() > 1) what += " and " + std::to_string(which.size() - 1) + " more partitions";
    return handle_->failure(error, what);
  }
  return result;
}

Result<std::map<TopicPartition, OffsetRange>> KafkaAdmin::offsets(const std::vector<TopicPartition>& partitions,
                                                                  int timeout_ms) {
  const Deadline deadline = deadline_in(timeout_ms);
  const auto list = [&](std::int64_t which) {
    std::map<TopicPartition, std::int64_t> wanted;
    for (const TopicPartition& partition : partitions) wanted.emplace(partition, which);
    return patiently(left_ms(deadline), [&](int left) { return list_offsets(wanted, left); });
  };
  const auto earliest = list(PartitionStart::kEarliest);
  if (!earliest.ok()) return earliest.status();
  const auto latest = list(PartitionStart::kLatest);
  if (!latest.ok()) return latest.status();
  std::map<TopicPartition, OffsetRange> result;
  for (const auto& [partition, offset] : earliest.value()) {
    result.emplace(partition, OffsetRange{offset, latest.value().at(partition)});
  }
  return result;
}

Result<std::map<TopicPartition, std::int64_t>> KafkaAdmin::offsets_at(const std::map<TopicPartition, Timestamp>& times,
                                                                      int timeout_ms) {
  // Negative times have other meanings.
  std::map<TopicPartition, std::int64_t> wanted;
  for (const auto& [partition, time] : times) wanted.emplace(partition, std::max<Timestamp>(time, 0));
  return patiently(timeout_ms, [&](int left) { return list_offsets(wanted, left); });
}

Result<std::map<std::string, std::string>> KafkaAdmin::topic_configs(const std::string& topic, int timeout_ms) {
  const std::string what = "Asking for the settings of topic " + topic;
  const ConfigResourcePtr owner(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
  rd_kafka_ConfigResource_t* request = owner.get();
  const auto event = run(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, what, timeout_ms,
                         [&](rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue) {
                           rd_kafka_DescribeConfigs(handle_->get(), &request, 1, options, queue);
                         },
                         {for_topic(topic, "DescribeConfigs")});
  if (!event.ok()) return event.status();
  std::size_t count = 0;
  const auto** resources =
      rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event.value().get()), &count);
  std::map<std::string, std::string> result;
  for (const rd_kafka_ConfigResource_t* resource : std::span(resources, count)) {
    const auto error = rd_kafka_ConfigResource_error(resource);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
      return handle_->failure(error, what, rd_kafka_ConfigResource_error_string(resource),
                              {for_topic(topic, "DescribeConfigs")});
    std::size_t size = 0;
    const rd_kafka_ConfigEntry_t** configs = rd_kafka_ConfigResource_configs(resource, &size);
    for (const rd_kafka_ConfigEntry_t* config : std::span(configs, size)) {
      const char* value = rd_kafka_ConfigEntry_value(config);
      result.emplace(rd_kafka_ConfigEntry_name(config), value != nullptr ? value : "");
    }
  }
  return result;
}

Result<GroupDescription> KafkaAdmin::describe_group(const std::string& group, int timeout_ms) {
  return patiently(timeout_ms, [&](int left) { return ask_for_group(group, left); });
}

/// By the calls for groups that librdkafka had before it had an admin client: an admin request whose time is up before
/// the coordinator can be reached is freed, and used once more when the coordinator comes back (2.0.2: an assertion
/// ends the process).
Result<GroupDescription> KafkaAdmin::ask_for_group(const std::string& group, int timeout_ms) {
  const std::string what = "Describing group " + group;
  const rd_kafka_group_list* list = nullptr;
  const rd_kafka_resp_err_t error = rd_kafka_list_groups(handle_->get(), group.c_str(), &list, timeout_ms);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return handle_->failure(error, what, {}, {for_group(group, "Describe")});
  const GroupListPtr owner(list);
  if (list->group_cnt != 1) return make_status(RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND, what);
  const rd_kafka_group_info& found = list->groups[0];
  if (found.err != RD_KAFKA_RESP_ERR_NO_ERROR)
    return handle_->failure(found.err, what, {}, {for_group(group, "Describe")});
  GroupDescription result;
  result.state = found.state;
  for (const rd_kafka_group_member_info& member :
       std::span(found.members, static_cast<std::size_t>(found.member_cnt))) {
    auto partitions = partitions_of_assignment(BytesView(static_cast<const char*>(member.member_assignment),
                                                         static_cast<std::size_t>(member.member_assignment_size)));
    if (!partitions)
      return Status(StatusCode::kCorrupted,
                    what + ": the assignment of member " + member.member_id + " is not what consumers write");
    result.members.push_back({member.member_id, member.client_id, member.client_host, *std::move(partitions)});
  }
  return result;
}

Status KafkaAdmin::delete_group(const std::string& group, int timeout_ms) {
  return patiently(timeout_ms, [&](int left) { return ask_to_delete_group(group, left); });
}

Status KafkaAdmin::ask_to_delete_group(const std::string& group, int timeout_ms) {
  const std::string what = "Deleting group " + group;
  const DeleteGroupPtr owner(rd_kafka_DeleteGroup_new(group.c_str()));
  rd_kafka_DeleteGroup_t* request = owner.get();
  const auto event = run(RD_KAFKA_ADMIN_OP_DELETEGROUPS, what, timeout_ms,
                         [&](rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue) {
                           rd_kafka_DeleteGroups(handle_->get(), &request, 1, options, queue);
                         },
                         {for_group(group, "Delete")});
  if (!event.ok()) return event.status();
  std::size_t count = 0;
  const rd_kafka_group_result_t** results =
      rd_kafka_DeleteGroups_result_groups(rd_kafka_event_DeleteGroups_result(event.value().get()), &count);
  for (const rd_kafka_group_result_t* result : std::span(results, count)) {
    if (const rd_kafka_error_t* error = rd_kafka_group_result_error(result)) {
      return handle_->failure(rd_kafka_error_code(error), what, rd_kafka_error_string(error),
                              {for_group(group, "Delete")});
    }
  }
  return {};
}

}  // namespace streams::client::kafka
