// Exceptions of the library as the errors that a case expects.
#pragma once

#include "dyn.hpp"

#include <exception>

namespace streams::conformance {

/// {"class", "message", "cause", "cause_message"} of an exception, by Kafka Streams' names.
Json describe_error(std::exception_ptr error);

}  // namespace streams::conformance
