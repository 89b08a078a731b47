// What brokers refuse: logins and permissions, as texts that name them and say how to mend it.
#pragma once

#include "client/kafka/rdkafka_ptr.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace streams::client::kafka {

/// What a client must be allowed, in the words of kafka-acls.sh.
struct Permission {
  enum class Resource { kTopic, kGroup, kTransactionalId, kCluster } resource;
  std::string name;       ///< empty for the cluster
  const char* operation;  ///< "Read"
};
using Permissions = std::vector<Permission>;

/// Whom a text is for, as far as the settings tell. Holds no password.
struct Identity {
  std::string bootstrap;
  std::string mechanism;  ///< of SASL; empty: none
  std::string user;       ///< by which SASL logs in; empty where the name is not in the settings
};
Identity identity_of(const rd_kafka_conf_t* conf);

/// A broker denied a permission.
bool is_denial(rd_kafka_resp_err_t error);
/// Who is denied what, out of `needed`, and the command that grants it.
std::string denial_advice(rd_kafka_resp_err_t error, const Permissions& needed, const Identity& who);

/// Nobody was let in: by the broker, or by this client, which does not trust the broker.
bool is_login_failure(rd_kafka_resp_err_t error);
/// What a connection failed of. librdkafka takes a certificate that the broker refuses for a broken connection, and a
/// connection that breaks at the wrong moment for one that is refused.
rd_kafka_resp_err_t cause_of(rd_kafka_resp_err_t error, std::string_view reason);
/// `certificate_error`: OpenSSL's number of what it found wrong with the broker's certificate, 0: nothing.
std::string login_advice(rd_kafka_resp_err_t error, std::string_view reason, int certificate_error,
                         const Identity& who);
/// librdkafka's reason without what it guesses and login_advice() knows.
std::string_view without_guess(std::string_view reason);

/// In OpenSSL's words, for the log.
const char* certificate_trouble(int certificate_error);

}  // namespace streams::client::kafka
