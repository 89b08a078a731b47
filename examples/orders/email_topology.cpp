// Orders join payments by time, the pairs join customers by id; on the side, orders are routed by customer level.
#include "email_topology.hpp"

#include <streams/streams_builder.hpp>

#include <utility>

namespace orders {

using streams::JoinWindows;

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
  const auto paid = orders
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
  const auto mails = paid.join(
      customers, [](const PaidOrder& pair) { return pair.order.customer_id; },
      [](const PaidOrder& pair, const Customer& customer) {
        return Mail{pair.order, pair.payment, customer};
      });
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
