// The settings of an application, by Kafka Streams' names, checked when they are set.
#pragma once

#include <streams/error_handlers.hpp>
#include <streams/logging.hpp>
#include <streams/options.hpp>

#include <concepts>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace streams {

/// Settings of an application. Keys and defaults are Kafka Streams' ("application.id", "num.stream.threads", ...).
///
/// Clients: prefixes "consumer.", "main.consumer.", "restore.consumer.", "global.consumer.", "producer.", "admin." hand
/// a setting to librdkafka; without a prefix a client setting goes to every client that knows it. Names are
/// librdkafka's or Java's
/// ("fetch.max.wait.ms", "buffer.memory", "sasl.jaas.config", ...). "topic." sets a default of internal topics.
/// "app." is the application's own: the library ignores it, processors read it from their context.
/// Errors: ConfigError for an unknown key (with the nearest known one) or a value that makes no sense (with those that
/// do). Source: org.apache.kafka.streams.StreamsConfig.
class StreamsConfig {
 public:
  StreamsConfig() = default;
  StreamsConfig(std::initializer_list<std::pair<const std::string, std::string>> settings);
  explicit StreamsConfig(const std::map<std::string, std::string>& settings);

  /// Sets or overwrites one setting. Numbers and truth values are written as text. Throws ConfigError.
  StreamsConfig& set(const std::string& key, const std::string& value);
  template <std::integral Number>
  StreamsConfig& set(const std::string& key, Number value) {
    if constexpr (std::same_as<Number, bool>)
      return set(key, std::string(value ? "true" : "false"));
    else
      return set(key, std::to_string(value));
  }

  /// Records whose key or value cannot be decoded. Takes the place of "deserialization.exception.handler".
  StreamsConfig& set_deserialization_handler(DeserializationHandler handler);
  /// Exceptions out of processors and punctuators. Takes the place of "processing.exception.handler".
  StreamsConfig& set_processing_handler(ProcessingHandler handler);
  /// Records that cannot be encoded or sent. Takes the place of "production.exception.handler".
  StreamsConfig& set_production_handler(ProductionHandler handler);
  /// Where log lines go; without one: standard error, from INFO on. Null: nowhere.
  StreamsConfig& set_logger(LoggerPtr logger);

  /// As set, else the default; empty if it has none. Throws ConfigError for a key that nobody knows.
  std::string get(const std::string& key) const;
  /// Whether it was set, to whatever value.
  bool is_set(const std::string& key) const { return settings_.count(key) > 0; }
  /// What was set, in order of keys.
  const std::map<std::string, std::string>& settings() const { return settings_; }

  /// What was set as objects: empty handlers mean those that the settings name; the logger is never null.
  const DeserializationHandler& deserialization_handler() const { return deserialization_handler_; }
  const ProcessingHandler& processing_handler() const { return processing_handler_; }
  const ProductionHandler& production_handler() const { return production_handler_; }
  const LoggerPtr& logger() const { return logger_; }

  /// The part that the topology is built with: default store, store format, explicit names.
  TopologyConfig topology() const;
  /// "topology.optimization".
  Optimization optimization() const;

 private:
  std::map<std::string, std::string> settings_;
  DeserializationHandler deserialization_handler_;
  ProcessingHandler processing_handler_;
  ProductionHandler production_handler_;
  LoggerPtr logger_ = stderr_logger();
};

}  // namespace streams
