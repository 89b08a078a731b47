// Event sourcing: what happened to accounts is kept for ever; what they hold is a fold of it, now or at any time
// before.
#include "pattern.hpp"

#include <streams/json.hpp>
#include <streams/kafka_streams.hpp>

#include <stdexcept>

namespace patterns {
namespace {

using namespace std::chrono_literals;

constexpr const char* kBalancesOverTime = "balances";

/// Something that has happened, named in the past tense. It is never changed: a mistake is put right by another event.
struct AccountEvent {
  std::string kind;  ///< "opened", "deposited", "withdrew", "transferred"
  std::int64_t cents = 0;
  std::string to;  ///< of transfers
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(AccountEvent, kind, cents, to)

using Entry = std::pair<std::string, std::int64_t>;  ///< account, what it gets or loses

/// Every event as double-entry bookkeeping sees it: what a transfer takes from one account it gives to another.
std::vector<Entry> entries(const std::string& account, const AccountEvent& event) {
  if (event.kind == "opened") return {{account, 0}};
  if (event.kind == "deposited") return {{account, event.cents}};
  if (event.kind == "withdrew") return {{account, -event.cents}};
  if (event.kind == "transferred") return {{account, -event.cents}, {event.to, event.cents}};
  throw std::invalid_argument("nobody knows what it means that an account '" + event.kind + "'");
}

streams::Topology account_events_topology() {
  streams::StreamsBuilder builder;
  builder.stream<std::string, AccountEvent>("account-events")
      .flat_map(entries, {.name = "entries"})
      // The other account of a transfer may be in another partition.
      .group_by_key({.name = "entries-by-account"})
      // A versioned store, so that one can ask what an account held last Tuesday. Older versions than it keeps are not
      // lost: they are what one gets by reading the events up to there again.
      .reduce([](std::int64_t balance, std::int64_t cents) { return balance + cents; },
              {.store_name = kBalancesOverTime, .history_retention = 24h * 30})
      .to_stream()
      .to("balances-now");
  return builder.build();
}

std::vector<std::string> ask_for_history(const streams::KafkaStreams& app) {
  std::vector<std::string> answers;
  for (const char* account : {"imke", "tolga"}) {
    auto result = app.query(streams::StateQueryRequest<streams::MultiVersionedKeyQuery<std::string, std::int64_t>>{
        .store = kBalancesOverTime, .query = {.key = account, .ascending = true}});
    std::string text = std::string(account) + " held";
    for (auto& [partition, versions] : result.partitions) {
      for (const auto& version : versions.result()) text += " " + std::to_string(version.value);
    }
    answers.push_back(text);
  }
  return answers;
}

}  // namespace

Pattern account_events_pattern() {
  const Topic<std::string, std::string> events("account-events");
  const Topic<std::string, std::int64_t> balances("balances-now");
  return {.name = "account_events",
          .teaches = "event sourcing: balances from opened, deposited, withdrew, transferred; also those of the past",
          .topology = account_events_topology,
          .inputs = {events},
          .outputs = {balances},
          .steps = {{{events(1s, "imke", R"({"kind":"opened"})"), events(2s, "tolga", R"({"kind":"opened"})"),
                      events(3s, "imke", R"({"kind":"deposited","cents":10000})"),
                      events(4s, "imke", R"({"kind":"transferred","cents":2500,"to":"tolga"})"),
                      events(5s, "tolga", R"({"kind":"withdrew","cents":500})")},
                     6}},
          // Both sides of a transfer, or neither, whatever fails in between.
          .config = {{"processing.guarantee", "exactly_once_v2"}},
          .ask = ask_for_history};
}

}  // namespace patterns
