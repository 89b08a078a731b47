// From settings to an open librdkafka handle, with the callbacks that every client needs.
//
// 1. The handle is shared: records that a consumer handed out keep it open, since they point into librdkafka's memory.
// 2. Log lines come from any thread; errors and rebalances only from inside a call of the client's own thread (of an
//    admin: of any that calls it).
#pragma once

#include <streams/client.hpp>

#include "client/kafka/kafka_security.hpp"
#include "client/kafka/rdkafka_ptr.hpp"

#include <streams/logging.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace streams::client::kafka {

enum class Kind { kConsumer, kProducer, kAdmin };

/// The "group.id" of consumers that have none: librdkafka assigns nothing without one. It is never joined.
constexpr const char* kNoGroup = "streams-without-group";

/// `base`, then `settings`, then what this library needs of a client of that kind. Throws ConfigError where that
/// collides.
Settings effective_settings(Kind kind, const Settings& base, const Settings& settings);

/// Throws ConfigError for what librdkafka refuses.
ConfPtr make_conf(const Settings& settings);

/// What the client's group membership is doing. librdkafka tells only its debug log, which Handle reads.
enum class JoinState {
  kOut,       ///< not a member, or about to join
  kJoining,   ///< the coordinator has our request to join or sync: a commit would wait behind it
  kRevoking,  ///< a callback that revokes partitions waits to be called, or is running
  kMember
};

class Handle {
 public:
  /// A failure that librdkafka reports outside of any call.
  struct Event {
    rd_kafka_resp_err_t error;
    std::string reason;
    bool fatal = false;
  };

  /// Throws ConfigError if librdkafka finds the settings inconsistent. The last owner destroys the client, and waits
  /// for that for ten seconds: librdkafka 2.0.2 never ends a consumer whose topics were deleted a moment ago (its
  /// issues 3954 and 4362). Such a client's threads and memory stay, and the log says so.
  static std::shared_ptr<Handle> open(Kind kind, ConfPtr conf, LoggerPtr logger, bool show_debug);
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  rd_kafka_t* get() const { return handle_; }
  JoinState join_state() const { return join_state_.load(); }
  /// Whether the coordinator has ever let this member in.
  bool was_let_in() const { return was_let_in_.load(); }
  /// The member is not to leave its group when the handle goes.
  void remain_in_group() { remains_ = true; }
  std::vector<Event> take_events();
  void log(LogLevel level, std::string_view line) const;

  /// make_status() that knows more: which of the permissions `needed` the broker denied and how to grant it; and of a
  /// call that nobody answered, what connections fail of.
  Status failure(rd_kafka_resp_err_t error, std::string_view what, std::string_view reason = {},
                 const Permissions& needed = {}) const;
  /// Not ok: nobody has been let in since that time.
  Status login_failure(std::chrono::steady_clock::time_point since, std::string_view what) const;
  /// A call was answered: what connections failed of before does not matter any more.
  void answered();
  /// The topic that the transaction must not write to, told once. librdkafka says only in its log which it was.
  std::optional<std::string> take_refused_topic();

  std::function<void(rd_kafka_resp_err_t, rd_kafka_topic_partition_list_t*)> on_rebalance;

 private:
  Handle(Kind kind, ConfPtr conf, LoggerPtr logger, bool show_debug);
  ~Handle() = default;
  /// Destroys the client; false if that does not end.
  bool end();

  static void log_line(const rd_kafka_t* handle, int level, const char* facility, const char* text);
  static void error_event(rd_kafka_t* handle, int error, const char* reason, void* opaque);
  static void rebalance(rd_kafka_t* handle, rd_kafka_resp_err_t error, rd_kafka_topic_partition_list_t* list,
                        void* opaque);
  static int verify_certificate(rd_kafka_t* handle, const char* broker, std::int32_t id, int* error, int depth,
                                const char* certificate, std::size_t size, char* text, std::size_t text_size,
                                void* opaque);
  void note_join_state(std::string_view text);
  void note_refused_topic(std::string_view text);
  Status status_of(const Event& event, std::string_view what) const;

  /// Why a connection failed, last.
  struct Trouble {
    Event event;
    std::chrono::steady_clock::time_point when;
  };

  LoggerPtr logger_;
  Identity identity_;
  bool show_debug_;
  std::atomic<JoinState> join_state_{JoinState::kOut};
  std::atomic<bool> was_let_in_{false};
  std::atomic<int> certificate_error_{0};
  mutable std::mutex mutex_;  ///< guards the next three
  std::vector<Event> events_;
  std::optional<Trouble> trouble_;
  std::optional<std::string> refused_topic_;
  std::atomic<bool> has_events_{false};
  bool remains_ = false;
  rd_kafka_t* handle_ = nullptr;
};

}  // namespace streams::client::kafka
