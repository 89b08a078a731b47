// The email service with generated orders, payments and customers, on a cluster inside the process or on a real one.
#include "command_line.hpp"
#include "email_topology.hpp"
#include "generator.hpp"

#include <examples/feed/feed.hpp>
#include <streams/streams.hpp>

#include <atomic>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include <unistd.h>

namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

struct Arguments {
  std::string bootstrap_servers;
  std::int64_t orders = 200, seed = 1, timeout_s = 120;
  int threads = 2, partitions = 4;
  std::string guarantee = "exactly_once_v2";
  std::string application_id = "email-service-" + std::to_string(::getpid());
  std::string state_dir;
  bool quiet = false;
};

orders::CommandLine command_line(Arguments& arguments) {
  constexpr std::int64_t kMost = 1'000'000'000;
  orders::CommandLine line("email_service",
                           "orders join payments, the pairs join customers, mails are sent (printed).");
  line.text("--bootstrap-servers", "H:P", arguments.bootstrap_servers,
            "a real cluster; without it, one inside this process");
  line.number("--orders", arguments.orders, 1, kMost, "orders to generate");
  line.number("--seed", arguments.seed, 0, INT64_MAX, "of the generator");
  line.number("--threads", arguments.threads, 1, 999, "stream threads");
  line.choice("--guarantee", {"exactly_once_v2", "at_least_once"}, arguments.guarantee, "how often each record counts");
  line.number("--partitions", arguments.partitions, 1, 1000, "of topics that have to be created");
  line.text("--application-id", "ID", arguments.application_id, "the group that its instances share");
  line.text("--state-dir", "DIR", arguments.state_dir, "local state (a temporary folder, removed at the end)");
  line.flag("--quiet", arguments.quiet, "only the sums, no mails");
  line.number("--timeout-s", arguments.timeout_s, 1, kMost, "give up after so long without an end");
  return line;
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
  orders::Generator generator(static_cast<std::uint64_t>(arguments.seed), now);
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
  while (!done(expected, tally) && !orders::interrupted() && app->state() != streams::KafkaStreams::State::kError &&
         SteadyClock::now() - started < std::chrono::seconds(arguments.timeout_s)) {
    std::this_thread::sleep_for(5ms);
  }
  const double seconds = std::chrono::duration<double>(SteadyClock::now() - started).count();
  app->close();
  if (arguments.state_dir.empty()) std::filesystem::remove_all(state);

  print_summary(expected, tally, seconds);
  if (done(expected, tally)) return 0;
  std::fprintf(stderr, "email_service: %s: expected %" PRId64 " pairs and %" PRId64 " mails\n",
               orders::interrupted() ? "interrupted" : "the end was not reached", expected.matched,
               expected.mails_in_all());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  orders::CommandLine line = command_line(arguments);
  return orders::run_program(line, argc, argv, [&] { return run(arguments); });
}
