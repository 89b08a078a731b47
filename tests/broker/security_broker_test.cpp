// An application on a secured cluster: logins of every kind, and what happens where one of them or a permission fails.
#include "broker/kafka_app.hpp"

#include <streams/kafka_clients.hpp>
#include <streams/kafka_streams.hpp>
#include <streams/streams_builder.hpp>

#include <gmock/gmock.h>
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <mutex>
#include <sstream>

namespace streams::testing {
namespace {

using ::testing::AllOf;
using ::testing::Combine;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Values;
using ::testing::ValuesIn;
using State = KafkaStreams::State;
using Strings = std::vector<std::string>;

constexpr const char* kGuarantees[] = {"at_least_once", "exactly_once_v2"};
constexpr int kScramMended = 0x02060100;  // librdkafka's version
constexpr const char* kSecrets[] = {"app-plain", "app-scram", "not-the-password"};

void replace(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

/// One permission of the document: the arguments of its command, with one operation.
struct Documented {
  std::string operation;
  std::string resource;  ///< the rest: "--topic text-lines"
  bool operator==(const Documented&) const = default;
  std::string arguments() const { return "--operation " + operation + " " + resource; }
  friend void PrintTo(const Documented& one, std::ostream* out) { *out << one.arguments(); }
};

std::vector<Documented> documented() {
  std::vector<Documented> out;
  std::ifstream file(SECURITY_DOCUMENT);
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("acl --")) continue;
    std::istringstream words(line.substr(4));
    Strings operations;
    std::string resource, word, value;
    while (words >> word >> value) {
      if (word == "--operation")
        operations.push_back(value);
      else
        resource += (resource.empty() ? "" : " ") + word + " " + value;
    }
    for (const std::string& operation : operations) out.push_back({operation, resource});
  }
  return out;
}

std::string name_of(const Documented& permission) {
  std::string name = permission.operation;
  for (const char c : permission.resource) name += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  return name;
}

class SecurityTest : public KafkaAppTest {
 protected:
  ~SecurityTest() override { admin_.reset(); }  // the topics go with the broker
  /// One for all tests of this program.
  static OwnBroker& broker() {
    static OwnBroker broker(
        (std::filesystem::temp_directory_path() / ("security-" + std::to_string(getpid()))).string(),
        OwnBroker::Security::kSecured);
    return broker;
  }

  void SetUp() override {
    if (const std::string why = no_own_broker(); !why.empty()) {
      if (test_broker().required) FAIL() << why;
      GTEST_SKIP() << why;
    }
    static const std::string address = broker().start();
    ASSERT_NE(address, "") << "no broker could be started";
    const auto admin = broker().client("admin");
    use(admin.at("bootstrap.servers"), {admin.begin(), admin.end()});
    create(name("in"), 2);
    create(name("out"), 2);
  }
  /// Whatever was tested: nobody may have told a password.
  void TearDown() override {
    for (const char* secret : kSecrets) EXPECT_THAT(log(), Not(HasSubstr(secret)));
  }

  std::string app_id() const { return name("app"); }
  /// A text of the document, for this test's application.
  std::string ours(std::string text) const {
    replace(text, "text-lines", name("in"));
    replace(text, "word-counts", name("out"));
    replace(text, "word-count", app_id());
    return text;
  }
  /// Gives the user `app` all permissions of the document but these.
  void permit_all_but(const std::vector<Documented>& missing) {
    Strings acls;
    for (const Documented& permission : documented()) {
      if (std::ranges::find(missing, permission) != missing.end()) continue;
      acls.push_back(ours("--allow-principal User:app " + permission.arguments()));
    }
    ASSERT_TRUE(broker().set_acls(acls));
  }

