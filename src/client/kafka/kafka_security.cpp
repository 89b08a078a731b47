// What brokers refuse: logins and permissions, as texts that name them and say how to mend it.
#include "client/kafka/kafka_security.hpp"

#include <algorithm>

namespace streams::client::kafka {
namespace {

/// SCRAM of librdkafka before 2.6.1 repeats a part of the nonce, which Kafka 4.3 does not accept any more.
constexpr int kScramMended = 0x02060100;

// OpenSSL's X509_V_ERR_...
constexpr int kNotYetValid = 9;
constexpr int kExpired = 10;
constexpr int kHostMismatch = 62;
constexpr int kAddressMismatch = 64;

struct Kind {
  rd_kafka_resp_err_t error;
  Permission::Resource resource;
};
constexpr Kind kDenials[] = {
    {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, Permission::Resource::kTopic},
    {RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, Permission::Resource::kGroup},
    {RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, Permission::Resource::kTransactionalId},
    {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, Permission::Resource::kCluster},
};

const Kind* kind_of(rd_kafka_resp_err_t error) {
  const auto* found = std::ranges::find(kDenials, error, &Kind::error);
  return found == std::end(kDenials) ? nullptr : found;
}

std::string text_of(const Permission& permission) {
  switch (permission.resource) {
    case Permission::Resource::kTopic:
      return "topic " + permission.name;
    case Permission::Resource::kGroup:
      return "group " + permission.name;
    case Permission::Resource::kTransactionalId:
      return "transactional id " + permission.name;
    case Permission::Resource::kCluster:
      break;
  }
  return "the cluster";
}

/// As an argument of kafka-acls.sh.
std::string argument_of(const Permission& permission) {
  switch (permission.resource) {
    case Permission::Resource::kTopic:
      return " --topic " + permission.name;
    case Permission::Resource::kGroup:
      return " --group " + permission.name;
    case Permission::Resource::kTransactionalId:
      return " --transactional-id " + permission.name;
    case Permission::Resource::kCluster:
      break;
  }
  return " --cluster";
}

std::string get(const rd_kafka_conf_t* conf, const char* name) {
  char text[512];
  std::size_t size = sizeof text;
  return rd_kafka_conf_get(conf, name, text, &size) == RD_KAFKA_CONF_OK ? std::string(text) : std::string();
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

std::string certificate_advice(int certificate_error) {
  switch (certificate_error) {
    case kHostMismatch:
    case kAddressMismatch:
      return "The broker's certificate is not for the name by which it was asked for: use a name that the certificate "
             "has in bootstrap.servers and the broker's advertised.listeners, or give the broker a certificate with "
             "this one (subjectAltName). ssl.endpoint.identification.algorithm=none switches the check off.";
    case kNotYetValid:
    case kExpired:
      return "Give the broker a certificate that is valid now, or set this machine's clock.";
    default:
      return "The broker's certificate is not signed by anybody whom this client trusts: let ssl.ca.location name the "
             "file (PEM) with the certificate of who signed it.";
  }
}

std::string sasl_advice(std::string_view reason, const Identity& who) {
  if (contains(reason, "Unsupported SASL mechanism")) {
    return "Set sasl.mechanism to one that the broker has, or enable " + who.mechanism + " there.";
  }
  std::string advice = "Check sasl.username";
  if (!who.user.empty()) advice += " (" + who.user + ")";
  advice += " and sasl.password, and that the broker knows this user for sasl.mechanism=" + who.mechanism + ".";
  if (who.mechanism.starts_with("SCRAM") && rd_kafka_version() < kScramMended) {
    advice += std::string(" This is librdkafka ") + rd_kafka_version_str() +
              ", and before 2.6.1 SCRAM fails on brokers of Kafka 4 with the right password, too: use a newer one, or "
              "PLAIN over TLS, or certificates.";
  }
  return advice;
}

}  // namespace

Identity identity_of(const rd_kafka_conf_t* conf) {
  Identity who;
  who.bootstrap = get(conf, "bootstrap.servers");
  if (!get(conf, "security.protocol").starts_with("sasl")) return who;
  who.mechanism = get(conf, "sasl.mechanisms");
  if (who.mechanism == "PLAIN" || who.mechanism.starts_with("SCRAM")) who.user = get(conf, "sasl.username");
  return who;
}

bool is_denial(rd_kafka_resp_err_t error) { return kind_of(error) != nullptr; }

std::string denial_advice(rd_kafka_resp_err_t error, const Permissions& needed, const Identity& who) {
  const Kind* kind = kind_of(error);
  std::string missing;
  std::string arguments;
  const char* operation = nullptr;
  Permission::Resource resource = kind != nullptr ? kind->resource : Permission::Resource::kCluster;
  // A producer is denied the cluster (IdempotentWrite) if there is no topic at all that it may write to.
  const bool as_said = std::ranges::find(needed, resource, &Permission::resource) != needed.end();
  if (!as_said && resource == Permission::Resource::kCluster) resource = Permission::Resource::kTopic;
  for (const Permission& permission : needed) {
    if (permission.resource != resource) continue;
    if (operation == nullptr) operation = permission.operation;
    missing += (missing.empty() ? "" : ", ") + text_of(permission);
    arguments += argument_of(permission);
  }
  if (operation == nullptr) return "Grant this client the permission (kafka-acls.sh).";
  return (who.user.empty() ? std::string("This client") : "User:" + who.user) + " lacks the permission " + operation +
         " on " + missing + ". Grant it with 'kafka-acls.sh --bootstrap-server " + who.bootstrap +
         " --add --allow-principal User:" + (who.user.empty() ? "NAME" : who.user) + " --operation " + operation +
         arguments + "'; docs/security.md lists all that an application needs.";
}

bool is_login_failure(rd_kafka_resp_err_t error) {
  return error == RD_KAFKA_RESP_ERR__AUTHENTICATION || error == RD_KAFKA_RESP_ERR__SSL ||
         error == RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED;
}

rd_kafka_resp_err_t cause_of(rd_kafka_resp_err_t error, std::string_view reason) {
  if (error == RD_KAFKA_RESP_ERR__TRANSPORT && contains(reason, "SSL routines") && contains(reason, " alert ") &&
      !contains(reason, "internal error")) {
    return RD_KAFKA_RESP_ERR__SSL;
  }
  const bool broke = contains(reason, "SSL transport error") || contains(reason, "unexpected eof");
  return error == RD_KAFKA_RESP_ERR__SSL && broke ? RD_KAFKA_RESP_ERR__TRANSPORT : error;
}

std::string login_advice(rd_kafka_resp_err_t error, std::string_view reason, int certificate_error,
                         const Identity& who) {
  if (error != RD_KAFKA_RESP_ERR__SSL) return sasl_advice(reason, who);
  if (contains(reason, "certificate verify failed")) return certificate_advice(certificate_error);
  if (contains(reason, " alert ")) {
    return "The broker refuses this client's certificate, or wants one: let ssl.certificate.location and "
           "ssl.key.location name a certificate that the broker trusts, and its key.";
  }
  return "Check security.protocol and the ssl.* settings.";
}

std::string_view without_guess(std::string_view reason) {
  return reason.substr(0, reason.find(": broker certificate could not be verified"));
}

const char* certificate_trouble(int certificate_error) {
  switch (certificate_error) {
    case kHostMismatch:
      return "hostname mismatch";
    case kAddressMismatch:
      return "IP address mismatch";
    case kNotYetValid:
      return "certificate is not yet valid";
    case kExpired:
      return "certificate has expired";
    default:
      return "certificate is not trusted";
  }
}

}  // namespace streams::client::kafka
