// The variants of the email service, and its options for one mail and no more.
#include "email_variants.hpp"
#include "email_topology.hpp"
#include "services_test.hpp"

#include <streams/embedded_cluster.hpp>

#include <chrono>
#include <map>

namespace orders {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using enum OrderState;

/// What goes into any of the topologies.
struct Inputs {
  explicit Inputs(const streams::Topology& topology, const std::string& application = "EmailService")
      : driver(topology, {{"application.id", application}}, kInMemory) {}
  void customer(const Customer& customer) {
    driver.create_input_topic<std::int64_t, Customer>("customers").pipe_input(customer.id, customer, kStart);
  }
  void order(const Order& order, std::int64_t at_ms = 0) {
    driver.create_input_topic<std::string, Order>("orders").pipe_input(order.id, order, kStart + at_ms);
  }
  void payment(const std::string& id, const std::string& order_id, std::int64_t at_ms = 0) {
    driver.create_input_topic<std::string, Payment>("payments")
        .pipe_input(id, Payment{id, order_id, "EUR", 60}, kStart + at_ms);
  }
  streams::TopologyTestDriver driver;
};

TEST(EmailVariants, APlatinumCustomerGetsAMailWhenAnOrderWasValidated) {
  std::vector<std::string> mails;
  Inputs in(platinum_mail_topology(
      [&](const CustomerMail& mail) { mails.push_back(mail.order.id + " " + mail.customer.email); }));
  in.customer(kImke);
  in.customer(kTolga);
  in.order(an_order("a", 101, "KETTLE", 2, 30));
  in.order(an_order("a", 101, "KETTLE", 2, 30, kValidated));
  in.order(an_order("b", 101, "KETTLE", 2, 30, kFailed));
  in.order(an_order("c", 102, "KETTLE", 2, 30, kValidated));  // silver
  in.order(an_order("d", 999, "KETTLE", 2, 30, kValidated));  // nobody
  EXPECT_THAT(mails, ElementsAre("a imke@example.org"));
}

TEST(EmailVariants, OrderAndPaymentAreBothNeededWithinAMinute) {
  std::vector<std::string> mails;
  Inputs in(paid_mail_topology([&](const PaidOrder& paid) { mails.push_back(paid.order.id + " " + paid.payment.id); }));
  in.payment("p1", "a");
  in.order(an_order("a", 101, "KETTLE", 2, 30), 50 * kSecond);
  in.order(an_order("b", 101, "KETTLE", 2, 30), 60 * kSecond);
  EXPECT_THAT(mails, ElementsAre("a p1"));
  in.payment("p2", "b", 121 * kSecond);
  EXPECT_THAT(mails, ElementsAre("a p1"));
}

TEST(EmailVariants, WithoutAStateEveryStateOfAnOrderNearItsPaymentIsMailed) {
  std::vector<std::string> mails;
  Inputs in(email_topology({.send_mail = [&](const Mail& mail) { mails.push_back(text_of(mail.order)); }}));
  in.customer(kImke);
  in.payment("p1", "a");
  in.order(an_order("a", 101, "KETTLE", 2, 30), 1);
  in.order(an_order("a", 101, "KETTLE", 2, 30, kValidated), 2);
  EXPECT_THAT(mails, ElementsAre("a CREATED 2 KETTLE v1", "a VALIDATED 2 KETTLE v1"));
}

TEST(EmailVariants, OneStateAndOneMailForAnOrderAlsoAcrossARestart) {
  std::vector<std::string> mails;
  Inputs in(email_topology({.send_mail = [&](const Mail& mail) { mails.push_back(text_of(mail.order)); }},
                           {.only_state = kValidated, .once_within = std::chrono::hours(1)}));
  in.customer(kImke);
  in.payment("p1", "a");
  in.order(an_order("a", 101, "KETTLE", 2, 30), 1);
  in.order(an_order("a", 101, "KETTLE", 2, 30, kValidated), 2);
  in.order(an_order("a", 101, "KETTLE", 1, 30, kValidated, 2), 3);
  in.payment("p2", "a", 4);
  in.driver.restart();
  in.order(an_order("a", 101, "KETTLE", 1, 30, kValidated, 2), 5);
  EXPECT_THAT(mails, ElementsAre("a VALIDATED 2 KETTLE v1"));
}

TEST(EmailVariants, CountsMailsByLevelAndRemembersTheCounts) {
  Inputs in(email_topology({.send_mail = [](const Mail&) {}}, {.count_mails = true}));
  for (const Customer& customer : {kImke, kTolga, kNoor}) in.customer(customer);
  for (int i = 0; i < 4; ++i) {
    const std::string id = std::to_string(i);
    in.order(an_order(id, i < 3 ? 101 : 103, "KETTLE", 2, 30), i);
    in.payment("p" + id, id, i);
    in.driver.restart();
  }
  std::map<std::string, std::int64_t> counts;
  for (auto [level, count] :
       in.driver.get_state_store<streams::KeyValueStore<std::string, std::int64_t>>(kMailsSentStore).all()) {
    counts[level] = count;
  }
  EXPECT_EQ(counts, (std::map<std::string, std::int64_t>{{"bronze", 1}, {"platinum", 3}}));
  EXPECT_TRUE(in.driver.produced_topic_names().contains("EmailService-mails-sent-changelog"));
}

TEST(EmailVariants, MailsOfPlatinumCustomersAreWrittenForOthersToSend) {
  Inputs in(platinum_stream_topology());
  in.customer(kImke);
  in.order(an_order("a", 101, "KETTLE", 2, 30, kValidated));
  auto mails = in.driver.create_output_topic<std::string, CustomerMail>("platinum-emails");
  const auto record = mails.read_record();
  EXPECT_EQ(record.key, "a");
  EXPECT_EQ(record.value->customer.email, "imke@example.org");
  EXPECT_TRUE(mails.empty());
}

TEST(EmailSidecar, SendsEachMailOnceAndGoesOnWhereItStopped) {
  streams::EmbeddedCluster cluster;
  create_topics(*cluster.clients().admin({}), ecosystem_topics(2));
  std::vector<std::string> sent;
  const auto write = [&](const std::string& id) {
    const std::string value = nlohmann::json(CustomerMail{an_order(id, 101, "KETTLE", 2, 30), kImke}).dump();
    EXPECT_TRUE(cluster.produce("platinum-emails", {.key = id, .value = value, .timestamp = kStart}).ok());
  };
  const auto run_until = [&](std::size_t mails) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    return run_mail_sidecar(
        cluster.clients(), "mails", [&](const CustomerMail& mail) { sent.push_back(mail.order.id); },
        [&] { return sent.size() >= mails || std::chrono::steady_clock::now() > deadline; });
  };
  write("a");
  EXPECT_EQ(run_until(1), "");
  write("b");
  write("c");
  EXPECT_EQ(run_until(3), "");
  EXPECT_THAT(sent, ::testing::UnorderedElementsAre("a", "b", "c"));
}

}  // namespace
}  // namespace orders