  /// Counts words, with a repartition topic and a changelog.
  Topology topology() const {
    StreamsBuilder builder;
    builder.stream<std::string, std::string>(name("in"))
        .group_by([](const std::string&, const std::string& word) { return word; })
        .count({.store_name = "counts"})
        .map_values([](std::int64_t count) { return std::to_string(count); })
        .to_stream()
        .to(name("out"));
    return builder.build();
  }
  StreamsConfig config(const std::string& login, const std::string& guarantee) {
    auto with = settings("state");
    for (const auto& [key, value] : broker().client(login)) with[key] = value;
    with["processing.guarantee"] = guarantee;
    with["repartition.purge.interval.ms"] = "100";
    StreamsConfig out(with);
    out.set_logger(function_logger(
        [this](LogLevel, std::string_view line) {
          const std::lock_guard lock(mutex_);
          log_.append(line).append("\n");
        },
        LogLevel::kDebug));
    return out;
  }
  std::string log() {
    const std::lock_guard lock(mutex_);
    return log_;
  }

  void produce_words(int count) {
    std::vector<std::pair<std::string, std::string>> records;
    for (int i = 0; i < count; ++i) {
      const std::string word = "word-" + std::to_string(i % 3);
      records.emplace_back(std::to_string(i), word);
      ++expected_[word];
    }
    produce(name("in"), records);
  }
  /// The last count of each word.
  std::map<std::string, int> counts() {
    std::map<std::string, int> out;
    for (const ReadRecord& r : read(name("out"))) out[*r.key] = std::stoi(*r.value);
    return out;
  }
  bool all_counted() {
    const auto now = counts();
    return std::ranges::all_of(expected_, [&](const auto& word) {
      const auto found = now.find(word.first);
      return found != now.end() && found->second >= word.second;
    });
  }

  /// Runs the application until everything is counted and its log says `logged`.
  void expect_counts(const StreamsConfig& config, const std::string& logged = {}) {
    KafkaStreams app(topology(), config);
    app.start();
    EXPECT_TRUE(wait_until([&] {
      return (all_counted() && log().find(logged) != std::string::npos) || !app.last_error().empty();
    })) << "it does not say '"
        << logged << "':\n"
        << log();
    EXPECT_TRUE(app.close(std::chrono::seconds(30)));
    EXPECT_EQ(app.last_error(), "");
    if (config.get("processing.guarantee") == "exactly_once_v2") {
      EXPECT_EQ(counts(), expected_);
    } else {  // what was written before a failure is written again
      EXPECT_TRUE(all_counted());
    }
  }
  /// Runs the application until it fails, and gives what it says then.
  std::string failure(const StreamsConfig& config) {
    KafkaStreams app(topology(), config);
    app.start();
    EXPECT_TRUE(wait_until([&] { return app.state() == State::kError; }, std::chrono::seconds(30)))
        << "it does not fail:\n"
        << log();
    std::string error = app.last_error();
    EXPECT_TRUE(app.close(std::chrono::seconds(30)));
    return error;
  }

  std::map<std::string, int> expected_;

