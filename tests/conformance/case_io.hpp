// What a case's configuration, input and output are for the library: shared by the runs on the test driver and on
// brokers.
#pragma once

#include "binding.hpp"

#include <streams/config.hpp>
#include <streams/testing/test_record.hpp>

namespace streams::conformance {

/// The settings of a case, from its `config`. They log nothing.
StreamsConfig case_settings(const Op& config);

/// A record of an input step; throws CaseError where its key or value is not of the topic's type.
RawTestRecord input_record(const Binding& binding, const Json& json);

/// A record of a topic in the shape of `expect.internal`, without its step.
Json internal_record(const RawTestRecord& record);
/// A record of a topic in the shape of `expect.output`, without its step. Throws CaseError if no sink writes the topic.
Json output_record(const Binding& binding, const RawTestRecord& record);

}  // namespace streams::conformance
