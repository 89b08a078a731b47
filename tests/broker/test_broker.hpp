// The real Kafka that tests of this folder run against.
#pragma once

#include <map>
#include <string>
#include <vector>

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

/// A broker for one test alone, which it may stop and start. Needs STREAMS_DEV and what it needs. Ends with the object.
class OwnBroker {
 public:
  enum class Security {
    kNone,
    kSecured,  ///< TLS, logins, ACLs: see `./dev kafka start --help`
  };
  explicit OwnBroker(const std::string& folder, Security security = Security::kNone);
  ~OwnBroker();
  OwnBroker(const OwnBroker&) = delete;
  OwnBroker& operator=(const OwnBroker&) = delete;

  /// Where it is, the same each time; empty if it could not be started.
  const std::string& start();
  /// kill -9, its data stay.
  void kill();

  // Of a secured one.
  /// What a client sets that logs in in this way: "plain", "scram256", "scram512", "mutual", "admin".
  std::map<std::string, std::string> client(const std::string& name) const;
  /// Gives these permissions, each in the words of `kafka-acls.sh --add`, and no others. False: it did not work.
  bool set_acls(const std::vector<std::string>& acls) const;

 private:
  const std::string path_;
  const std::string folder_;  ///< quoted
  const Security security_;
  std::string bootstrap_;
};

/// Why there can be no broker of one's own; empty: there can.
std::string no_own_broker();

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
