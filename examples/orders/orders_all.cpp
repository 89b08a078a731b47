// All services in one program, with a page and a generator of orders: on a cluster inside the process, or on a real
// one.
#include "command_line.hpp"
#include "ecosystem.hpp"
#include "load.hpp"
#include "service_main.hpp"

#include <algorithm>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <utility>

#include <unistd.h>

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// Placed by the generator on the cluster inside the process: three hours at the usual rate, some 360 MB.
constexpr int kOrdersInMemory = 20'000;

struct Arguments {
  std::string bootstrap_servers, state_dir, guarantee = "exactly_once_v2";
  int port = 8080, orders = -1, seconds = 0, crash_every = 0, commit_interval_ms = 100, partitions = 4;
  double rate = 2;
  std::map<std::string, std::string> settings;
};

orders::CommandLine command_line(Arguments& arguments) {
  orders::CommandLine line("orders_all",
                           "the order ecosystem: services, a page to watch them, and a generator of orders.");
  line.text("--bootstrap-servers", "H:P", arguments.bootstrap_servers,
            "a real cluster; without it, one inside this process");
  line.settings("--config", arguments.settings, {{"bootstrap.servers", "--bootstrap-servers"}},
                "how to reach a real cluster: lines of key=value, security.*, sasl.* and ssl.*");
  line.number("--port", arguments.port, 0, 65535, "of the page and the REST interface on 127.0.0.1; 0: any");
  line.number("--rate", arguments.rate, 0, 10'000,
              "orders per second, also while services are away, until 10,000 are undecided; 0: none");
  line.number("--orders", arguments.orders, -1, 1'000'000'000,
              "so many in all, and then none; 0: no end; -1: 20,000 on the cluster inside, which keeps all of them in "
              "memory, and no end on a real one or with --seconds");
  line.number("--seconds", arguments.seconds, 0, 1'000'000,
              "end after so long, and check every order, the stock and the mails; 0: until Ctrl-C");
  line.number("--crash-every", arguments.crash_every, 0, 1'000'000,
              "crash one of the services every N seconds, and start it again; 0: never");
  line.text("--state-dir", "DIR", arguments.state_dir, "local state (a temporary folder, removed at the end)");
  line.choice("--guarantee", {"exactly_once_v2", "at_least_once"}, arguments.guarantee, "how often each record counts");
  line.number("--commit-interval-ms", arguments.commit_interval_ms, 1, 1'000'000, "of all services");
  line.number("--partitions", arguments.partitions, 1, 1000, "of topics that have to be created");
  return line;
}

/// Crashes one service after the other, whichever, and starts what has crashed.
class Crasher {
 public:
  Crasher(orders::Ecosystem& ecosystem, int every_s) : ecosystem_(ecosystem), every_s_(every_s) {}
  void turn() {
    if (every_s_ == 0 || Clock::now() < next_) return;
    next_ = Clock::now() + std::chrono::seconds(every_s_);
    start_all();
    ecosystem_.services()[random_() % ecosystem_.services().size()]->crash();
    ++count_;
  }
  /// Nothing happens to those that run.
  void start_all() {
    for (const auto& service : ecosystem_.services()) service->start();
  }
  std::size_t count() const { return count_; }

 private:
  orders::Ecosystem& ecosystem_;
  const int every_s_;
  Clock::time_point next_ = Clock::now() + 5s;
  std::mt19937 random_{std::random_device()()};
  std::size_t count_ = 0;
};

/// So that what is measured is not how long services take to join their groups.
void wait_for_services(const orders::Ecosystem& ecosystem) {
  const auto runs = [](const auto& service) { return service->state() == "RUNNING"; };
  const auto end = Clock::now() + 60s;
  while (!orders::interrupted() && Clock::now() < end && !std::ranges::all_of(ecosystem.services(), runs))
    std::this_thread::sleep_for(20ms);
}

int report(orders::Load& load, Crasher& crasher) {
  std::fprintf(stderr, "checking %" PRId64 " orders ...\n", load.posted());
  crasher.start_all();
  load.stop();
  const orders::LoadReport report = load.check(120'000);
  const auto print = [](const char* what, std::int64_t count) { std::printf("%-24s %8" PRId64 "\n", what, count); };
  print("orders", report.posted);
  print("decided", report.decided);
  print("undecided", report.undecided);
  print("undecided at once", report.most_open);
  print("crashes", static_cast<std::int64_t>(crasher.count()));
  print("mails", report.mails);
  print("mails sent before", report.mailed_again);
  print("wrong", static_cast<std::int64_t>(report.wrong.size()));
  std::printf("from POST to the decision: median %.0f ms, 99 of 100 within %.0f ms\n", report.p50_ms, report.p99_ms);
  constexpr std::size_t kShown = 50;
  for (std::size_t i = 0; i < std::min(report.wrong.size(), kShown); ++i)
    std::printf("  %s\n", report.wrong[i].c_str());
  return report.wrong.empty() ? 0 : 1;
}

int run(const Arguments& arguments) {
  streams::EmbeddedCluster embedded;
  const bool inside = arguments.bootstrap_servers.empty();
  const orders::Cluster cluster =
      inside ? orders::Cluster(embedded)
             : orders::Cluster(orders::client_settings(arguments.bootstrap_servers, arguments.settings));
  orders::EcosystemOptions options;
  options.http.port = static_cast<std::uint16_t>(arguments.port);
  options.guarantee = arguments.guarantee;
  options.commit_interval_ms = arguments.commit_interval_ms;
  options.partitions = arguments.partitions;
  options.state_dir = arguments.state_dir.empty()
                          ? std::filesystem::temp_directory_path() / ("orders-all-" + std::to_string(::getpid()))
                          : std::filesystem::path(arguments.state_dir);
  int result = 0;
  {
    orders::Ecosystem ecosystem(cluster, options);
    ecosystem.start();
    std::fprintf(stderr, "The order services run on %s.\nOpen http://%s:%d in a browser. Ctrl-C ends.\n",
                 inside ? "a cluster inside this process" : arguments.bootstrap_servers.c_str(),
                 ecosystem.address().host.c_str(), ecosystem.address().port);
    wait_for_services(ecosystem);
    const auto id = std::chrono::system_clock::now().time_since_epoch() / 1ms;
    const int most = arguments.orders >= 0 ? arguments.orders : inside && arguments.seconds == 0 ? kOrdersInMemory : 0;
    orders::Load load(ecosystem.address(), {.rate = std::max(arguments.rate, 0.001),
                                            .orders = most,
                                            .prefix = "gen-" + std::to_string(id) + "-",
                                            .connections = arguments.rate > 20 ? 64 : 16});
    if (arguments.rate > 0) load.start();
    Crasher crasher(ecosystem, arguments.crash_every);
    bool rests = false;
    const auto end = Clock::now() + std::chrono::seconds(arguments.seconds);
    while (!orders::interrupted() && (arguments.seconds == 0 || Clock::now() < end)) {
      std::this_thread::sleep_for(50ms);
      crasher.turn();
      if (most > 0 && load.posted() >= most && !std::exchange(rests, true))
        std::fprintf(stderr, "%d orders are placed: no more come by themselves (--orders).\n", most);
    }
    if (arguments.seconds > 0 && !orders::interrupted()) result = report(load, crasher);
    std::fprintf(stderr, "stopping ...\n");
    load.stop();
    ecosystem.stop();
  }
  if (arguments.state_dir.empty()) std::filesystem::remove_all(options.state_dir);
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  orders::CommandLine line = command_line(arguments);
  return orders::run_program(line, argc, argv, [&] { return run(arguments); });
}
