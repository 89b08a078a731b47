// All services together on the embedded cluster: verdicts, stock, mails, also while services crash.
#include "ecosystem.hpp"
#include "load.hpp"

#include <streams/http/client.hpp>

#include <gmock/gmock.h>

#include <thread>

#include <unistd.h>

namespace orders {
namespace {

namespace http = streams::http;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

class EcosystemTest : public ::testing::Test {
 protected:
  void SetUp() override {
    EcosystemOptions options;
    options.state_dir = directory_;
    options.logger = streams::null_logger();
    ecosystem_.emplace(cluster_, options);
    ecosystem_->start();
  }
  void TearDown() override {
    ecosystem_.reset();
    std::filesystem::remove_all(directory_);
  }
  http::Response ask(const http::ClientRequest& request) {
    auto response = http::Client(ecosystem_->address()).send(request, 100s);
    EXPECT_TRUE(response.ok()) << response.status().message();
    return response.ok() ? std::move(response).value() : http::Response{.status = 0};
  }
  nlohmann::json get(const std::string& target) {
    const http::Response response = ask({.target = target});
    EXPECT_EQ(response.status, 200) << target << ": " << response.body;
    return nlohmann::json::parse(response.body, nullptr, false);
  }
  /// Orders, and gives what is decided.
  std::string decision(const std::string& id, const std::string& product, std::int32_t quantity, double price = 30) {
    const Order order{.id = id, .customer_id = 101, .product = product, .quantity = quantity, .price = price};
    EXPECT_EQ(
        ask({.method = "POST", .target = "/v1/orders?timeout=60000", .body = nlohmann::json(order).dump()}).status,
        201);
    return get("/v1/orders/" + id + "/validated?timeout=60000").value("state", "");
  }
  template <class Condition>
  bool soon(Condition condition) {
    const auto end = std::chrono::steady_clock::now() + 60s;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(10ms);
    }
    return true;
  }

