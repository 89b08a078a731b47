// Several processes of the orders service on a real cluster: whichever is asked, and whichever dies.
#include "broker/orders_app.hpp"

#include <streams/http/client.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <future>
#include <set>
#include <thread>

namespace streams::testing {
namespace {

using orders::Order;
using orders::OrderState;
using ::testing::AnyOf;
using ::testing::HasSubstr;

Order order(const std::string& id, OrderState state = OrderState::kCreated) {
  return {.id = id, .customer_id = 101, .state = state, .product = "KETTLE", .quantity = 1000, .price = 2.5};
}
std::string text_of(const Order& one) { return nlohmann::json(one).dump(); }

/// One process of the orders service.
class Instance {
 public:
  Instance(std::vector<std::string> command, const std::string& output)
      : process_(in_shell(std::move(command), output), {}), output_(output) {}

  /// Waits until its first line says where it listens.
  bool begins() {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (std::chrono::steady_clock::now() < deadline && process_.alive()) {
      std::ifstream file(output_);
      std::string line;
      if (std::getline(file, line) && !file.eof()) {
        address_ = HostInfo::parse(line);  // "OrdersService: http://host:port"
        return address_ != HostInfo::unknown();
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return false;
  }
  http::Response send(const http::ClientRequest& request) const {
    auto response = http::Client(address_).send(request, std::chrono::seconds(90));
    if (!response.ok()) return {.status = 0, .body = response.status().message()};
    return std::move(response).value();
  }
  http::Response get(const std::string& rest) const {
    const std::string timeout = rest.find('?') == std::string::npos ? "?timeout=60000" : "&timeout=60000";
    return send({.target = "/v1/orders/" + rest + timeout});
  }
  http::Response post(const Order& one) const {
    return send({.method = "POST", .target = "/v1/orders?timeout=60000", .body = text_of(one)});
  }
  /// A metric of its HTTP server; -1: not there.
  std::int64_t metric(const std::string& name) const {
    const std::string text = send({.target = "/metrics"}).body, line = "\nkafka_streams_http_" + name + " ";
    const std::size_t at = text.find(line);
    return at == std::string::npos ? -1 : std::stoll(text.substr(at + line.size()));
  }
  std::int64_t passed_on() const { return metric("passed_on_total"); }
  /// Requests that wait, without the one that asks.
  std::int64_t waiting() const { return metric("waiting") - 1; }
  Worker& process() { return process_; }

 private:
  static std::vector<std::string> in_shell(std::vector<std::string> command, const std::string& output) {
    command.insert(command.begin(), {"sh", "-c", "exec \"$0\" \"$@\" >'" + output + "'"});
    return command;
  }
  Worker process_;
  const std::string output_;
  HostInfo address_;
};

class OrdersInstances : public OrdersAppTest {
 protected:
  void SetUp() override { KafkaAppTest::SetUp(); }  // the programs create their topics
  std::unique_ptr<Instance> start(const std::string& instance) {
    auto line = command("orders_service", "OrdersService", instance);
    line.insert(line.end(), {"--port", "0"});
    auto out = std::make_unique<Instance>(line, directory(instance + "-" + std::to_string(++started_)));
    EXPECT_TRUE(out->begins()) << instance;
    return out;
  }
  std::unique_ptr<Worker> start_commands() { return program("order_commands_service", "OrderCommandsService"); }
  /// Until each of so many has partitions.
  bool shared_by(std::size_t instances) {
    return wait_until([&] {
      const auto group = admin_->describe_group(name("OrdersService"), kTimeoutMs);
      if (!group.ok() || group.value().state != "Stable" || group.value().members.size() != instances) return false;
      return std::ranges::none_of(group.value().members, [](const auto& member) { return member.assignment.empty(); });
    });
  }
  void write(const Order& one) { produce(name("orders"), {{one.id, text_of(one)}}); }
  std::string id(int number) const { return "ord-" + std::to_string(number); }

 private:
  int started_ = 0;
};

using Answer = std::future<http::Response>;

template <class Ask>
Answer later(Ask ask) {
  return std::async(std::launch::async, std::move(ask));
}

TEST_F(OrdersInstances, EachAnswersForAllOrders) {
  const auto a = start("a"), b = start("b");
  ASSERT_TRUE(shared_by(2));
  for (int i = 0; i < 100; ++i) {
    const http::Response created = (i % 2 == 0 ? *a : *b).post(order(id(i)));
    ASSERT_EQ(created.status, 201) << i << ": " << created.body;
  }
  for (int i = 0; i < 100; ++i) {
    for (const Instance* one : {a.get(), b.get()}) {
      const http::Response found = one->get(id(i));
      EXPECT_EQ(found.status, 200) << i;
      EXPECT_EQ(found.body, text_of(order(id(i))));
    }
  }
  EXPECT_GT(a->passed_on(), 0);
  EXPECT_GT(b->passed_on(), 0);
  EXPECT_EQ(a->process().stop(), 0);
  EXPECT_EQ(b->process().stop(), 0);
}

TEST_F(OrdersInstances, OneUpdateAnswersAllWhoWaitForIt) {
  const auto a = start("a"), b = start("b");
  ASSERT_TRUE(shared_by(2));
  ASSERT_EQ(a->post(order("ord-1")).status, 201);
  std::vector<Answer> answers;
  for (int i = 0; i < 10; ++i)
    answers.push_back(later([&one = i % 2 == 0 ? *a : *b] { return one.get("ord-1/validated"); }));
  // The owner has its own five, and those that the other passes on.
  ASSERT_TRUE(wait_until([&] { return std::max(a->waiting(), b->waiting()) == 10; }));
  const Order decided = order("ord-1", OrderState::kValidated);
  write(decided);
  for (Answer& answer : answers) {
    const http::Response response = answer.get();
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, text_of(decided));
  }
}

TEST_F(OrdersInstances, NothingIsLostWhenTheOwnerIsKilled) {
  constexpr int kOrders = 40;
  auto a = start("a");
  const auto b = start("b");
  ASSERT_TRUE(shared_by(2));
  std::set<std::string> stored;
  for (int i = 0; i < kOrders; ++i) {
    ASSERT_EQ(b->post(order(id(i))).status, 201);
    stored.insert(id(i));
  }
  const std::int64_t posts_passed_on = b->passed_on();
  std::vector<Answer> parked;
  for (int i = 0; i < kOrders; ++i) parked.push_back(later([&, i] { return b->get(id(i) + "/validated"); }));
  ASSERT_TRUE(wait_until([&] {
    const std::int64_t at_a = a->waiting();
    return at_a > 0 && b->waiting() == kOrders && b->passed_on() - posts_passed_on == at_a;
  })) << "all are parked, some of them at the one who is about to die";
  a->process().kill();

  std::vector<Answer> posts;
  for (int i = kOrders; i < kOrders + 20; ++i) posts.push_back(later([&, i] { return b->post(order(id(i))); }));
  for (int i = 0; i < kOrders; ++i) write(order(id(i), OrderState::kValidated));
  a = start("a");
  for (int i = 0; i < kOrders; ++i) {
    const http::Response response = parked[static_cast<std::size_t>(i)].get();
    EXPECT_EQ(response.status, 200) << i << ": " << response.body;
    EXPECT_EQ(response.body, text_of(order(id(i), OrderState::kValidated)));
  }
  for (std::size_t i = 0; i < posts.size(); ++i) {
    const http::Response response = posts[i].get();
    EXPECT_THAT(response.status, AnyOf(201, 502, 503, 504)) << response.body;
    if (response.status == 201) stored.insert(id(kOrders + static_cast<int>(i)));
  }
  // Survivors and newcomers know of all that was given, as soon as they answer.
  for (const std::string& one : stored) {
    const http::Response again = (one.back() % 2 == 0 ? *a : *b).post({.id = one, .customer_id = 1, .product = "X"});
    EXPECT_THAT(again.status, AnyOf(409, 503)) << one << ": " << again.body;
  }
  for (const std::string& one : stored) {
    const http::Response from_a = a->get(one), from_b = b->get(one);
    EXPECT_EQ(from_a.status, 200) << one << ": " << from_a.body;
    EXPECT_EQ(from_a.body, from_b.body);
  }
}

TEST_F(OrdersInstances, OfTwoUpdatesOfOneVersionTheSecondIsRefused) {
  std::vector<std::unique_ptr<Instance>> instances;
  instances.push_back(start("a"));
  instances.push_back(start("b"));
  const auto commands = start_commands();
  ASSERT_EQ(instances[0]->post(order("ord-1")).status, 201);
  // "No transition": the commands service runs and knows the order.
  ASSERT_TRUE(wait_until([&] {
    return instances[1]->send({.method = "POST", .target = "/v1/orders/ord-1/ship?timeout=5000"}).status == 409;
  }));
  constexpr std::int32_t kRounds = 20;
  for (std::int32_t version = 1; version <= kRounds; ++version) {
    if (version == kRounds / 2) instances.push_back(start("c"));  // partitions move while results are waited for
    std::vector<Answer> answers;
    std::vector<Order> wanted;
    for (const auto& instance : instances) {
      wanted.push_back(order("ord-1"));
      wanted.back().quantity -= 3 * version + static_cast<std::int32_t>(wanted.size());
      answers.push_back(later([&one = *instance, body = text_of(wanted.back()), version] {
        return one.send({.method = "PUT",
                         .target = "/v1/orders/ord-1?timeout=60000",
                         .body = body,
                         .headers = {{"If-Match", "\"" + std::to_string(version) + "\""}}});
      }));
    }
    const std::string next = std::to_string(version + 1);
    std::string shown;
    for (std::size_t i = 0; i < answers.size(); ++i) {
      const http::Response response = answers[i].get();
      EXPECT_EQ(response.headers.count("etag") > 0 ? response.headers.at("etag") : "", "\"" + next + "-CREATED\"");
      if (response.status != 200) {
        EXPECT_EQ(response.status, 409) << response.body;
        EXPECT_THAT(response.body, HasSubstr("version " + std::to_string(version) + " is not " + next));
        continue;
      }
      EXPECT_EQ(shown, "") << "a second one was accepted";
      wanted[i].version = version + 1;
      shown = text_of(wanted[i]);
    }
    for (const auto& instance : instances) ASSERT_EQ(instance->get("ord-1?version=" + next).body, shown) << version;
  }
}

}  // namespace
}  // namespace streams::testing
