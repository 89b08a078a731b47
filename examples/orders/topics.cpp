// Creates the topics of the order ecosystem.
#include "topics.hpp"

#include <stdexcept>

namespace orders {
namespace {

constexpr int kPatienceMs = 30'000;
const std::map<std::string, std::string> kWeek = {{"cleanup.policy", "delete"}, {"retention.ms", "604800000"}};
const std::map<std::string, std::string> kForever = {{"cleanup.policy", "delete"}, {"retention.ms", "-1"}};
const std::map<std::string, std::string> kCompacted = {{"cleanup.policy", "compact"}};

}  // namespace

std::vector<TopicPlan> ecosystem_topics(std::int32_t partitions, const std::string& prefix) {
  std::vector<TopicPlan> topics = {
      {kOrdersTopic, partitions, kForever},      {kValidationsTopic, partitions, kWeek},  // joined with orders
      {kPaymentsTopic, partitions, kWeek},       {kCustomersTopic, partitions, kCompacted},
      {kWarehouseTopic, partitions, kCompacted}, {kOrdersLatestTopic, partitions, kCompacted},
      {kCommandsTopic, partitions, kForever},  // shares a store with orders
      {kCommandResultsTopic, partitions, kWeek}, {kPlatinumEmailsTopic, partitions, kWeek},
      {kDailyRevenueTopic, 1, kCompacted}};
  for (const char* level : {"platinum", "gold", "silver", "bronze"}) topics.push_back({level, partitions, kWeek});
  for (TopicPlan& topic : topics) topic.name = prefix + topic.name;
  return topics;
}

void create_topics(streams::client::Admin& admin, const std::vector<TopicPlan>& topics) {
  std::vector<streams::client::NewTopic> wanted;
  for (const TopicPlan& topic : topics) {
    wanted.push_back({.name = topic.name, .partitions = topic.partitions, .configs = topic.configs});
  }
  const auto answers = admin.create_topics(wanted, kPatienceMs);
  if (!answers.ok()) throw std::runtime_error("Cannot create topics: " + answers.status().message());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const streams::Status& status = answers.value()[i];
    if (status.ok() || status.code() == streams::StatusCode::kAlreadyExists) continue;
    throw std::runtime_error("Cannot create topic " + wanted[i].name + ": " + status.message());
  }
}

void require_equal_partitions(streams::client::Admin& admin, const std::vector<std::string>& topics,
                              const std::string& why) {
  const auto counts = admin.topics(topics, kPatienceMs);
  if (!counts.ok()) throw std::runtime_error("Cannot look at topics: " + counts.status().message());
  std::string found;
  bool equal = true;
  for (const std::string& topic : topics) {
    const auto at = counts.value().find(topic);
    if (at == counts.value().end())
      throw std::runtime_error("There is no topic " + topic + ". Create it with as many partitions as " +
                               (topic == topics.front() ? topics.back() : topics.front()) + " has: " + why);
    found += (found.empty() ? "" : ", ") + topic + " has " + std::to_string(at->second);
    equal = equal && at->second == counts.value().begin()->second;
  }
  if (equal) return;
  throw std::runtime_error("These topics need equally many partitions, but " + found + ". " + why +
                           " Create the one with fewer anew, with as many as the other has.");
}

void require_commands_beside_orders(streams::client::Admin& admin, const std::string& prefix) {
  require_equal_partitions(admin, {prefix + kOrdersTopic, prefix + kCommandsTopic},
                           "A command is decided by what the task that reads it knows of its order.");
}

}  // namespace orders
