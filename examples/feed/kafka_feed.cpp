// Writes to a real cluster with librdkafka itself: for whoever reads a topic it makes no difference who wrote it.
#include "feed.hpp"

#include <librdkafka/rdkafka.h>

#include <stdexcept>

namespace feed {
namespace {

constexpr int kTimeoutMs = 15'000;

[[noreturn]] void fail(const std::string& what, const std::string& why) { throw std::runtime_error(what + ": " + why); }

struct Free {
  void operator()(rd_kafka_t* p) const { rd_kafka_destroy(p); }
  void operator()(rd_kafka_conf_t* p) const { rd_kafka_conf_destroy(p); }
  void operator()(rd_kafka_queue_t* p) const { rd_kafka_queue_destroy(p); }
  void operator()(rd_kafka_event_t* p) const { rd_kafka_event_destroy(p); }
  void operator()(rd_kafka_NewTopic_t* p) const { rd_kafka_NewTopic_destroy(p); }
  void operator()(rd_kafka_DeleteTopic_t* p) const { rd_kafka_DeleteTopic_destroy(p); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

class KafkaFeed final : public Feed {
 public:
  explicit KafkaFeed(const std::string& bootstrap_servers) : servers_(bootstrap_servers) {
    char error[512];
    Owned<rd_kafka_conf_t> conf(rd_kafka_conf_new());
    // The same partition for a key as in Kafka's own clients, and no duplicates from retries.
    for (const auto& [key, value] : {std::pair{"bootstrap.servers", servers_.c_str()},
                                     {"partitioner", "murmur2_random"},
                                     {"enable.idempotence", "true"},
                                     {"linger.ms", "5"},
                                     {"log_level", "0"}}) {
      if (rd_kafka_conf_set(conf.get(), key, value, error, sizeof error) != RD_KAFKA_CONF_OK) fail(key, error);
    }
    rd_kafka_conf_set_dr_msg_cb(conf.get(), [](rd_kafka_t*, const rd_kafka_message_t* message, void* self) {
      if (message->err != 0) static_cast<KafkaFeed*>(self)->delivery_error_ = rd_kafka_err2str(message->err);
    });
    rd_kafka_conf_set_opaque(conf.get(), this);
    client_.reset(rd_kafka_new(RD_KAFKA_PRODUCER, conf.get(), error, sizeof error));
    if (!client_) fail("Cannot make a producer", error);
    static_cast<void>(conf.release());  // the producer's now
  }

  bool create_topic(const std::string& topic, int partitions, bool compacted) override {
    char error[512];
    Owned<rd_kafka_NewTopic_t> spec(rd_kafka_NewTopic_new(topic.c_str(), partitions, -1, error, sizeof error));
    if (!spec) fail("Cannot create topic " + topic, error);
    rd_kafka_NewTopic_set_config(spec.get(), "cleanup.policy", compacted ? "compact" : "delete");
    Owned<rd_kafka_queue_t> queue(rd_kafka_queue_new(client_.get()));
    rd_kafka_NewTopic_t* specs[] = {spec.get()};
    rd_kafka_CreateTopics(client_.get(), specs, 1, nullptr, queue.get());
    const Owned<rd_kafka_event_t> event = answer(queue.get(), "Cannot create topic " + topic);
    std::size_t count = 0;
    const rd_kafka_topic_result_t** results =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
    const rd_kafka_resp_err_t code = rd_kafka_topic_result_error(results[0]);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
      fail("Cannot create topic " + topic, rd_kafka_topic_result_error_string(results[0]));
    }
    return code == RD_KAFKA_RESP_ERR_NO_ERROR;
  }

  void delete_topics(const std::vector<std::string>& topics) override {
    if (topics.empty()) return;
    std::vector<Owned<rd_kafka_DeleteTopic_t>> owned;
    std::vector<rd_kafka_DeleteTopic_t*> specs;
    for (const std::string& topic : topics) {
      specs.push_back(owned.emplace_back(rd_kafka_DeleteTopic_new(topic.c_str())).get());
    }
    Owned<rd_kafka_queue_t> queue(rd_kafka_queue_new(client_.get()));
    rd_kafka_DeleteTopics(client_.get(), specs.data(), specs.size(), nullptr, queue.get());
    const Owned<rd_kafka_event_t> event = answer(queue.get(), "Cannot delete topics");
    std::size_t count = 0;
    const rd_kafka_topic_result_t** results =
        rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event.get()), &count);
    for (std::size_t i = 0; i < count; ++i) {
      if (rd_kafka_topic_result_error(results[i]) == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
      fail(std::string("Cannot delete topic ") + rd_kafka_topic_result_name(results[i]),
           rd_kafka_topic_result_error_string(results[i]));
    }
  }

  std::vector<std::string> topics() override {
    const rd_kafka_metadata_t* metadata = nullptr;
    const rd_kafka_resp_err_t code = rd_kafka_metadata(client_.get(), 1, nullptr, &metadata, kTimeoutMs);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) fail("Cannot ask " + servers_ + " for its topics", rd_kafka_err2str(code));
    std::vector<std::string> names;
    for (int i = 0; i < metadata->topic_cnt; ++i) names.emplace_back(metadata->topics[i].topic);
    rd_kafka_metadata_destroy(metadata);
    return names;
  }

  void send(const Record& record) override {
    rd_kafka_resp_err_t code;
    while ((code = produce(record)) == RD_KAFKA_RESP_ERR__QUEUE_FULL) rd_kafka_poll(client_.get(), 100);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) fail("Cannot write to topic " + record.topic, rd_kafka_err2str(code));
    rd_kafka_poll(client_.get(), 0);
    check_delivery();
  }

  void flush() override {
    if (rd_kafka_flush(client_.get(), 2 * kTimeoutMs) != 0) fail("Records could not be written in time", servers_);
    check_delivery();
  }

 private:
  Owned<rd_kafka_event_t> answer(rd_kafka_queue_t* queue, const std::string& what) const {
    Owned<rd_kafka_event_t> event(rd_kafka_queue_poll(queue, kTimeoutMs));
    if (!event) fail(what, "no broker answers at " + servers_ + "; is it running?");
    if (rd_kafka_event_error(event.get()) != 0)
      fail(what + " at " + servers_, rd_kafka_event_error_string(event.get()));
    return event;
  }
  rd_kafka_resp_err_t produce(const Record& record) {
    const auto& [topic, key, value, timestamp] = record;
    return rd_kafka_producev(
        client_.get(), RD_KAFKA_V_TOPIC(topic.c_str()),
        RD_KAFKA_V_KEY((key ? key->data() : nullptr), (key ? key->size() : 0)),
        RD_KAFKA_V_VALUE((value ? const_cast<char*>(value->data()) : nullptr), (value ? value->size() : 0)),
        RD_KAFKA_V_TIMESTAMP(timestamp), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
  }
  void check_delivery() const {
    if (!delivery_error_.empty()) fail("A record was not stored", delivery_error_);
  }

  std::string servers_, delivery_error_;
  Owned<rd_kafka_t> client_;
};

}  // namespace

std::unique_ptr<Feed> make_kafka_feed(const std::string& bootstrap_servers) {
  return std::make_unique<KafkaFeed>(bootstrap_servers);
}

}  // namespace feed
