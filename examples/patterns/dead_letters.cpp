// Dead letters: a record that cannot be read or processed is put aside with the reason, and the rest goes on.
#include "pattern.hpp"

#include <streams/error_handlers.hpp>

#include <charconv>
#include <memory>
#include <stdexcept>

namespace patterns {
namespace {

/// Numbers as text. What is no number throws, and that is all a serde has to do about it.
class NumberAsText final : public streams::Serde<double> {
 public:
  void serialize(std::string_view, const double& value, streams::Bytes& out) const override {
    out += number_text(value);
  }
  double deserialize(std::string_view, streams::BytesView bytes) const override {
    double value = 0;
    const auto [end, error] = std::from_chars(bytes.data(), bytes.data() + bytes.size(), value);
    if (error != std::errc{} || end != bytes.data() + bytes.size()) {
      throw streams::SerializationError("'" + std::string(bytes) + "' is not a number");
    }
    return value;
  }
};

double fahrenheit(double celsius) {
  if (celsius < -273.15) throw std::domain_error("colder than cold can be");
  return celsius * 9 / 5 + 32;
}

streams::Topology dead_letters_topology() {
  streams::StreamsBuilder builder;
  const auto number = std::make_shared<NumberAsText>();
  builder.stream<std::string, double>("celsius", {.value_serde = number})
      .map_values(fahrenheit, {.name = "to-fahrenheit"})
      .to("fahrenheit", {.value_serde = number});
  return builder.build();
}

/// Without handlers the first bad record would stop the application, again after every restart. Dead letters keep key,
/// value and time of the record that came in, and get headers that say what went wrong and where it came from; under
/// exactly-once they belong to the same transaction as everything else.
streams::StreamsConfig with_dead_letters() {
  streams::StreamsConfig config;
  config.set_deserialization_handler(streams::log_and_continue("celsius-unreadable"));
  config.set_processing_handler([](const streams::ErrorContext& context) {
    // A handler of one's own: what the library's adds, in our own words.
    streams::DeadLetter letter;
    letter.topic = "celsius-refused";
    if (context.source_key) letter.key = streams::Bytes(*context.source_key);
    if (context.source_value) letter.value = streams::Bytes(*context.source_value);
    letter.timestamp = context.timestamp;
    letter.headers.add("why", streams::Bytes(context.message));
    letter.headers.add("where", streams::Bytes(context.node));
    return streams::ErrorResponse{streams::ErrorAction::kContinue, {std::move(letter)}};
  });
  return config;
}

}  // namespace

Pattern dead_letters_pattern() {
  const Topic<std::string, std::string> celsius("celsius"), fahrenheit_topic("fahrenheit");
  const Topic<std::string, std::string> unreadable("celsius-unreadable"), refused("celsius-refused");
  return {.name = "dead_letters",
          .teaches = "handlers put bad records aside, with the reason in headers",
          .topology = dead_letters_topology,
          .inputs = {celsius},
          .outputs = {fahrenheit_topic, unreadable, refused},
          .steps = {{{celsius(1s, "kitchen", "20"), celsius(2s, "attic", "warm"), celsius(3s, "cellar", "-300"),
                      celsius(4s, "garden", "-40")},
                     4}},
          .config = with_dead_letters()};
}

}  // namespace patterns