  const std::filesystem::path directory_ =
      std::filesystem::temp_directory_path() /
      ("ecosystem-" + std::to_string(::getpid()) + ::testing::UnitTest::GetInstance()->current_test_info()->name());
  streams::EmbeddedCluster embedded_;
  Cluster cluster_{embedded_};
  std::optional<Ecosystem> ecosystem_;
};

TEST_F(EcosystemTest, AnOrderThatPassesItsChecksIsValidatedAndReservesStock) {
  EXPECT_EQ(decision("ord-7", "KETTLE", 2), "VALIDATED");
  EXPECT_EQ(get("/v1/stock")["KETTLE"]["reserved"], 2);
}

TEST_F(EcosystemTest, TheLastPieceIsSoldOnce) {
  for (int i = 0; i < 25; ++i) ASSERT_EQ(decision("ham-" + std::to_string(i), "HAMMOCK", 1, 1), "VALIDATED") << i;
  EXPECT_EQ(decision("ham-25", "HAMMOCK", 1, 1), "FAILED");
  EXPECT_EQ(get("/v1/stock")["HAMMOCK"]["reserved"], 25);
}

TEST_F(EcosystemTest, AnOrderWithoutStockFails) { EXPECT_EQ(decision("ord-1", "COMPASS", 1), "FAILED"); }

TEST_F(EcosystemTest, StockIsLetGoWhenAnotherCheckFails) {
  EXPECT_EQ(decision("ord-1", "LANTERN", 5, 1000), "FAILED") << "too much at once";
  EXPECT_TRUE(soon([&] { return get("/v1/stock")["LANTERN"]["reserved"] == 0; }));
}

TEST_F(EcosystemTest, ViewsAndMailsFollow) {
  ASSERT_EQ(decision("ord-1", "KETTLE", 2), "VALIDATED");
  const Payment payment{"pay-1", "ord-1", "EUR", 60};
  ASSERT_EQ(ask({.method = "POST", .target = "/v1/payments", .body = nlohmann::json(payment).dump()}).status, 201);
  EXPECT_TRUE(soon([&] { return get("/v1/mails") == nlohmann::json{{"platinum", 1}}; }));
  EXPECT_TRUE(soon([&] {
    const auto rows = get("/v1/grid?size=5");
    const auto part = [&](const char* path) {
      return rows[0].value(nlohmann::json::json_pointer(path), nlohmann::json());
    };
    return rows.size() == 1 && part("/order/state") == "VALIDATED" && part("/payment/amount") == 60 &&
           part("/customer/first_name") == "Imke";
  }));
  EXPECT_EQ(get("/v1/customers/101/orders?min=60&max=60&status=VALIDATED&country=NL").size(), 1u);
  EXPECT_EQ(get("/v1/customers/101/orders?min=61").size(), 0u);
  EXPECT_TRUE(soon([&] { return get("/v1/revenue").size() == 1; }));
}

TEST_F(EcosystemTest, CrashesChangeNothingInTheEnd) {
  Load load(ecosystem_->address(), {.rate = 60, .prefix = "load-", .connections = 24});
  load.start();
  for (const char* name : {"FraudService", "InventoryService", "ValidationsAggregatorService"}) {
    ASSERT_EQ(ask({.method = "POST", .target = std::string("/v1/services/") + name + "/crash"}).status, 200);
    ASSERT_TRUE(soon([&] { return ecosystem_->service(name).state() == "ERROR"; })) << name;
    const Order meanwhile{
        .id = std::string("while-away-") + name, .customer_id = 103, .product = "COMPASS", .quantity = 1};
    ASSERT_EQ(ask({.method = "POST", .target = "/v1/orders", .body = nlohmann::json(meanwhile).dump()}).status, 201)
        << "orders are taken all the time";
    ASSERT_EQ(ask({.method = "POST", .target = std::string("/v1/services/") + name + "/start"}).status, 200);
  }
  const std::int64_t enough = load.posted() + 100;
  ASSERT_TRUE(soon([&] { return load.posted() >= enough; })) << "everything goes on";
  load.stop();
  const LoadReport report = load.check(90'000);
  EXPECT_THAT(report.wrong, ::testing::IsEmpty());
  EXPECT_EQ(report.decided, report.posted);
  for (const auto& [product, pieces] : report.reserved) {
    EXPECT_TRUE(soon([&, p = product, n = pieces] { return get("/v1/stock")[p]["reserved"] == n; }))
        << product << " " << get("/v1/stock").dump() << " instead of " << pieces;
  }
}

TEST_F(EcosystemTest, ThePageAndWhatItAsksForAreThere) {
  EXPECT_THAT(ask({.target = "/"}).body, HasSubstr("<title>Orders</title>"));
  ASSERT_EQ(decision("ord-1", "KETTLE", 1), "VALIDATED");
  const auto events = get("/v1/events?after=0");
  EXPECT_GE(events["next"], 5) << "customers and stock at least";
  EXPECT_TRUE(soon([&] {
    const auto services = get("/v1/services")["services"];
    return services.size() == 10 && services[1]["reads"][0]["lag"] == 0;
  }));
  EXPECT_EQ(ask({.target = "/v1/events?timeout=100&after=999999"}).status, 504) << "nothing new";
  EXPECT_EQ(ask({.target = "/v1/events?after=x"}).status, 400);
}

TEST_F(EcosystemTest, MistakesSayWhatIsWrong) {
  EXPECT_THAT(ask({.method = "POST", .target = "/v1/services/NoService/stop"}).body, HasSubstr("FraudService"));
  EXPECT_EQ(ask({.method = "POST", .target = "/v1/services/FraudService/paint"}).status, 404);
  EXPECT_EQ(ask({.method = "POST", .target = "/v1/stock/KETTLE?level=-1"}).status, 400);
  EXPECT_EQ(ask({.method = "POST", .target = "/v1/payments", .body = "{"}).status, 400);
  EXPECT_EQ(ask({.target = "/v1/customers/x/orders"}).status, 400);
  EXPECT_THAT(ask({.target = "/v1/customers/1/orders?status=LOST"}).body, HasSubstr("VALIDATED"));
  ASSERT_EQ(ask({.method = "POST", .target = "/v1/services/EmailService/stop"}).status, 200);
  EXPECT_EQ(ask({.target = "/v1/mails"}).status, 503);
}

}  // namespace
}  // namespace orders
