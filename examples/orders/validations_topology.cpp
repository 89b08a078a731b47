// Checks are gathered by order until they decide; the verdict joins its order, and is written if it is the first.
#include "validations_topology.hpp"

#include "model.hpp"
#include "topics.hpp"

#include <streams/streams_builder.hpp>

#include <bit>
#include <cstdint>
#include <memory>

namespace orders {
namespace {

constexpr const char* kDecidedStore = "decided-orders";

/// What the checks of an order say so far. A set: a check that comes twice counts once.
struct Checks {
  std::uint32_t passed = 0;  ///< a bit for each CheckType; kept in a topic: do not renumber
  bool failed = false;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Checks, passed, failed)

Checks with(Checks checks, const OrderValidation& validation) {
  if (validation.result == CheckResult::kPass)
    checks.passed |= 1u << static_cast<unsigned>(validation.check);
  else
    checks.failed = true;
  return checks;
}

/// Lets the first decision on an order through. Nothing decides on it any more when the join's window is over, so that
/// the store may forget it then.
class FirstDecision final : public streams::FixedKeyProcessor<std::string, Order> {
 public:
  explicit FirstDecision(std::int64_t remembered_ms) : remembered_ms_(remembered_ms) {}
  void init(Context& context) override { decided_ = &context.get_state_store<Decided>(kDecidedStore); }
  void process(streams::FixedKeyRecord<std::string, Order>&& order) override {
    const auto near = decided_->fetch(*order.key(), order.timestamp - remembered_ms_, order.timestamp + remembered_ms_);
    if (near.begin() != near.end()) return;
    decided_->put(*order.key(), static_cast<std::int32_t>(order.value->state), order.timestamp);
    context().forward(std::move(order));
  }

 private:
  using Decided = streams::WindowStore<std::string, std::int32_t>;
  std::int64_t remembered_ms_;
  Decided* decided_ = nullptr;
};

}  // namespace

streams::Topology validations_topology(const ValidationsOptions& options) {
  streams::StreamsBuilder builder;
  const auto [rules, window, grace, prefix] = options;
  const streams::Millis remembered = 2 * window + grace;
  builder.add_state_store(streams::window_store<std::string, std::int32_t>(
      kDecidedStore, {.retention = 2 * remembered, .window_size = remembered}));

  // Group: the checks of an order, as long as they come within the window of each other. No record cache: a decision
  // should not wait for the next commit.
  const auto verdicts =
      builder.stream<std::string, OrderValidation>(prefix + kValidationsTopic)
          .group_by_key()
          .windowed_by(streams::SessionWindows::of_inactivity_gap_and_grace(window, grace))
          .aggregate([] { return Checks{}; },
                     [](const std::string&, const OrderValidation& validation, const Checks& checks) {
                       return with(checks, validation);
                     },
                     [](const std::string&, const Checks& one, const Checks& other) {
                       return Checks{one.passed | other.passed, one.failed || other.failed};
                     },
                     {.store_name = "checks-by-order", .caching = false})
          .to_stream()
          // Filter: N of N, or one that failed.
          .filter([rules = rules](const Checks* checks) {
            return checks != nullptr && (checks->failed || std::popcount(checks->passed) >= rules);
          })
          .select_key([](const streams::Windowed<std::string>& session, const Checks&) { return session.key; })
          .repartition({.name = "verdicts"});
  // Join: the order itself. Whichever of the two comes later finds the other.
  const auto orders = builder.stream<std::string, Order>(prefix + kOrdersTopic).filter(is_new);
  verdicts
      .join(orders,
            [](const Checks& checks, const Order& order) {
              Order decided = order;
              decided.state = checks.failed ? OrderState::kFailed : OrderState::kValidated;
              return decided;
            },
            streams::JoinWindows::of_time_difference_and_grace(window, grace),
            {.name = "verdicts-and-orders", .store_name = "verdicts-and-orders"})
      .process_values([ms = remembered.count()] { return std::make_unique<FirstDecision>(ms); },
                      {.name = "first-decision"}, {kDecidedStore})
      .to(prefix + kOrdersTopic);
  return builder.build();
}

}  // namespace orders