 private:
  std::mutex mutex_;
  std::string log_;
};

// -- logins

class Login : public SecurityTest, public ::testing::WithParamInterface<std::tuple<const char*, const char*>> {};
INSTANTIATE_TEST_SUITE_P(Logins, Login,
                         Combine(Values("plain", "scram256", "scram512", "mutual"), ValuesIn(kGuarantees)),
                         [](const auto& of) {
                           return std::string(std::get<0>(of.param)) + "_" + std::get<1>(of.param);
                         });

TEST_P(Login, WorksWithTheDocumentedPermissions) {
  const auto [login, guarantee] = GetParam();
  if (std::string_view(login).starts_with("scram") && rd_kafka_version() < kScramMended) {
    GTEST_SKIP() << "librdkafka " << rd_kafka_version_str() << " cannot log in by SCRAM to Kafka 4, 2.6.1 can";
  }
  permit_all_but({});
  produce_words(30);
  expect_counts(config(login, guarantee));
}

struct BadLogin {
  const char* name;
  const char* login;                           ///< whose settings
  std::map<std::string, std::string> changes;  ///< "TLS" stands for the broker's folder of certificates
  Strings told;
  friend void PrintTo(const BadLogin& login, std::ostream* out) { *out << login.name; }
};

class Refused : public SecurityTest, public ::testing::WithParamInterface<BadLogin> {};
INSTANTIATE_TEST_SUITE_P(Logins, Refused,
                         Values(BadLogin{"WrongPassword",
                                         "plain",
                                         {{"sasl.password", "not-the-password"}},
                                         {"Invalid username or password", "sasl.password", "(app)"}},
                                BadLogin{"WrongScramPassword",
                                         "scram512",
                                         {{"sasl.password", "not-the-password"}},
                                         {"SCRAM-SHA-512", "sasl.password", "(app)"}},
                                BadLogin{"UnknownMechanism",
                                         "plain",
                                         {{"sasl.mechanism", "OAUTHBEARER"},
                                          {"enable.sasl.oauthbearer.unsecure.jwt", "true"},
                                          {"sasl.oauthbearer.config", "principal=app"}},
                                         {"OAUTHBEARER", "PLAIN,SCRAM-SHA-512,SCRAM-SHA-256", "Set sasl.mechanism"}},
                                BadLogin{"UntrustedBroker",
                                         "plain",
                                         {{"ssl.ca.location", "TLS/app.pem"}},
                                         {"certificate is not trusted", "ssl.ca.location"}},
                                BadLogin{"WrongHostName",
                                         "plain",
                                         {{"bootstrap.servers", "localhost"}},
                                         {"localhost:", "hostname mismatch", "subjectAltName",
                                          "ssl.endpoint.identification.algorithm"}},
                                BadLogin{"NoCertificate",
                                         "mutual",
                                         {{"ssl.certificate.location", ""}, {"ssl.key.location", ""}},
                                         {"bad certificate", "ssl.certificate.location", "ssl.key.location"}}),
                         [](const auto& of) { return of.param.name; });

TEST_P(Refused, NamesTheBrokerTheReasonAndTheSetting) {
  permit_all_but({});
  StreamsConfig with = config(GetParam().login, "exactly_once_v2");
  const std::string ca = with.get("ssl.ca.location");
  const std::string address = with.get("bootstrap.servers");
  const std::string port = address.substr(address.find(':'));
  for (auto [key, value] : GetParam().changes) {
    replace(value, "TLS", ca.substr(0, ca.rfind('/')));
    with.set(key, key == "bootstrap.servers" ? value + port : value);
  }
  const auto begun = std::chrono::steady_clock::now();
  const std::string error = failure(with);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(15));
  EXPECT_THAT(error, HasSubstr(port)) << "the broker";
  for (const std::string& told : GetParam().told) EXPECT_THAT(error, HasSubstr(told));
  for (const char* secret : kSecrets) EXPECT_THAT(error, Not(HasSubstr(secret)));
}

TEST_F(SecurityTest, ScramOfAnOldLibraryIsExplained) {
  if (rd_kafka_version() >= kScramMended) GTEST_SKIP() << "this librdkafka can do SCRAM";
  EXPECT_THAT(failure(config("scram256", "at_least_once")), HasSubstr("2.6.1"));
}

TEST_F(SecurityTest, AClientWithoutTlsWaitsAndSaysWhy) {
  StreamsConfig with = config("plain", "at_least_once");
  with.set("security.protocol", std::string("PLAINTEXT"));
  KafkaStreams app(topology(), with);
  app.start();
  EXPECT_TRUE(wait_until([&] { return log().find("No broker answers at 127.0.0.1:") != std::string::npos; },
                         std::chrono::seconds(20)));
  EXPECT_THAT(log(), HasSubstr("incorrect security.protocol configuration"));
  EXPECT_EQ(app.last_error(), "");
  EXPECT_TRUE(app.close(std::chrono::seconds(30)));
}

// -- permissions

class Missing : public SecurityTest, public ::testing::WithParamInterface<std::tuple<Documented, const char*>> {};
INSTANTIATE_TEST_SUITE_P(Permissions, Missing, Combine(ValuesIn(documented()), ValuesIn(kGuarantees)),
                         [](const auto& of) { return name_of(std::get<0>(of.param)) + "_" + std::get<1>(of.param); });

