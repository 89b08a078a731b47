// librdkafka's error codes as Status: what failed, why, and what to do about it.
#pragma once

#include <streams/client.hpp>

#include "client/kafka/rdkafka_ptr.hpp"

#include <string>
#include <string_view>

namespace streams::client::kafka {

StatusCode code_of(rd_kafka_resp_err_t error);

/// "<what>: <reason> (<NAME>). <advice>". An empty reason means librdkafka's text for the code.
Status make_status(rd_kafka_resp_err_t error, std::string_view what, std::string_view reason = {});

/// Of a transactional call: abortable and fatal errors get their own codes whatever their cause.
Status transaction_status(const rd_kafka_error_t* error, std::string_view what);

/// The handle's fatal error, where it has one; otherwise make_status().
Status fatal_or(rd_kafka_t* handle, rd_kafka_resp_err_t error, std::string_view what);

/// "orders[3]"
std::string name_of(std::string_view topic, std::int32_t partition);
std::string name_of(const TopicPartition& partition);

}  // namespace streams::client::kafka
