#include "workloads.hpp"

#include <streams/streams_builder.hpp>

#include <map>
#include <memory>
#include <stdexcept>
#include <utility>

namespace bench {
namespace {

using streams::Bytes;
using streams::BytesView;
using streams::JoinWindows;
using streams::Millis;
using streams::StreamsBuilder;

struct Order {
  std::int64_t customer_id, product_id, amount_cents;
  std::int32_t quantity, status;
};
struct Payment {
  std::int64_t order_id, amount_cents;
  std::int32_t method, reserved;
};
struct PaidOrder {
  std::int64_t customer_id, product_id, order_cents, paid_cents;
  std::int32_t quantity, method;
};
struct PaidOrderOf {
  PaidOrder order;
  std::string customer;
};

}  // namespace
}  // namespace bench

namespace streams {
namespace {

using detail::append_big_endian;
using detail::read_big_endian;

void expect_size(BytesView bytes, std::size_t size) {
  if (bytes.size() != size)
    throw SerializationError("A value of " + std::to_string(size) + " bytes is expected, not " +
                             std::to_string(bytes.size()));
}

template <class T>
T take(BytesView& bytes) {
  const T value = read_big_endian<T>(bytes);
  bytes.remove_prefix(sizeof(T));
  return value;
}

struct OrderSerde final : Serde<bench::Order> {
  void serialize(std::string_view, const bench::Order& o, Bytes& out) const override {
    for (const auto part : {o.customer_id, o.product_id, o.amount_cents}) append_big_endian(out, part);
    for (const auto part : {o.quantity, o.status}) append_big_endian(out, part);
  }
  bench::Order deserialize(std::string_view, BytesView in) const override {
    expect_size(in, 32);
    bench::Order o{};
    o.customer_id = take<std::int64_t>(in);
    o.product_id = take<std::int64_t>(in);
    o.amount_cents = take<std::int64_t>(in);
    o.quantity = take<std::int32_t>(in);
    o.status = take<std::int32_t>(in);
    return o;
  }
};

struct PaymentSerde final : Serde<bench::Payment> {
  void serialize(std::string_view, const bench::Payment& p, Bytes& out) const override {
    for (const auto part : {p.order_id, p.amount_cents}) append_big_endian(out, part);
    for (const auto part : {p.method, p.reserved}) append_big_endian(out, part);
  }
  bench::Payment deserialize(std::string_view, BytesView in) const override {
    expect_size(in, 24);
    bench::Payment p{};
    p.order_id = take<std::int64_t>(in);
    p.amount_cents = take<std::int64_t>(in);
    p.method = take<std::int32_t>(in);
    p.reserved = take<std::int32_t>(in);
    return p;
  }
};

struct PaidOrderSerde final : Serde<bench::PaidOrderOf> {
  void serialize(std::string_view, const bench::PaidOrderOf& of, Bytes& out) const override {
    const bench::PaidOrder& p = of.order;
    for (const auto part : {p.customer_id, p.product_id, p.order_cents, p.paid_cents}) append_big_endian(out, part);
    for (const auto part : {p.quantity, p.method}) append_big_endian(out, part);
    out += of.customer;
  }
  bench::PaidOrderOf deserialize(std::string_view, BytesView) const override {
    throw SerializationError("Paid orders are only written.");
  }
};

}  // namespace

STREAMS_DEFAULT_SERDE(bench::Order, OrderSerde)
STREAMS_DEFAULT_SERDE(bench::Payment, PaymentSerde)
STREAMS_DEFAULT_SERDE(bench::PaidOrderOf, PaidOrderSerde)

}  // namespace streams

namespace bench {
namespace {

Workload passthrough(const WorkloadSettings& settings, Progress& progress) {
  StreamsBuilder builder(settings.topology);
  builder.stream<std::string, std::string>(settings.inputs[0])
      .filter([&progress](const std::string& value) {
        progress.add();
        return value[0] < '8';
      })
      .map_values([](std::string&& value) {
        for (char& c : value) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        return std::move(value);
      })
      .to(settings.output);
  return {builder.build(settings.optimization),
          [&progress](std::int64_t records) { return progress.count() >= records; }};
}

Workload count(const WorkloadSettings& settings, Progress& progress) {
  StreamsBuilder builder(settings.topology);
  builder.stream<std::string, std::int64_t>(settings.inputs[0])
      .peek([&progress](std::int64_t) { progress.add(); })
      .group_by_key()
      .count({.store_name = "counts"})
      .to_stream()
      .to(settings.output);
  return {builder.build(settings.optimization),
          [&progress](std::int64_t records) { return progress.count() >= records; }};
}

Workload email(const WorkloadSettings& settings, Progress& progress) {
  struct Stages {
    Progress sources, rekeyed_in, rekeyed_out;
  };
  auto stages = std::make_shared<Stages>();
  StreamsBuilder builder(settings.topology);
  const auto orders =
      builder.stream<std::int64_t, Order>(settings.inputs[0]).peek([&progress](const Order&) { progress.add(); });
  const auto payments = builder.stream<std::int64_t, Payment>(settings.inputs[1])
                            .select_key([&progress, stages](const Payment& payment) {
                              progress.add();
                              stages->rekeyed_in.add();
                              return payment.order_id;
                            })
                            .repartition({.name = "payments-by-order"})
                            .peek([stages](const Payment&) { stages->rekeyed_out.add(); });
  const auto customers = builder.global_table<std::int64_t, std::string>(settings.inputs[2]);
  orders
      .join(payments,
            [](const Order& order, const Payment& payment) {
              return PaidOrder{order.customer_id,    order.product_id, order.amount_cents,
                               payment.amount_cents, order.quantity,   payment.method};
            },
            JoinWindows::of_time_difference_and_grace(std::chrono::seconds(5), std::chrono::hours(24)),
            {.name = "orders-payments", .store_name = "orders-payments"})
      .join(
          customers, [](const PaidOrder& paid) { return paid.customer_id; },
          [](const PaidOrder& paid, const std::string& customer) {
            return PaidOrderOf{paid, customer};
          })
      .to(settings.output);
  return {builder.build(settings.optimization), [&progress, stages](std::int64_t records) {
            return progress.count() >= records && stages->rekeyed_out.count() >= stages->rekeyed_in.count();
          }};
}

struct Entry {
  std::size_t inputs;
  Workload (*make)(const WorkloadSettings&, Progress&);
};
const std::map<std::string, Entry> kWorkloads{
    {"passthrough", {1, passthrough}}, {"count", {1, count}}, {"email", {3, email}}};

}  // namespace

std::vector<std::string> workload_names() {
  std::vector<std::string> names;
  for (const auto& [name, entry] : kWorkloads) names.push_back(name);
  return names;
}

Workload make_workload(const std::string& name, const WorkloadSettings& settings, Progress& progress) {
  const auto found = kWorkloads.find(name);
  if (found == kWorkloads.end()) throw std::invalid_argument("unknown workload: " + name);
  if (settings.inputs.size() != found->second.inputs) {
    throw std::invalid_argument(name + " has " + std::to_string(found->second.inputs) + " input topics, not " +
                                std::to_string(settings.inputs.size()));
  }
  return found->second.make(settings, progress);
}

}  // namespace bench
