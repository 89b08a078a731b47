// Views that drifted, views that are replaced, customers that are forgotten.
#include "divergence.hpp"
#include "forget_customer.hpp"
#include "operations_test.hpp"
#include "view_versions.hpp"

#include <examples/orders/model.hpp>
#include <streams/streams_builder.hpp>

#include <atomic>
#include <optional>
#include <random>

namespace operations {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

/// A view of "stock" in an application that runs.
class Divergence : public OperationsTest {
 protected:
  Divergence() {
    topic("stock", 2, "compact");
    for (int i = 0; i < 300; ++i) {
      write("stock", "p" + std::to_string(i % 50), i % 7 == 0 ? std::nullopt : std::optional(std::to_string(i)));
    }
    start();
  }
  void start() {
    streams::StreamsBuilder builder;
    builder.table<std::string, std::string>("stock", {.store_name = "levels"});
    view_ = application(builder.build(), "view");
    view_->start();
    ASSERT_TRUE(wait_until_caught_up(clients_, *view_, "view", "stock", std::chrono::seconds(30)));
  }
  Rows view() const {
    return rows_of(*view_->store("levels", streams::queryable::key_value<std::string, std::string>()));
  }

  std::shared_ptr<streams::KafkaStreams> view_;
};

TEST_F(Divergence, FindsWhatDriftedAndARebuildHealsIt) {
  const Rows log = fold(clients_, "stock");
  EXPECT_EQ(digest(view()), digest(log));
  EXPECT_THAT(differences(log, view()), IsEmpty());

  // While the view is down somebody repairs it by hand, where nobody but its application should write.
  view_->close();
  view_->clean_up();
  write("view-levels-changelog", "p1", std::nullopt);
  write("view-levels-changelog", "p2", "12 or so");
  write("view-levels-changelog", "p99", "1");
  start();
  EXPECT_NE(digest(view()), digest(log));
  EXPECT_THAT(differences(log, view()), ElementsAre("p1", "p2", "p99"));

  // A rebuild: without its changelog and its position it reads the log from the beginning.
  view_->close();
  view_->clean_up();
  const auto admin = clients_.admin({});
  check(admin->delete_topics({"view-levels-changelog"}, kPatienceMs), "cannot delete the changelog");
  check(admin->delete_group("view", kPatienceMs), "cannot delete the group");
  start();
  EXPECT_EQ(digest(view()), digest(log));
}

TEST(Digests, TellRowsApartWhateverTheirOrderAndPartitions) {
  const Rows rows{{"a", "1"}, {"b", "2"}, {"c", "3"}};
  Digest parts = digest({{"c", "3"}, {"a", "1"}});
  parts += digest({{"b", "2"}});
  EXPECT_EQ(parts, digest(rows));
  for (const Rows& other : {Rows{{"a", "2"}, {"b", "1"}, {"c", "3"}}, Rows{{"a", "1"}, {"b", "2"}},
                            Rows{{"a1", ""}, {"b", "2"}, {"c", "3"}}}) {
    EXPECT_NE(digest(other), digest(rows));
  }
}

class ViewVersions : public OperationsTest {
 protected:
  using View = streams::ReadOnlyKeyValueStore<std::string, std::int64_t>;

  ViewVersions() {
    topic(kAppointmentsTopic, 2, "compact");
    for (int i = 0; i < 400; ++i) appoint(i % 100);
  }
  void appoint(int customer) {
    const auto two = [](unsigned number) { return (number < 10 ? "0" : "") + std::to_string(number); };
    const std::string text = "2026-03-" + two(1 + random_() % 28) + "T" + two(random_() % 24) + ":" +
                             two(random_() % 60) + (random_() % 2 == 0 ? "+" : "-") + two(random_() % 12) + ":30";
    write(kAppointmentsTopic, name(customer), text);
    texts_[customer] = text;
  }
  static std::string name(int customer) { return "c" + std::to_string(customer); }
  std::shared_ptr<streams::KafkaStreams> start(int parser_version) {
    const std::string id = "appointments-v" + std::to_string(parser_version);
    auto app = application(appointments_topology(parser_version), id);
    app->start();
    EXPECT_TRUE(wait_until_caught_up(clients_, *app, id, kAppointmentsTopic, std::chrono::seconds(30)));
    return app;
  }
  /// Throws if the view cannot be asked.
  static std::int64_t ask(const ServedView& view, int customer) {
    const auto app = view.current();
    const auto store = app->store(kAppointmentsView, streams::queryable::key_value<std::string, std::int64_t>());
    return store->get(name(customer)).value();
  }
  /// What a version should say, from the texts themselves.
  void expect_all(const ServedView& view, int parser_version) {
    for (const auto& [customer, text] : texts_) {
      EXPECT_EQ(ask(view, customer), parse_appointment(text, parser_version)) << text;
    }
  }

