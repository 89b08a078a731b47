// What every pattern here is made of: a topology, and records to try it with.
#pragma once

#include <streams/config.hpp>
#include <streams/record.hpp>
#include <streams/state_store.hpp>
#include <streams/streams_builder.hpp>
#include <streams/topology.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace streams {
class KafkaStreams;
}

namespace patterns {

using namespace std::chrono_literals;
using streams::Millis;

/// A record that goes in. Its time counts from the beginning of the demo.
struct Sample {
  std::string topic;
  streams::OptionalBytes key, value;
  Millis time{0};
};

/// "1:02:03" after `base`; with milliseconds where there are any.
std::string time_text(streams::Timestamp time, streams::Timestamp base);
std::string number_text(double number);

/// How a person would write a key or a value.
template <class T>
requires(std::is_same_v<T, std::string> || std::is_arithmetic_v<T>) std::string
    text_of(const T& value, streams::Timestamp /*base*/) {
  if constexpr (std::is_same_v<T, std::string>) {
    return value;
  } else if constexpr (std::is_same_v<T, bool>) {
    return value ? "true" : "false";
  } else if constexpr (std::is_floating_point_v<T>) {
    return number_text(value);
  } else {
    return std::to_string(value);
  }
}
template <class K>
std::string text_of(const streams::Windowed<K>& windowed, streams::Timestamp base) {
  return text_of(windowed.key, base) + "@" + time_text(windowed.start, base) + "-" + time_text(windowed.end, base);
}

/// A topic whose records can be printed.
struct TopicView {
  using Text = std::function<std::string(const streams::OptionalBytes&, streams::Timestamp base)>;
  std::string name;
  Text key_text, value_text;
};

/// A topic with its types: makes the records that go in, and reads those that come out.
template <class K, class V>
class Topic {
 public:
  explicit Topic(std::string name, streams::SerdePtr<K> key_serde = {}, streams::SerdePtr<V> value_serde = {})
      : name_(std::move(name)),
        key_serde_(streams::serde_or_default(std::move(key_serde))),
        value_serde_(streams::serde_or_default(std::move(value_serde))) {}

  Sample operator()(Millis time, const std::optional<K>& key, const std::optional<V>& value) const {
    return {name_, bytes(*key_serde_, key), bytes(*value_serde_, value), time};
  }
  operator TopicView() const { return {name_, text(key_serde_), text(value_serde_)}; }

 private:
  template <class T>
  streams::OptionalBytes bytes(const streams::Serde<T>& serde, const std::optional<T>& of) const {
    if (!of) return std::nullopt;
    streams::Bytes out;
    serde.serialize(name_, *of, out);
    return out;
  }
  template <class T>
  TopicView::Text text(const streams::SerdePtr<T>& serde) const {
    return [serde, name = name_](const streams::OptionalBytes& of, streams::Timestamp base) -> std::string {
      if (!of) return "null";
      if constexpr (requires(const T& value) { text_of(value, base); }) {
        return text_of(serde->deserialize(name, *of), base);
      } else {
        return *of;  // JSON is text already
      }
    };
  }

  std::string name_;
  streams::SerdePtr<K> key_serde_;
  streams::SerdePtr<V> value_serde_;
};

/// Records that go in together, and how many come out because of them. Those of the first step are there before the
/// application starts.
struct Step {
  std::vector<Sample> in;
  std::size_t out = 0;
  Millis pause{0};  ///< before they go in, on a real clock
};

struct Pattern {
  std::string name;
  std::string teaches;
  streams::Topology (*topology)() = nullptr;
  std::vector<TopicView> inputs, outputs;
  std::vector<Step> steps;
  streams::StreamsConfig config{};       ///< what the pattern needs to be set
  bool replaces_failed_threads = false;  ///< see exactly_once.cpp
  /// Asked once everything has come out, while the application still runs; its lines are printed last.
  std::function<std::vector<std::string>(const streams::KafkaStreams&)> ask{};
};

/// A record as the demo and the tests show it: "0:00:05 topic key -> value [header=value]".
std::string line_of(const TopicView& topic, streams::Timestamp base, streams::Timestamp time,
                    const streams::OptionalBytes& key, const streams::OptionalBytes& value,
                    const streams::Headers& headers = {});

/// All of them, in the order of the index.
const std::vector<Pattern>& all_patterns();
/// Null if there is none of that name.
const Pattern* find_pattern(const std::string& name);

}  // namespace patterns
