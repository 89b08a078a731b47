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
using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Matches;
using ::testing::Not;
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
  for (const char* name : {"FraudService", "InventoryService", "ValidationsAggregatorService", "EmailService"}) {
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
  EXPECT_THAT(report.wrong, IsEmpty());
  EXPECT_EQ(report.decided, report.posted);
  EXPECT_GT(report.mails, 0);
}

TEST_F(EcosystemTest, StartCallsOffACrashThatHasNotHappened) {
  ASSERT_TRUE(soon([&] { return ecosystem_->service("FraudService").state() == "RUNNING"; }));
  const auto application = ecosystem_->service("FraudService").application();
  ecosystem_->service("FraudService").crash();
  ecosystem_->service("FraudService").start();
  EXPECT_EQ(decision("ord-1", "KETTLE", 1), "VALIDATED");
  EXPECT_EQ(ecosystem_->service("FraudService").application(), application);
}

TEST_F(EcosystemTest, TheGeneratorEndsAfterAsManyOrdersAsItIsTold) {
  Load load(ecosystem_->address(), {.rate = 1000, .orders = 20, .prefix = "load-"});
  load.start();
  ASSERT_TRUE(soon([&] { return load.posted() >= 20 && load.open() == 0; }));
  load.stop();
  EXPECT_EQ(load.posted(), 20);
  EXPECT_THAT(load.check(90'000).wrong, ::testing::IsEmpty());
}

TEST_F(EcosystemTest, OrdersPileUpAtTheirRateWhileACheckerIsAwayUpToTheBound) {
  ecosystem_->service("FraudService").stop();
  Load load(ecosystem_->address(), {.rate = 200, .prefix = "load-", .connections = 4, .bound = 60});
  load.start();
  ASSERT_TRUE(soon([&] { return load.open() == 60; })) << load.open() << " undecided orders";
  ecosystem_->service("FraudService").start();
  ASSERT_TRUE(soon([&] { return load.posted() > 100; })) << "everything goes on";
  load.stop();
  const LoadReport report = load.check(90'000);
  EXPECT_EQ(report.most_open, 60);
  EXPECT_THAT(report.wrong, IsEmpty());
}

TEST_F(EcosystemTest, TheCheckSeesLostMailsAndStockThatNobodyOrdered) {
  Load load(ecosystem_->address(), {.rate = 100, .prefix = "load-"});
  load.start();
  ASSERT_TRUE(soon([&] { return load.posted() > 20; }));
  load.stop();
  ASSERT_THAT(load.check(90'000).wrong, IsEmpty());
  ASSERT_EQ(decision("load-by-another", "LANTERN", 2), "VALIDATED");
  const Payment payment{"pay-1", "load-by-another", "EUR", 60};
  ASSERT_EQ(ask({.method = "POST", .target = "/v1/payments", .body = nlohmann::json(payment).dump()}).status, 201);
  ASSERT_TRUE(soon([&] { return get("/v1/mails/sent?prefix=load-b").size() == 1; }));
  EXPECT_THAT(load.check(2000).wrong, ElementsAre(AllOf(HasSubstr("LANTERN"), HasSubstr("reserved for these orders")),
                                                  "order load-by-another got a mail, but nobody placed it"));

  ecosystem_->service("EmailService").stop();
  Load without_mails(ecosystem_->address(), {.rate = 100, .prefix = "silent-"});
  without_mails.start();
  ASSERT_TRUE(soon([&] { return without_mails.posted() > 20; }));
  without_mails.stop();
  std::vector<std::string> wrong;
  const auto lost_mails_alone = AllOf(Not(IsEmpty()), Each(HasSubstr("got no mail")));
  EXPECT_TRUE(soon([&] { return Matches(lost_mails_alone)(wrong = without_mails.check(2000).wrong); }))
      << ::testing::PrintToString(wrong);
}

PlacedOrder placed(const std::string& id, OrderState state, PlacedOrder::Mail mail) {
  return {{.id = id, .product = "KETTLE", .quantity = 2}, state, mail};
}
const std::vector<PlacedOrder> kPlaced{placed("a", OrderState::kValidated, PlacedOrder::Mail::kOne),
                                       placed("b", OrderState::kValidated, PlacedOrder::Mail::kEither),
                                       placed("c", OrderState::kFailed, PlacedOrder::Mail::kNone)};

TEST(LoadModel, SeesADoubledAndALostReservation) {
  using Stock = std::map<std::string, ReservedStock>;
  EXPECT_THAT(stock_differences(kPlaced, Stock{{"KETTLE", {4, 4, 4}}, {"LAMP", {}}}), IsEmpty());
  EXPECT_THAT(stock_differences(kPlaced, Stock{{"KETTLE", {9, 9, 4}}}), IsEmpty()) << "others order, too";
  EXPECT_THAT(stock_differences(kPlaced, Stock{{"KETTLE", {6, 4, 4}}}),
              ElementsAre("KETTLE: 6 pieces reserved, but orders hold 4"));
  EXPECT_THAT(stock_differences(kPlaced, Stock{{"KETTLE", {6, 6, 6}}}),
              ElementsAre("KETTLE: 6 pieces reserved for these orders instead of 4"));
  EXPECT_THAT(stock_differences(kPlaced, Stock{{"KETTLE", {4, 4, 4}}, {"LAMP", {1, 1, 1}}}),
              ElementsAre("LAMP: 1 piece reserved for these orders instead of 0"));
  EXPECT_THAT(stock_differences(kPlaced, {}), ElementsAre("KETTLE: 0 pieces reserved for these orders instead of 4"));
}

TEST(LoadModel, SeesLostMailsAndThoseThatNobodyShouldGet) {
  using Mails = std::map<std::string, std::int64_t>;
  EXPECT_THAT(mail_differences(kPlaced, Mails{{"a", 1}}), IsEmpty());
  EXPECT_THAT(mail_differences(kPlaced, Mails{{"a", 2}, {"b", 1}}), IsEmpty());
  EXPECT_THAT(mail_differences(kPlaced, Mails{{"b", 1}, {"c", 1}, {"d", 1}}),
              ElementsAre("order a got no mail", "order c got a mail", "order d got a mail, but nobody placed it"));
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