  std::mt19937 random_{3};
  std::map<int, std::string> texts_;
};

TEST_F(ViewVersions, TheNewOneTakesOverWithoutAFailedRead) {
  ServedView view(start(1));
  expect_all(view, 1);

  std::atomic<bool> stop = false;
  std::atomic<std::int64_t> answers = 0, failures = 0;
  std::thread reader([&] {
    for (int i = 0; !stop; i = (i + 1) % 100) {
      try {
        ask(view, i);
        ++answers;
      } catch (const std::exception&) {
        ++failures;
      }
    }
  });
  const auto next = start(2);  // reads all appointments there are, with the parser that was put right
  const std::int64_t before = answers;
  view.swing_to(next);  // nobody holds the old one any longer: it is closed
  const bool goes_on = wait_for([&] { return answers > before + 100; });
  stop = true;
  reader.join();
  EXPECT_TRUE(goes_on);
  EXPECT_EQ(failures, 0);
  expect_all(view, 2);

  // It lives on from here, as the old one did.
  for (int i = 0; i < 20; ++i) appoint(i);
  EXPECT_TRUE(wait_until_caught_up(clients_, *next, "appointments-v2", kAppointmentsTopic, std::chrono::seconds(30)));
  expect_all(view, 2);
}

TEST_F(ViewVersions, LagCountsWhatIsNotProcessed) {
  EXPECT_EQ(input_lag(clients_, "appointments-v1", kAppointmentsTopic), 400);
  const auto app = start(1);
  EXPECT_EQ(input_lag(clients_, "appointments-v1", kAppointmentsTopic), 0);
  app->close();
  appoint(1);
  EXPECT_EQ(input_lag(clients_, "appointments-v1", kAppointmentsTopic), 1);
}

// Behind the last record of a transaction there is the mark of its end, which nobody processes.
TEST_F(ViewVersions, LagEndsAlsoWhereTransactionsEnd) {
  const auto app = start(1);
  for (int i = 0; i < 10; ++i) {
    const auto producer = clients_.producer({{"transactional.id", "appointments"}});
    check(producer->init_transactions(kPatienceMs), "init");
    check(producer->begin_transaction(), "begin");
    const streams::StoredRecord record{.timestamp = 5000, .key = "c1", .value = "2026-03-01T10:00+01:00"};
    check(producer->send(to_send(kAppointmentsTopic, i % 2, record)), "send");
    check(i % 3 == 0 ? producer->abort_transaction(kPatienceMs) : producer->commit_transaction(kPatienceMs), "end");
    EXPECT_TRUE(wait_until_caught_up(clients_, *app, "appointments-v1", kAppointmentsTopic, std::chrono::seconds(5)))
        << "after transaction " << i << ": " << input_lag(clients_, "appointments-v1", kAppointmentsTopic);
  }
}

TEST(Appointments, AreTakenForWhatTheyAre) {
  EXPECT_EQ(parse_appointment("1970-01-02T00:30+02:00", 1), 24 * 60 + 30);
  EXPECT_EQ(parse_appointment("1970-01-02T00:30+02:00", 2), 22 * 60 + 30);
  EXPECT_EQ(parse_appointment("1970-01-02T00:30-02:30", 2), 27 * 60);
  EXPECT_THROW(parse_appointment("tomorrow", 2), streams::SerializationError);
}

class ForgetCustomer : public OperationsTest {
 protected:
  ForgetCustomer() {
    topic("orders-latest", 3, "compact");
    topic("customers", 2, "compact");
    topic(kForgetTopic, 3);
    topic(kSalesTopic, 4, "compact");
  }
  std::unique_ptr<streams::client::Admin> admin_ = clients_.admin({});
  static streams::Bytes id_bytes(std::int64_t id) {
    streams::Bytes bytes;
    streams::detail::append_big_endian(bytes, id);
    return bytes;
  }
  void customer(std::int64_t id, const std::string& email) {
    write("customers", id_bytes(id), nlohmann::json(orders::Customer{.id = id, .email = email}).dump());
  }
  void order(const std::string& id, std::int64_t customer_id, const std::string& product, std::int32_t quantity,
             streams::Timestamp time = 1000) {
    const orders::Order order{id, customer_id, orders::OrderState::kShipped, product, quantity, 10, 1};
    write("orders-latest", id, nlohmann::json(order).dump(), time);
  }
  /// Mails to customers about their orders: a view, with the customers' addresses in its own topics.
  static streams::Topology addresses_topology() {
    streams::StreamsBuilder builder;
    const auto customers =
        builder.table<std::int64_t, orders::Customer>("customers", {.store_name = "customers-by-id"});
    builder.table<std::string, orders::Order>("orders-latest", {.store_name = "orders-by-id"})
        .join(
            customers, [](const orders::Order& order) { return std::optional(order.customer_id); },
            [](const orders::Order&, const orders::Customer& customer) { return customer.email; },
            {.store_name = "addresses"});
    return builder.build();
  }
  /// The topics that have it in a record's value.
  std::vector<std::string> topics_with(const std::string& text) const {
    std::vector<std::string> out;
    for (const auto& [topic, partitions] : cluster_.topics()) {
      const auto all = cluster_.read(topic, false);
      for (const streams::StoredRecord& record : all.value()) {
        if (!record.value || record.value->find(text) == std::string::npos) continue;
        if (out.empty() || out.back() != topic) out.push_back(topic);
      }
    }
    return out;
  }
};

TEST_F(ForgetCustomer, LeavesNoByteOfTheCustomer) {
  customer(101, "imke@example.org");
  customer(102, "tolga@example.org");
  order("a", 101, "KETTLE", 1);
  order("b", 102, "KETTLE", 2);
  order("c", 101, "LANTERN", 3);
  order("d", 101, "KETTLE", 4);
  const auto app = application(forget_customer_topology(*admin_), "forget");
  // The view's join sends rows through topics of its own, which are emptied now and then, by default every 30 s.
  const auto view = application(addresses_topology(), "addresses", {{"repartition.purge.interval.ms", "20"}});
  app->start();
  view->start();
  const auto addresses = [&]() -> Rows {
    try {
      return rows_of(*view->store("addresses", streams::queryable::key_value<std::string, std::string>()));
    } catch (const streams::InvalidStateStore&) {
      return {};
    }
  };
  ASSERT_TRUE(wait_for([&] { return addresses().size() == 4 && fold(clients_, kSalesTopic).size() == 3; }));

  write(kForgetTopic, id_bytes(101), "asked for on 1 March", 2000);
  ASSERT_TRUE(wait_for([&] { return addresses().size() == 1 && fold(clients_, "customers").size() == 1; }));
  EXPECT_EQ(addresses(), (Rows{{"b", "tolga@example.org"}}));
  EXPECT_TRUE(wait_for([&] { return fold(clients_, "orders-latest").size() == 1; }));
  EXPECT_EQ(fold(clients_, "orders-latest").begin()->first, "b");
  EXPECT_TRUE(wait_for([&] { return fold(clients_, kSalesTopic).size() == 1; }));
  EXPECT_EQ(fold(clients_, kSalesTopic).begin()->first, "KETTLE/102");

  EXPECT_THAT(topics_with("imke@example.org"), Not(IsEmpty())) << "tombstones alone delete nothing";
  EXPECT_TRUE(wait_for([&] {
    cluster_.clean();
    return topics_with("imke@example.org").empty();
  })) << ::testing::PrintToString(topics_with("imke@example.org"));
  EXPECT_THAT(topics_with("tolga@example.org"), Not(IsEmpty()));
}

TEST_F(ForgetCustomer, AnOrderThatWasOnItsWayIsForgottenToo) {
  const auto app = application(forget_customer_topology(*admin_), "forget");
  app->start();
  write(kForgetTopic, id_bytes(101), "", 2000);
  ASSERT_TRUE(wait_for([&] { return records("customers").size() == 1; }));
  order("late", 101, "KETTLE", 1, 1999);
  order("new", 101, "LANTERN", 1, 2001);  // the customer has come back
  ASSERT_TRUE(wait_for([&] { return records("orders-latest").size() == 3 && records(kSalesTopic).size() == 1; }));
  const Rows left = fold(clients_, "orders-latest");
  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(left.begin()->first, "new");
  EXPECT_EQ(records(kSalesTopic).front().key, "LANTERN/101");
}

TEST_F(ForgetCustomer, RowsAndTombstonesOfAProductAreInOnePartition) {
  for (int i = 0; i < 40; ++i) order("o" + std::to_string(i), i % 8, i % 2 == 0 ? "KETTLE" : "HAMMOCK", 1);
  const auto app = application(forget_customer_topology(*admin_), "forget");
  app->start();
  ASSERT_TRUE(wait_for([&] { return records(kSalesTopic).size() == 40; }));
  for (int id = 0; id < 8; ++id) write(kForgetTopic, id_bytes(id), "", 2000);
  ASSERT_TRUE(wait_for([&] { return records(kSalesTopic).size() == 48; }));
  for (const streams::StoredRecord& record : records(kSalesTopic)) {
    EXPECT_EQ(record.partition, sales_partition(*record.key, 4)) << *record.key;
  }
  EXPECT_NE(sales_partition("KETTLE/1", 4), sales_partition("HAMMOCK/1", 4)) << "or the test would show nothing";
  EXPECT_EQ(sales_partition("KETTLE/1", 4), sales_partition("KETTLE/7", 4));
}

TEST_F(ForgetCustomer, TopicsThatDoNotFitAreRefusedAtTheStart) {
  using ::testing::AllOf;
  using ::testing::HasSubstr;
  using ::testing::ThrowsMessage;
  ASSERT_TRUE(cluster_.add_partitions("orders-latest", 5).ok());
  EXPECT_THAT([&] { forget_customer_topology(*admin_); },
              ThrowsMessage<std::runtime_error>(
                  AllOf(HasSubstr("need equally many partitions, but orders-latest has 5, forget-customers has 3. A "
                                  "request finds"),
                        HasSubstr("Create the one with fewer anew"))));
  ASSERT_TRUE(cluster_.delete_topic(kForgetTopic).ok());
  EXPECT_THAT([&] { forget_customer_topology(*admin_); },
              ThrowsMessage<std::runtime_error>(
                  HasSubstr("There is no topic forget-customers. Create it with as many partitions as orders-latest")));
}

}  // namespace
}  // namespace operations
