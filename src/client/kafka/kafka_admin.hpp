// Administration of topics and groups.
//
// Threads: any; librdkafka's handle is thread-safe and every request has a result queue of its own.
#pragma once

#include <streams/client.hpp>

#include "client/kafka/deadline.hpp"
#include "client/kafka/kafka_conf.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace streams::client::kafka {

class KafkaAdmin final : public Admin {
 public:
  KafkaAdmin(const Settings& settings, LoggerPtr logger, bool show_debug);

  Result<std::map<std::string, std::int32_t>> topics(const std::vector<std::string>& topics, int timeout_ms) override;
  Status check_access(const std::vector<std::string>& topics, const char* operation, int timeout_ms) override;
  Result<std::vector<Status>> create_topics(const std::vector<NewTopic>& topics, int timeout_ms) override;
  Status delete_topics(const std::vector<std::string>& topics, int timeout_ms) override;
  Status delete_records(const std::vector<OffsetAndMetadata>& before, int timeout_ms) override;
  Result<std::map<TopicPartition, OffsetRange>> offsets(const std::vector<TopicPartition>& partitions,
                                                        int timeout_ms) override;
  Result<std::map<TopicPartition, std::int64_t>> offsets_at(const std::map<TopicPartition, Timestamp>& times,
                                                            int timeout_ms) override;
  Result<std::map<std::string, std::string>> topic_configs(const std::string& topic, int timeout_ms) override;
  Result<GroupDescription> describe_group(const std::string& group, int timeout_ms) override;
  Status delete_group(const std::string& group, int timeout_ms) override;

 private:
  template <class Start>
  Result<EventPtr> run(rd_kafka_admin_op_t operation, const std::string& what, int timeout_ms, Start start,
                       const Permissions& needed = {});
  void serve();
  Result<MetadataPtr> ask_for_metadata(rd_kafka_topic_t* topic, const std::string& what, int timeout_ms);
  template <class Condition>
  bool wait_until(Deadline deadline, Condition holds);
  Result<std::map<TopicPartition, std::int64_t>> list_offsets(const std::map<TopicPartition, std::int64_t>& which,
                                                              int timeout_ms);
  Result<GroupDescription> ask_for_group(const std::string& group, int timeout_ms);
  Status ask_to_delete_group(const std::string& group, int timeout_ms);

  std::shared_ptr<Handle> handle_;
};

}  // namespace streams::client::kafka
