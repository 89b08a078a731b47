// Three small topologies, and a consumer without any.
#include "email_variants.hpp"

#include "group_reader.hpp"
#include "topics.hpp"

#include <streams/streams_builder.hpp>

#include <utility>

namespace orders {
namespace {

using namespace streams::client;

/// Join the customer, filter: validated orders of platinum customers.
streams::KStream<std::string, CustomerMail> platinum_mails(streams::StreamsBuilder& builder,
                                                           const std::string& topic_prefix) {
  const auto customers = builder.global_table<std::int64_t, Customer>(topic_prefix + kCustomersTopic);
  return builder.stream<std::string, Order>(topic_prefix + kOrdersTopic)
      .filter([](const Order& order) { return order.state == OrderState::kValidated; })
      .join(
          customers, [](const Order& order) { return order.customer_id; },
          [](const Order& order, const Customer& customer) {
            return CustomerMail{order, customer};
          })
      .filter([](const CustomerMail& mail) { return mail.customer.level == "platinum"; });
}

void send_all(const TopicPartition& partition, const RecordBatch& batch,
              const std::function<void(const CustomerMail&)>& send_mail) {
  static const streams::JsonSerde<CustomerMail> serde;
  for (const ConsumerRecord& record : batch.records()) {
    if (record.value) send_mail(serde.deserialize(partition.topic, *record.value));
  }
}

}  // namespace

streams::Topology platinum_mail_topology(std::function<void(const CustomerMail&)> send_mail,
                                         const std::string& topic_prefix) {
  streams::StreamsBuilder builder;
  platinum_mails(builder, topic_prefix).for_each([send = std::move(send_mail)](const CustomerMail& mail) {
    send(mail);
  });
  return builder.build();
}

streams::Topology paid_mail_topology(std::function<void(const PaidOrder&)> send_mail, streams::Millis grace,
                                     const std::string& topic_prefix) {
  streams::StreamsBuilder builder;
  const auto payments = builder.stream<std::string, Payment>(topic_prefix + kPaymentsTopic)
                            .select_key([](const Payment& payment) { return payment.order_id; })
                            .repartition({.name = "payments-by-order"});
  builder.stream<std::string, Order>(topic_prefix + kOrdersTopic)
      .join(payments,
            [](const Order& order, const Payment& payment) {
              return PaidOrder{order, payment};
            },
            streams::JoinWindows::of_time_difference_and_grace(std::chrono::minutes(1), grace),
            {.name = "orders-and-payments", .store_name = "orders-and-payments"})
      .for_each([send = std::move(send_mail)](const PaidOrder& paid) { send(paid); });
  return builder.build();
}

streams::Topology platinum_stream_topology(const std::string& topic_prefix) {
  streams::StreamsBuilder builder;
  platinum_mails(builder, topic_prefix).to(topic_prefix + kPlatinumEmailsTopic);
  return builder.build();
}

std::string run_mail_sidecar(ClientFactory& clients, const std::string& group_id,
                             const std::function<void(const CustomerMail&)>& send_mail,
                             const std::function<bool()>& stop, const std::string& topic_prefix) {
  GroupReader reader(clients, {{"group.id", group_id}, {"isolation.level", "read_committed"}});
  streams::Status status = reader.subscribe(topic_prefix + kPlatinumEmailsTopic);
  while (status.ok() && !stop()) {
    status = reader.poll(100);
    for (const TopicPartition& partition : reader.partitions()) {
      const auto batch = reader.consumer().fetch(partition, 100);
      if (!batch || batch->records().empty()) continue;
      send_all(partition, *batch, send_mail);
      const streams::Status committed = reader.consumer().commit({{partition, batch->records().back().offset + 1, ""}});
      // While the group moves, somebody else will send these again: as after a crash.
      if (!committed.ok() && committed.code() != streams::StatusCode::kRebalanceInProgress) status = committed;
    }
  }
  return status.message();
}

}  // namespace orders
