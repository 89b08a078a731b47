// The email service as tests run it: mails go to a topic, and windows stay open for whatever a crash delays.
#pragma once

#include <examples/orders/email_topology.hpp>

#include <string>

namespace streams::testing {

inline Topology email_app(const std::string& prefix) {
  orders::EmailOptions options;
  options.grace = std::chrono::hours(24);
  options.topic_prefix = prefix;
  options.mail_topic = prefix + "mails";
  return orders::email_topology({.send_mail = [](const orders::Mail&) {}}, options);
}

}  // namespace streams::testing
