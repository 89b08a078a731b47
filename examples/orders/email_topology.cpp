// Orders join payments by time, the pairs join customers by id; on the side, orders are routed by customer level.
#include "email_topology.hpp"

#include <streams/streams_builder.hpp>

#include <memory>
#include <utility>

namespace orders {

using streams::JoinWindows;

namespace {

using Mails = streams::KStream<std::string, Mail>;
constexpr const char* kMailedStore = "mailed-orders";

/// Lets one mail for each order through.
class Once final : public streams::FixedKeyProcessor<std::string, Mail> {
 public:
  explicit Once(std::int64_t remembered_ms) : remembered_ms_(remembered_ms) {}
  void init(Context& context) override { mailed_ = &context.get_state_store<Mailed>(kMailedStore); }
  void process(streams::FixedKeyRecord<std::string, Mail>&& mail) override {
    const auto near = mailed_->fetch(*mail.key(), mail.timestamp - remembered_ms_, mail.timestamp + remembered_ms_);
    if (near.begin() != near.end()) return;
    mailed_->put(*mail.key(), mail.value->payment.id, mail.timestamp);
    context().forward(std::move(mail));
  }

 private:
  using Mailed = streams::WindowStore<std::string, std::string>;
  std::int64_t remembered_ms_;
  Mailed* mailed_ = nullptr;
};

/// Keeps a number that has nothing to do with the records' keys: state of the application's own.
class Count final : public streams::FixedKeyProcessor<std::string, Mail> {
 public:
  void init(Context& context) override { sent_ = &context.get_state_store<Sent>(kMailsSentStore); }
  void process(streams::FixedKeyRecord<std::string, Mail>&& mail) override {
    const std::string& level = mail.value->customer.level;
    sent_->put(level, sent_->get(level).value_or(0) + 1);
    context().forward(std::move(mail));
  }

 private:
  using Sent = streams::KeyValueStore<std::string, std::int64_t>;
  Sent* sent_ = nullptr;
};

Mails once(streams::StreamsBuilder& builder, const Mails& mails, streams::Millis within) {
  builder.add_state_store(
      streams::window_store<std::string, std::string>(kMailedStore, {.retention = 2 * within, .window_size = within}));
  return mails.process_values([ms = within.count()] { return std::make_unique<Once>(ms); }, {.name = "once"},
                              {kMailedStore});
}

Mails counted(streams::StreamsBuilder& builder, const Mails& mails) {
  builder.add_state_store(streams::key_value_store<std::string, std::int64_t>(kMailsSentStore));
  return mails.process_values([] { return std::make_unique<Count>(); }, {.name = "count"}, {kMailsSentStore});
}

}  // namespace

streams::Topology email_topology(EmailCallbacks callbacks, const EmailOptions& options) {
  streams::StreamsBuilder builder;
  const std::string& prefix = options.topic_prefix;
  const auto orders = builder.stream<std::string, Order>(prefix + "orders");
  const auto payments =
      builder.stream<std::string, Payment>(prefix + "payments").select_key([](const Payment& payment) {
        return payment.order_id;
      });
  const auto customers = builder.global_table<std::int64_t, Customer>(prefix + "customers");

  // Join: an order and its payment, near each other in time.
  const auto to_mail = !options.only_state ? orders : orders.filter([state = *options.only_state](const Order& order) {
    return order.state == state;
  });
  const auto paid = to_mail
                        .join(payments,
                              [](const Order& order, const Payment& payment) {
                                return PaidOrder{order, payment};
                              },
                              JoinWindows::of_time_difference_and_grace(options.window, options.grace),
                              {.name = "orders-payments", .store_name = "orders-payments"})
                        .peek([paid = callbacks.paid](const PaidOrder& pair) {
                          if (paid) paid(pair);
                        });
  // Join again: the customer, by any attribute, as every instance has the whole table.
  Mails mails = paid.join(
      customers, [](const PaidOrder& pair) { return pair.order.customer_id; },
      [](const PaidOrder& pair, const Customer& customer) {
        return Mail{pair.order, pair.payment, customer};
      });
  if (options.once_within > streams::Millis(0)) mails = once(builder, mails, options.once_within);
  if (options.count_mails) mails = counted(builder, mails);
  if (!options.mail_topic.empty()) mails.to(options.mail_topic);
  mails.for_each([send = std::move(callbacks.send_mail)](const Mail& mail) { send(mail); });

  // On the side: the topic is chosen record by record.
  orders
      .join(
          customers, [](const Order& order) { return order.customer_id; },
          [](const Order& order, const Customer& customer) {
            return OrderEnriched{order.id, order.customer_id, customer.level};
          })
      .peek([enriched = std::move(callbacks.enriched)](const OrderEnriched& order) {
        if (enriched) enriched(order);
      })
      .to([prefix](const std::string*, const OrderEnriched* order, const streams::RecordContext&) {
        return prefix + order->customer_level;
      });
  return builder.build();
}

}  // namespace orders
