// The email service with generated orders, payments and customers, on a cluster inside the process or on a real one.
#include "email_topology.hpp"
#include "generator.hpp"

#include <examples/feed/feed.hpp>
#include <streams/streams.hpp>

#include <atomic>
#include <chrono>
#include <cinttypes>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>

#include <unistd.h>

namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

constexpr const char* kUsage =
    R"(email_service: orders join payments, the pairs join customers, mails are sent (printed).

usage: email_service [options]

  --bootstrap-servers H:P  a real cluster; without it, one inside this process
  --orders N               orders to generate (200)
  --seed N                 of the generator (1)
  --threads N              stream threads (2)
  --guarantee G            exactly_once_v2 or at_least_once (exactly_once_v2)
  --partitions N           of the topics, where they have to be created (4)
  --application-id ID      (email-service-<process id>)
  --state-dir DIR          local state (a temporary folder, removed at the end)
  --quiet                  only the sums, no mails
  --timeout-s N            give up after so long without an end (120)
  --help
)";

struct Arguments {
  std::string bootstrap_servers;
  std::int64_t orders = 200;
  std::uint64_t seed = 1;
  int threads = 2;
  int partitions = 4;
  std::string guarantee = "exactly_once_v2";
  std::string application_id = "email-service-" + std::to_string(::getpid());
  std::string state_dir;
  bool quiet = false;
  std::int64_t timeout_s = 120;
};

std::int64_t number(const std::string& option, const std::string& text, std::int64_t least) {
  try {
    std::size_t used = 0;
    const std::int64_t value = std::stoll(text, &used);
    if (used == text.size() && value >= least) return value;
  } catch (const std::exception&) {
    // reported below
  }
  throw std::invalid_argument(option + " takes a whole number from " + std::to_string(least) + ", not '" + text + "'");
}

Arguments parse(int argc, char** argv) {
  Arguments out;
  for (int i = 1; i < argc; ++i) {
    const std::string option = argv[i];
    if (option == "--help" || option == "-h") {
      std::fputs(kUsage, stdout);
      std::exit(0);
    }
    if (option == "--quiet") {
      out.quiet = true;
      continue;
    }
    if (i + 1 == argc) throw std::invalid_argument("unknown option, or its value is missing: " + option);
    const std::string value = argv[++i];
    if (option == "--bootstrap-servers")
      out.bootstrap_servers = value;
    else if (option == "--orders")
      out.orders = number(option, value, 1);
    else if (option == "--seed")
      out.seed = static_cast<std::uint64_t>(number(option, value, 0));
    else if (option == "--threads")
      out.threads = static_cast<int>(number(option, value, 1));
    else if (option == "--partitions")
      out.partitions = static_cast<int>(number(option, value, 1));
    else if (option == "--guarantee")
      out.guarantee = value;
    else if (option == "--application-id")
      out.application_id = value;
    else if (option == "--state-dir")
      out.state_dir = value;
    else if (option == "--timeout-s")
      out.timeout_s = number(option, value, 1);
    else
      throw std::invalid_argument("unknown option: " + option);
  }
  return out;
}

/// What the service did, counted on its threads.
struct Tally {
  std::atomic<std::int64_t> matched = 0, enriched = 0, mails_in_all = 0;
  std::mutex mutex;
  std::map<std::string, std::int64_t> mails;
};

void print(const orders::Mail& mail) {
  std::printf("mail to %-22s %-8s  %s: %d x %-8s  %8.2f %s paid\n", mail.customer.email.c_str(),
              mail.customer.level.c_str(), mail.order.id.c_str(), mail.order.quantity, mail.order.product.c_str(),
              mail.payment.amount, mail.payment.currency.c_str());
}

orders::EmailCallbacks callbacks(Tally& tally, bool quiet) {
  return {.send_mail =
              [&tally, quiet](const orders::Mail& mail) {
                const std::lock_guard lock(tally.mutex);
                if (!quiet) print(mail);
                ++tally.mails[mail.customer.level];
                ++tally.mails_in_all;
              },
          .paid = [&tally](const orders::PaidOrder&) { ++tally.matched; },
          .enriched = [&tally](const orders::OrderEnriched&) { ++tally.enriched; }};
}

