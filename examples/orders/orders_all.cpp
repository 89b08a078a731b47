// All services in one program, with a page and a generator of orders: on a cluster inside the process, or on a real
// one.
#include "ecosystem.hpp"
#include "load.hpp"

#include <array>
#include <chrono>
#include <cinttypes>
#include <csignal>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <thread>

#include <unistd.h>

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr const char* kUsage =
    R"(orders_all: the order ecosystem: services, a page to watch them, and a generator of orders.

usage: orders_all [options]

  --bootstrap-servers H:P   a real cluster; without it, one inside this process
  --port N                  of the page and the REST interface on 127.0.0.1 (8080; 0: any)
  --rate N                  orders per second that are generated (2; 0: none)
  --seconds N               end after so long, and check what became of every order (0: until Ctrl-C)
  --crash-every N           crash one service after the other every N seconds, and start it again (0: never)
  --state-dir DIR           local state (a temporary folder, removed at the end)
  --guarantee G             exactly_once_v2 or at_least_once (exactly_once_v2)
  --commit-interval-ms N    of all services (100)
  --partitions N            of topics that have to be created (4)
  --help
)";

struct Arguments {
  std::string bootstrap_servers, state_dir, guarantee = "exactly_once_v2";
  std::int64_t port = 8080, seconds = 0, crash_every = 0, commit_interval_ms = 100, partitions = 4;
  double rate = 2;
};

double number(const std::string& option, const std::string& text, double least, double most) {
  try {
    std::size_t used = 0;
    const double value = std::stod(text, &used);
    if (used == text.size() && value >= least && value <= most) return value;
  } catch (const std::exception&) {
    // reported below
  }
  throw std::invalid_argument(option + " takes a number from " + std::to_string(static_cast<long>(least)) + " to " +
                              std::to_string(static_cast<long>(most)) + ", not '" + text + "'");
}

Arguments parse(int argc, char** argv) {
  Arguments out;
  for (int i = 1; i < argc; ++i) {
    const std::string option = argv[i];
    if (option == "--help" || option == "-h") {
      std::fputs(kUsage, stdout);
      std::exit(0);
    }
    if (i + 1 == argc) throw std::invalid_argument("unknown option, or its value is missing: " + option);
    const std::string value = argv[++i];
    const auto whole = [&](double least, double most) {
      return static_cast<std::int64_t>(number(option, value, least, most));
    };
    if (option == "--bootstrap-servers")
      out.bootstrap_servers = value;
    else if (option == "--port")
      out.port = whole(0, 65535);
    else if (option == "--rate")
      out.rate = number(option, value, 0, 10'000);
    else if (option == "--seconds")
      out.seconds = whole(0, 1e6);
    else if (option == "--crash-every")
      out.crash_every = whole(0, 1e6);
    else if (option == "--state-dir")
      out.state_dir = value;
    else if (option == "--guarantee")
      out.guarantee = value;
    else if (option == "--commit-interval-ms")
      out.commit_interval_ms = whole(1, 1e6);
    else if (option == "--partitions")
      out.partitions = whole(1, 1000);
    else
      throw std::invalid_argument("unknown option: " + option);
  }
  return out;
}

volatile std::sig_atomic_t interrupted = 0;

/// Crashes one service after the other, and starts what has crashed.
class Crasher {
 public:
  Crasher(orders::Ecosystem& ecosystem, std::int64_t every_s) : ecosystem_(ecosystem), every_s_(every_s) {}
  void turn() {
    if (every_s_ == 0 || Clock::now() < next_) return;
    next_ = Clock::now() + std::chrono::seconds(every_s_);
    start_all();
    ecosystem_.service(kVictims[count_++ % kVictims.size()]).crash();
  }
  /// Nothing happens to those that run.
  void start_all() {
    for (const char* name : kVictims) ecosystem_.service(name).start();
  }
  std::size_t count() const { return count_; }

 private:
  static constexpr std::array kVictims{"FraudService", "InventoryService", "ValidationsAggregatorService",
                                       "EmailService"};
  orders::Ecosystem& ecosystem_;
  const std::int64_t every_s_;
  Clock::time_point next_ = Clock::now() + 5s;
  std::size_t count_ = 0;
};

int report(orders::Load& load, Crasher& crasher) {
  std::fprintf(stderr, "checking %" PRId64 " orders ...\n", load.posted());
  crasher.start_all();
  load.stop();
  const orders::LoadReport report = load.check(120'000);
  std::printf("orders    %8" PRId64 "\ndecided   %8" PRId64 "\nundecided %8" PRId64
              "\ncrashes   %8zu\nwrong     %8zu\nfrom POST to the decision: median %.0f ms, 99 of 100 within %.0f ms\n",
              report.posted, report.decided, report.undecided, crasher.count(), report.wrong.size(), report.p50_ms,
              report.p99_ms);
  for (const std::string& line : report.wrong) std::printf("  %s\n", line.c_str());
  return report.wrong.empty() ? 0 : 1;
}

int run(const Arguments& arguments) {
  streams::EmbeddedCluster embedded;
  const bool inside = arguments.bootstrap_servers.empty();
  const orders::Cluster cluster = inside ? orders::Cluster(embedded) : orders::Cluster(arguments.bootstrap_servers);
  orders::EcosystemOptions options;
  options.http.port = static_cast<std::uint16_t>(arguments.port);
  options.guarantee = arguments.guarantee;
  options.commit_interval_ms = static_cast<int>(arguments.commit_interval_ms);
  options.partitions = static_cast<int>(arguments.partitions);
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
    const auto id = std::chrono::system_clock::now().time_since_epoch() / 1ms;
    orders::Load load(ecosystem.address(), {.rate = std::max(arguments.rate, 0.001),
                                            .prefix = "gen-" + std::to_string(id) + "-",
                                            .connections = arguments.rate > 20 ? 64 : 16});
    if (arguments.rate > 0) load.start();
    Crasher crasher(ecosystem, arguments.crash_every);
    const auto end = Clock::now() + std::chrono::seconds(arguments.seconds);
    while (interrupted == 0 && (arguments.seconds == 0 || Clock::now() < end)) {
      std::this_thread::sleep_for(50ms);
      crasher.turn();
    }
    if (arguments.seconds > 0 && interrupted == 0) result = report(load, crasher);
    std::fprintf(stderr, "stopping ...\n");
    load.stop();
    ecosystem.stop();
  }
  if (arguments.state_dir.empty()) std::filesystem::remove_all(options.state_dir);
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGINT, [](int) { interrupted = 1; });
  std::signal(SIGTERM, [](int) { interrupted = 1; });
  try {
    return run(parse(argc, argv));
  } catch (const std::invalid_argument& e) {
    std::fprintf(stderr, "orders_all: %s\n\n%s", e.what(), kUsage);
    return 2;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "orders_all: %s\n", e.what());
    return 1;
  }
}
