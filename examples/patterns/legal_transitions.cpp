// Several writers of one thing, each with transitions of its own: a guard lets the legal ones through.
#include "pattern.hpp"

#include <streams/error_handlers.hpp>
#include <streams/processor.hpp>

#include <map>
#include <memory>
#include <stdexcept>

namespace patterns {
namespace {

constexpr const char* kStateStore = "order-states";

/// Who may move an order from where to where. "": there is no such order.
const std::map<std::pair<std::string, std::string>, std::string>& owners() {
  static const std::map<std::pair<std::string, std::string>, std::string> table{
      {{"", "CREATED"}, "shop"},           {{"CREATED", "VALIDATED"}, "checks"}, {{"CREATED", "FAILED"}, "checks"},
      {{"VALIDATED", "PAID"}, "payments"}, {{"PAID", "SHIPPED"}, "shipping"},
  };
  return table;
}

/// Values are "<writer> <state>". What it throws goes to the processing exception handler, which knows what to do.
class Guard final : public streams::FixedKeyProcessor<std::string, std::string> {
 public:
  void init(Context& context) override { states_ = &context.get_state_store<Store>(kStateStore); }
  void process(streams::FixedKeyRecord<std::string, std::string>&& request) override {
    const auto space = request.value->find(' ');
    const std::string writer = request.value->substr(0, space), to = request.value->substr(space + 1);
    const std::string from = states_->get(*request.key()).value_or("");
    const auto owner = owners().find({from, to});
    if (owner == owners().end()) throw std::domain_error("no way from '" + from + "' to " + to);
    if (owner->second != writer) throw std::domain_error(to + " is for " + owner->second + " to say");
    states_->put(*request.key(), to);
    context().forward(std::move(request).with_value(to));
  }

 private:
  using Store = streams::KeyValueStore<std::string, std::string>;
  Store* states_ = nullptr;
};

streams::Topology legal_transitions_topology() {
  streams::StreamsBuilder builder;
  builder.add_state_store(streams::key_value_store<std::string, std::string>(kStateStore));
  builder.stream<std::string, std::string>("transitions-wanted")
      .process_values([] { return std::make_unique<Guard>(); }, {.name = "guard"}, {kStateStore})
      .to("order-states");
  return builder.build();
}

streams::StreamsConfig with_refusals() {
  streams::StreamsConfig config;
  config.set_processing_handler([](const streams::ErrorContext& context) {
    streams::DeadLetter letter = streams::dead_letter("transitions-refused", context);
    letter.headers = {{"why", streams::Bytes(context.message)}};
    return streams::ErrorResponse{streams::ErrorAction::kContinue, {std::move(letter)}};
  });
  return config;
}

}  // namespace

Pattern legal_transitions_pattern() {
  const Topic<std::string, std::string> wanted("transitions-wanted"), states("order-states"),
      refused("transitions-refused");
  return {.name = "legal_transitions",
          .teaches = "a table of who may change what; illegal transitions become dead letters",
          .topology = legal_transitions_topology,
          .inputs = {wanted},
          .outputs = {states, refused},
          .steps = {{{wanted(1s, "1", "shop CREATED"), wanted(2s, "1", "shipping SHIPPED"),
                      wanted(3s, "1", "shop VALIDATED"), wanted(4s, "1", "checks VALIDATED"),
                      wanted(5s, "1", "payments PAID"), wanted(6s, "1", "payments PAID"),
                      wanted(7s, "1", "shipping SHIPPED"), wanted(8s, "2", "checks FAILED")},
                     8}},
          .config = with_refusals()};
}

}  // namespace patterns