orders::Expected feed_all(feed::Feed& to, const Arguments& arguments) {
  for (const char* topic : {"orders", "payments"}) to.create_topic(topic, arguments.partitions, false);
  to.create_topic("customers", 1, true);
  for (const std::string& level : orders::kLevels) to.create_topic(level, arguments.partitions, false);

  const std::int64_t now =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count();
  orders::Generator generator(arguments.seed, now);
  for (const auto& record : generator.customers()) to.send(record);
  for (std::int64_t i = 0; i < arguments.orders; ++i) {
    for (const auto& record : generator.next()) to.send(record);
  }
  to.flush();
  return generator.expected();
}

void print_summary(const orders::Expected& expected, Tally& tally, double seconds) {
  std::printf("\norders    %8" PRId64 "\npayments  %8" PRId64 "\nmatched   %8" PRId64 "\nunmatched %8" PRId64 "\n",
              expected.orders, expected.payments, tally.matched.load(), expected.orders - tally.matched.load());
  const std::lock_guard lock(tally.mutex);
  for (const std::string& level : orders::kLevels) {
    std::printf("mails     %8" PRId64 "  to %s customers\n", tally.mails[level], level.c_str());
  }
  std::printf("records/s %8.0f  (%.2f s from start to the last mail, start-up included)\n",
              static_cast<double>(expected.orders + expected.payments) / seconds, seconds);
}

bool done(const orders::Expected& expected, const Tally& tally) {
  return tally.matched >= expected.matched && tally.enriched >= expected.enriched &&
         tally.mails_in_all >= expected.mails_in_all();
}

volatile std::sig_atomic_t interrupted = 0;

int run(const Arguments& arguments) {
  streams::EmbeddedCluster cluster;
  const bool embedded = arguments.bootstrap_servers.empty();
  const auto target = embedded ? feed::make_embedded_feed(cluster) : feed::make_kafka_feed(arguments.bootstrap_servers);
  std::fprintf(stderr, "Generating %" PRId64 " orders on %s ...\n", arguments.orders,
               embedded ? "the embedded cluster" : arguments.bootstrap_servers.c_str());
  const orders::Expected expected = feed_all(*target, arguments);

  const std::filesystem::path state = arguments.state_dir.empty()
                                          ? std::filesystem::temp_directory_path() / arguments.application_id
                                          : std::filesystem::path(arguments.state_dir);
  streams::StreamsConfig config{{"application.id", arguments.application_id},
                                {"state.dir", state.string()},
                                {"processing.guarantee", arguments.guarantee},
                                {"num.stream.threads", std::to_string(arguments.threads)},
                                {"commit.interval.ms", "100"},
                                {"auto.offset.reset", "earliest"}};
  if (!embedded) config.set("bootstrap.servers", arguments.bootstrap_servers);

  Tally tally;
  const auto started = SteadyClock::now();
  // History is processed here: payments, which go through another topic, come later than the orders of their time.
  const streams::Topology topology = orders::email_topology(callbacks(tally, arguments.quiet), {.grace = 24h});
  auto app = embedded ? std::make_unique<streams::KafkaStreams>(topology, config, cluster)
                      : std::make_unique<streams::KafkaStreams>(topology, config);
  app->start();
  while (!done(expected, tally) && interrupted == 0 && app->state() != streams::KafkaStreams::State::kError &&
         SteadyClock::now() - started < std::chrono::seconds(arguments.timeout_s)) {
    std::this_thread::sleep_for(5ms);
  }
  const double seconds = std::chrono::duration<double>(SteadyClock::now() - started).count();
  app->close();
  if (arguments.state_dir.empty()) std::filesystem::remove_all(state);

  print_summary(expected, tally, seconds);
  if (done(expected, tally)) return 0;
  std::fprintf(stderr, "email_service: %s: expected %" PRId64 " pairs and %" PRId64 " mails\n",
               interrupted != 0 ? "interrupted" : "the end was not reached", expected.matched, expected.mails_in_all());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGINT, [](int) { interrupted = 1; });
  std::signal(SIGTERM, [](int) { interrupted = 1; });
  try {
    return run(parse(argc, argv));
  } catch (const std::invalid_argument& error) {
    std::fprintf(stderr, "email_service: %s\n\n%s", error.what(), kUsage);
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "email_service: %s\n", error.what());
    return 1;
  }
}
