// librdkafka's error codes as Status: what failed, why, and what to do about it.
#include "client/kafka/kafka_status.hpp"

#include <utility>

namespace streams::client::kafka {
namespace {

/// One row per code that the library acts upon or that a user can do something about.
struct Known {
  rd_kafka_resp_err_t error;
  StatusCode code;
  const char* advice;
};

constexpr const char* kCheckBroker =
    "Check that the broker runs and that bootstrap.servers and its advertised listeners can be reached from here";
constexpr const char* kCheckTopic = "Create the topic, or correct its name";
constexpr const char* kCheckAcl = "Grant the permission to this principal (kafka-acls.sh)";
constexpr const char* kCheckLogin = "Check security.protocol, the sasl.* and the ssl.* settings";
constexpr const char* kNewProducer =
    "Another producer with the same transactional.id took over, or the transaction outlived transaction.timeout.ms: "
    "close this one and make a new one";
constexpr const char* kPollAgain = "Call poll so that the consumer can take part in the rebalance, then try again";
constexpr const char* kTryAgain = "Try again";

const Known kKnown[] = {
    {RD_KAFKA_RESP_ERR__TIMED_OUT, StatusCode::kTimedOut,
     "Try again; if it goes on, check that the brokers can be reached"},
    {RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, StatusCode::kTimedOut,
     "The broker did not acknowledge within message.timeout.ms"},
    {RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE, StatusCode::kTimedOut, kTryAgain},
    {RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, StatusCode::kTimedOut, kTryAgain},
    {RD_KAFKA_RESP_ERR__QUEUE_FULL, StatusCode::kTimedOut, "Raise queue.buffering.max.messages, or send less"},
    {RD_KAFKA_RESP_ERR__TRANSPORT, StatusCode::kUnavailable, kCheckBroker},
    {RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, StatusCode::kUnavailable, kCheckBroker},
    {RD_KAFKA_RESP_ERR__RESOLVE, StatusCode::kUnavailable,
     "Correct the host name in bootstrap.servers, or the name service"},
    {RD_KAFKA_RESP_ERR__WAIT_COORD, StatusCode::kUnavailable, kTryAgain},
    {RD_KAFKA_RESP_ERR__NODE_UPDATE, StatusCode::kUnavailable, kTryAgain},
    {RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, StatusCode::kUnavailable, kTryAgain},
    {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, StatusCode::kUnavailable, kTryAgain},
    {RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE, StatusCode::kUnavailable, kTryAgain},
    {RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION, StatusCode::kUnavailable, kTryAgain},
    {RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, StatusCode::kUnavailable, kTryAgain},
    {RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, StatusCode::kUnavailable, kTryAgain},
    {RD_KAFKA_RESP_ERR_NOT_COORDINATOR, StatusCode::kUnavailable, kTryAgain},
    {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, StatusCode::kUnavailable,
     "Bring the partition's replicas back, or lower min.insync.replicas"},
    {RD_KAFKA_RESP_ERR_NOT_CONTROLLER, StatusCode::kUnavailable, kTryAgain},
    {RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT, StatusCode::kUnavailable,
     "An open transaction covers these offsets; try again when it has ended"},
    {RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, StatusCode::kNotFound, kCheckTopic},
    {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, StatusCode::kNotFound, kCheckTopic},
    {RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, StatusCode::kNotFound,
     "Use a partition below the topic's number of partitions"},
    {RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND, StatusCode::kNotFound, "No group of that id has members or offsets"},
    {RD_KAFKA_RESP_ERR__NOENT, StatusCode::kNotFound, kTryAgain},
    {RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS, StatusCode::kAlreadyExists, "Use it as it is, or delete it first"},
    {RD_KAFKA_RESP_ERR_NON_EMPTY_GROUP, StatusCode::kInvalidArgument, "Stop the group's members first"},
    {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, StatusCode::kInvalidArgument,
     "Raise message.max.bytes of the producer and max.message.bytes of the topic, or send smaller records"},
    {RD_KAFKA_RESP_ERR_INVALID_PARTITIONS, StatusCode::kInvalidArgument, "Ask for at least one partition"},
    {RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR, StatusCode::kInvalidArgument,
     "Ask for no more replicas than there are brokers"},
    {RD_KAFKA_RESP_ERR_INVALID_CONFIG, StatusCode::kInvalidArgument, "Correct the topic's settings"},
    {RD_KAFKA_RESP_ERR_POLICY_VIOLATION, StatusCode::kInvalidArgument, "The cluster's policy forbids it"},
    {RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP, StatusCode::kInvalidArgument,
     "The topic accepts no records of that time (message.timestamp.before.max.ms, message.timestamp.after.max.ms)"},
    {RD_KAFKA_RESP_ERR__INVALID_ARG, StatusCode::kInvalidArgument, "Correct the argument"},
    {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, StatusCode::kAuthorization, kCheckAcl},
    {RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, StatusCode::kAuthorization, kCheckAcl},
    {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, StatusCode::kAuthorization, kCheckAcl},
    {RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, StatusCode::kAuthorization, kCheckAcl},
    {RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, StatusCode::kAuthorization, kCheckLogin},
    {RD_KAFKA_RESP_ERR__AUTHENTICATION, StatusCode::kAuthorization, kCheckLogin},
    {RD_KAFKA_RESP_ERR__SSL, StatusCode::kAuthorization, kCheckLogin},
    {RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE, StatusCode::kOffsetOutOfRange,
     "Start from the earliest or the latest offset"},
    {RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, StatusCode::kOffsetOutOfRange,
     "Start from the earliest or the latest offset"},
    {RD_KAFKA_RESP_ERR__FENCED, StatusCode::kFenced, kNewProducer},
    {RD_KAFKA_RESP_ERR_PRODUCER_FENCED, StatusCode::kFenced, kNewProducer},
    {RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, StatusCode::kFenced, kNewProducer},
    {RD_KAFKA_RESP_ERR_TRANSACTION_COORDINATOR_FENCED, StatusCode::kFenced, kNewProducer},
    {RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, StatusCode::kFenced,
     "Another member uses the same group.instance.id: give each its own"},
    {RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, StatusCode::kRebalanceInProgress, kPollAgain},
    {RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, StatusCode::kRebalanceInProgress, kPollAgain},
    {RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS, StatusCode::kRebalanceInProgress, kPollAgain},
    {RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST, StatusCode::kRebalanceInProgress, kPollAgain},
    {RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED, StatusCode::kRebalanceInProgress,
     "Call poll more often, or raise max.poll.interval.ms"},
    {RD_KAFKA_RESP_ERR__BAD_MSG, StatusCode::kCorrupted, "The broker sent bytes that are no record batch"},
    {RD_KAFKA_RESP_ERR__FATAL, StatusCode::kFatal, "Close this client and make a new one"},
    {RD_KAFKA_RESP_ERR__DESTROY, StatusCode::kFatal, "The client is closed"},
    {RD_KAFKA_RESP_ERR__STATE, StatusCode::kInvalidArgument, "The call does not fit the state the client is in"},
};

const Known* find(rd_kafka_resp_err_t error) {
  for (const Known& known : kKnown) {
    if (known.error == error) return &known;
  }
  return nullptr;
}

}  // namespace

StatusCode code_of(rd_kafka_resp_err_t error) {
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return StatusCode::kOk;
  const Known* known = find(error);
  return known != nullptr ? known->code : StatusCode::kUnavailable;
}

Status make_status(rd_kafka_resp_err_t error, std::string_view what, std::string_view reason, std::string_view advice) {
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  std::string message(what);
  message.append(": ").append(reason.empty() ? rd_kafka_err2str(error) : reason);
  message.append(" (").append(rd_kafka_err2name(error)).append(").");
  if (!advice.empty()) {
    message.append(" ").append(advice);
  } else if (const Known* known = find(error)) {
    message.append(" ").append(known->advice).append(".");
  }
  return {code_of(error), std::move(message)};
}

Status transaction_status(const rd_kafka_error_t* error, Status plain) {
  if (error == nullptr || plain.code() == StatusCode::kAuthorization) return plain;
  if (rd_kafka_error_is_fatal(error) != 0) return as_fatal(std::move(plain));
  if (rd_kafka_error_txn_requires_abort(error) != 0)
    return {StatusCode::kAbortable, plain.message() + " Abort the transaction and go on."};
  return plain;
}

Status as_fatal(Status plain) {
  const bool says_so = plain.code() == StatusCode::kFenced || plain.code() == StatusCode::kAuthorization;
  return says_so ? plain : Status(StatusCode::kFatal, plain.message());
}

std::string name_of(std::string_view topic, std::int32_t partition) {
  return std::string(topic).append("[").append(std::to_string(partition)).append("]");
}

std::string name_of(const TopicPartition& partition) { return name_of(partition.topic, partition.partition); }

}  // namespace streams::client::kafka
