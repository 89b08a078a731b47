// What each order is worth is a table; grouped by day, it is added up, and subtracted when a row changes.
#include "daily_revenue_topology.hpp"

#include "topics.hpp"

#include <streams/streams_builder.hpp>

#include <chrono>
#include <cstdio>
#include <memory>
#include <utility>

namespace orders {
namespace {

/// What an order brings, and when it began to.
struct Sale {
  std::string day;
  std::int64_t cents = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Sale, day, cents)

/// The day is the record's: the order itself does not say when it was validated.
class ToSale final : public streams::FixedKeyProcessor<std::string, Order, Sale> {
 public:
  void process(streams::FixedKeyRecord<std::string, Order>&& record) override {
    const OrderState state = record.value ? record.value->state : OrderState::kFailed;
    const bool sold = state == OrderState::kValidated || state == OrderState::kShipped;
    Sale sale{day_of(record.timestamp), sold ? cents(*record.value) : 0};
    context().forward(std::move(record).with_value(std::move(sale)));
  }
};

}  // namespace

std::string day_of(streams::Timestamp time) {
  const auto day = std::chrono::floor<std::chrono::days>(std::chrono::sys_time<streams::Millis>(streams::Millis(time)));
  const std::chrono::year_month_day date(day);
  char text[32];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()));
  return text;
}

streams::Topology daily_revenue_topology(const std::string& topic_prefix) {
  streams::StreamsBuilder builder;
  const auto sales = builder.stream<std::string, Order>(topic_prefix + kOrdersTopic)
                         .process_values([] { return std::make_unique<ToSale>(); }, {.name = "to-sale"})
                         .group_by_key()
                         .reduce(
                             [](const Sale& before, const Sale& now) {
                               return Sale{before.cents > 0 ? before.day : now.day, now.cents};
                             },
                             {.store_name = "sales"});
  sales
      .group_by([](const std::string&, const Sale& sale) { return std::pair(sale.day, sale.cents); },
                {.name = "sales-by-day"})
      .reduce([](std::int64_t sum, std::int64_t more) { return sum + more; },
              [](std::int64_t sum, std::int64_t less) { return sum - less; }, {.store_name = kDailyRevenueStore})
      .to_stream()
      .to(topic_prefix + kDailyRevenueTopic);
  return builder.build();
}

}  // namespace orders
