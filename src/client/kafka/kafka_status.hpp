// librdkafka's error codes as Status: what failed, why, and what to do about it.
#pragma once

#include <streams/client.hpp>

#include "client/kafka/rdkafka_ptr.hpp"

#include <string>
#include <string_view>

namespace streams::client::kafka {

StatusCode code_of(rd_kafka_resp_err_t error);

/// "<what>: <reason> (<NAME>). <advice>". An empty reason means librdkafka's text for the code; an empty advice, what
/// is known for the code. See Handle::failure(), which knows more.
Status make_status(rd_kafka_resp_err_t error, std::string_view what, std::string_view reason = {},
                   std::string_view advice = {});

/// Of a transactional call, whose failure as such is `plain`: abortable and fatal errors get their own codes, unless a
/// permission is missing.
Status transaction_status(const rd_kafka_error_t* error, Status plain);

/// Of a client that cannot go on for the reason `plain`: kFatal where the code does not say so itself.
Status as_fatal(Status plain);

/// "orders[3]"
std::string name_of(std::string_view topic, std::int32_t partition);
std::string name_of(const TopicPartition& partition);

}  // namespace streams::client::kafka
