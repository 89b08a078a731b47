// A view that is computed anew beside the old one, which answers until the new one has caught up.
#pragma once

#include <streams/client.hpp>
#include <streams/kafka_streams.hpp>
#include <streams/topology.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

namespace operations {

/// How many records of a topic an application has not processed and committed yet.
std::int64_t input_lag(streams::client::ClientFactory& clients, const std::string& application_id,
                       const std::string& topic);

/// The version of a view that answers. Another one takes its place between two questions.
/// Threads: any.
class ServedView {
 public:
  explicit ServedView(std::shared_ptr<streams::KafkaStreams> first) : current_(std::move(first)) {}
  /// Who holds it can go on asking it: it is closed when nobody does any more.
  std::shared_ptr<const streams::KafkaStreams> current() const {
    const std::lock_guard lock(mutex_);
    return current_;
  }
  void swing_to(std::shared_ptr<streams::KafkaStreams> next) {
    const std::lock_guard lock(mutex_);
    current_.swap(next);  // and `next` lets go of the old one after the lock
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<streams::KafkaStreams> current_;
};

/// Waits until the application runs and its lag is 0; false if it fails or does not come so far in time.
bool wait_until_caught_up(streams::client::ClientFactory& clients, const streams::KafkaStreams& app,
                          const std::string& application_id, const std::string& topic,
                          std::chrono::milliseconds timeout);

/// The example: appointments as customers write them, "2026-03-01T10:30+02:00", in topic "appointments" by customer;
/// the view "appointments-utc" has them as minutes since the epoch.
inline constexpr const char* kAppointmentsTopic = "appointments";
inline constexpr const char* kAppointmentsView = "appointments-utc";
/// Minutes since the epoch. Version 1 of the parser takes no notice of the time zone; version 2 does.
std::int64_t parse_appointment(const std::string& text, int parser_version);
streams::Topology appointments_topology(int parser_version);

}  // namespace operations
