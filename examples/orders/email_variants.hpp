// Other ways to send the mails of the email service: less to join, or somebody else who sends.
#pragma once

#include "model.hpp"

#include <streams/client.hpp>
#include <streams/topology.hpp>
#include <streams/windows.hpp>

#include <functional>
#include <string>

namespace orders {

/// A mail that is about an order and its customer only.
struct CustomerMail {
  Order order;
  Customer customer;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(CustomerMail, order, customer)

/// (a) Orders join customers; who is a platinum customer gets a mail when an order was validated.
streams::Topology platinum_mail_topology(std::function<void(const CustomerMail&)> send_mail,
                                         const std::string& topic_prefix = "");

/// (b) Orders and payments, both of them, within a minute: a logical AND. Nobody needs to know the customer.
streams::Topology paid_mail_topology(std::function<void(const PaidOrder&)> send_mail,
                                     streams::Millis grace = streams::Millis(0), const std::string& topic_prefix = "");

/// (d) As (a), but the mails are written to topic "platinum-emails", by order id: a program beside this one sends them,
/// in whatever language, with a plain consumer. run_mail_sidecar() is one.
streams::Topology platinum_stream_topology(const std::string& topic_prefix = "");

/// Sends what is in "platinum-emails" as a member of `group_id` until `stop` says so. Commits after sending: a mail may
/// be sent twice after a crash, but is never forgotten. Returns what went wrong, or an empty text after `stop`.
std::string run_mail_sidecar(streams::client::ClientFactory& clients, const std::string& group_id,
                             const std::function<void(const CustomerMail&)>& send_mail,
                             const std::function<bool()>& stop, const std::string& topic_prefix = "");

}  // namespace orders
