// Clients of a real Kafka cluster, on librdkafka.
#include <streams/kafka_clients.hpp>

#include "client/kafka/kafka_admin.hpp"
#include "client/kafka/kafka_consumer.hpp"
#include "client/kafka/kafka_producer.hpp"

#include <utility>

namespace streams::client {
namespace {

class KafkaClientFactory final : public ClientFactory {
 public:
  KafkaClientFactory(Settings base, LoggerPtr logger) : base_(std::move(base)), logger_(std::move(logger)) {}

  std::unique_ptr<Consumer> consumer(const Settings& settings) override {
    return make<kafka::KafkaConsumer>(kafka::Kind::kConsumer, settings);
  }
  std::unique_ptr<Producer> producer(const Settings& settings) override {
    return make<kafka::KafkaProducer>(kafka::Kind::kProducer, settings);
  }
  std::unique_ptr<Admin> admin(const Settings& settings) override {
    return make<kafka::KafkaAdmin>(kafka::Kind::kAdmin, settings);
  }

 private:
  template <class Client>
  std::unique_ptr<Client> make(kafka::Kind kind, const Settings& settings) const {
    const bool show_debug = base_.contains("debug") || settings.contains("debug");
    return std::make_unique<Client>(kafka::effective_settings(kind, base_, settings), logger_, show_debug);
  }

  Settings base_;
  LoggerPtr logger_;
};

}  // namespace

std::unique_ptr<ClientFactory> make_kafka_clients(Settings base, LoggerPtr logger) {
  return std::make_unique<KafkaClientFactory>(std::move(base), std::move(logger));
}

}  // namespace streams::client