TEST_P(Missing, IsNamedAndNothingIsLost) {
  const auto& [missing, guarantee] = GetParam();
  const bool transactional = std::string_view(guarantee) == "exactly_once_v2";
  permit_all_but({missing});
  produce_words(30);
  const bool needed = missing.operation != "Delete" && (transactional || missing.operation != "Write" ||
                                                        missing.resource.find("transactional") == std::string::npos);
  if (needed) {
    const std::string error = failure(config("plain", guarantee));
    // The name of a resource that a prefix stands for goes on after it.
    const std::string resource = ours(missing.resource.substr(0, missing.resource.find(" --resource-pattern-type")));
    EXPECT_THAT(error,
                AllOf(HasSubstr("User:app lacks the permission " + missing.operation + " on "),
                      HasSubstr("'kafka-acls.sh --bootstrap-server " + broker().client("plain")["bootstrap.servers"] +
                                " --add --allow-principal User:app --operation " + missing.operation + " "),
                      HasSubstr(resource)));
    permit_all_but({});
  }
  // What was read from the repartition topic is deleted now and then, behind the commits.
  const std::string harmless = "lacks the permission Delete on topic " + app_id() + "-counts-repartition";
  expect_counts(config("plain", guarantee), missing.operation == "Delete" ? harmless : "");
}

TEST_F(SecurityTest, TopicsThatSomebodyElseMadeNeedNoPermissionToCreate) {
  const Documented create_topics{"Create", "--topic word-count- --resource-pattern-type prefixed"};
  permit_all_but({create_topics});
  produce_words(30);
  EXPECT_THAT(failure(config("plain", "exactly_once_v2")),
              HasSubstr("kafka-topics.sh --bootstrap-server " + broker().client("plain")["bootstrap.servers"] +
                        " --create --topic " + app_id() + "-counts-"));
  create(app_id() + "-counts-repartition", 2, {{"cleanup.policy", "delete"}, {"retention.ms", "-1"}});
  create(app_id() + "-counts-changelog", 2, {{"cleanup.policy", "compact"}});
  expect_counts(config("plain", "exactly_once_v2"));
}

TEST_F(SecurityTest, StateThatMayNotBeReadIsNamed) {
  permit_all_but({});
  produce_words(30);
  expect_counts(config("plain", "exactly_once_v2"));
  std::filesystem::remove_all(directory("state"));
  permit_all_but({{"Read", "--topic word-count- --resource-pattern-type prefixed"}});
  EXPECT_THAT(failure(config("plain", "exactly_once_v2")),
              HasSubstr("lacks the permission Read on topic " + app_id() + "-counts-"));
  permit_all_but({});
  produce_words(3);
  expect_counts(config("plain", "exactly_once_v2"));
}

TEST_F(SecurityTest, APermissionThatIsTakenAwayStopsARunningApplication) {
  permit_all_but({});
  produce_words(30);
  KafkaStreams app(topology(), config("plain", "exactly_once_v2"));
  app.start();
  EXPECT_TRUE(wait_until([&] { return all_counted(); }));
  permit_all_but({{"Write", "--topic word-counts"}});
  produce_words(30);
  EXPECT_TRUE(wait_until([&] { return app.state() == State::kError; }));
  EXPECT_THAT(app.last_error(), HasSubstr("lacks the permission Write on topic " + name("out")));
  EXPECT_TRUE(app.close(std::chrono::seconds(30)));
  permit_all_but({});
  expect_counts(config("plain", "exactly_once_v2"));
}

TEST_F(SecurityTest, AGlobalTableThatMayNotBeReadIsNamed) {
  create(name("prices"), 1);
  permit_all_but({});
  StreamsBuilder builder;
  builder.global_table<std::string, std::string>(name("prices"));
  KafkaStreams app(builder.build(), config("plain", "at_least_once"));
  app.start();
  EXPECT_TRUE(wait_until([&] { return app.state() == State::kError; }));
  EXPECT_THAT(app.last_error(), HasSubstr("lacks the permission Read on topic " + name("prices")));
}

}  // namespace
}  // namespace streams::testing
