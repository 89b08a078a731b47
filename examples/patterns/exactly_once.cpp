// Exactly once: the application falls over in the middle of its work, and nobody can see it in the results.
#include "pattern.hpp"

#include <streams/processor.hpp>

#include <atomic>
#include <memory>
#include <stdexcept>

namespace patterns {
namespace {

constexpr const char* kBalanceStore = "balances";

class Account final : public streams::Processor<std::string, std::int64_t> {
 public:
  explicit Account(std::shared_ptr<std::atomic<bool>> fall_over) : fall_over_(std::move(fall_over)) {}
  void init(Context& context) override { balances_ = &context.get_state_store<Store>(kBalanceStore); }
  void process(streams::Record<std::string, std::int64_t>&& deposit) override {
    const std::int64_t balance = balances_->get(*deposit.key).value_or(0) + *deposit.value;
    balances_->put(*deposit.key, balance);
    context().forward({deposit.key, balance, deposit.timestamp, {}});
    // The worst moment: the balance is stored and sent, but nothing is committed.
    if (*deposit.value == 13 && fall_over_->exchange(false)) throw std::runtime_error("power cut");
  }

 private:
  using Store = streams::KeyValueStore<std::string, std::int64_t>;
  std::shared_ptr<std::atomic<bool>> fall_over_;
  Store* balances_ = nullptr;
};

streams::Topology exactly_once_topology() {
  streams::StreamsBuilder builder;
  builder.add_state_store(streams::key_value_store<std::string, std::int64_t>(kBalanceStore));
  const auto fall_over = std::make_shared<std::atomic<bool>>(true);  // once
  builder.stream<std::string, std::int64_t>("deposits")
      .process([fall_over] { return std::make_unique<Account>(fall_over); }, {.name = "account"}, {kBalanceStore})
      .to("balances");
  return builder.build();
}

}  // namespace

/// What was read, the store's changelog and the results are one transaction. It is aborted here; a new thread restores
/// the store and begins again where the last commit was. Readers must ask for read_committed, or they see what was
/// aborted. With at_least_once this demo shows some balances twice.
Pattern exactly_once_pattern() {
  const Topic<std::string, std::int64_t> deposits("deposits"), balances("balances");
  return {.name = "exactly_once",
          .teaches = "store, results and position in one transaction; a thread fails and is replaced",
          .topology = exactly_once_topology,
          .inputs = {deposits},
          .outputs = {balances},
          .steps = {{{deposits(1s, "alice", 100), deposits(2s, "bob", 50), deposits(3s, "alice", 13),
                      deposits(4s, "bob", 7)},
                     4},
                    {{deposits(5s, "alice", 1)}, 1}},
          .config = {{"processing.guarantee", "exactly_once_v2"}},
          .replaces_failed_threads = true};
}

}  // namespace patterns
