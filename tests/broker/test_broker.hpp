// The real Kafka that tests of this folder run against.
#pragma once

#include <string>

namespace streams::testing {

/// Where a broker is, or why there is none.
///
/// STREAMS_TEST_BOOTSTRAP names one that runs. Otherwise, where STREAMS_DEV names the project's script and what it
/// needs is on the machine, it starts one for this program, which ends with it. Nothing is downloaded or installed.
struct TestBroker {
  std::string bootstrap;  ///< empty: there is none
  std::string why_not;
  bool required = false;  ///< in CI a missing broker is a failure
};

const TestBroker& test_broker();

/// Why librdkafka cannot run in this build; null where it can.
inline const char* no_librdkafka() {
#ifdef __SANITIZE_THREAD__
  return "librdkafka starts its threads with C11's thrd_create, which the thread sanitizer does not follow: it "
         "crashes.";
#else
  return nullptr;
#endif
}

}  // namespace streams::testing
