// From settings to an open librdkafka handle, with the callbacks that every client needs.
#include "client/kafka/kafka_conf.hpp"

#include "client/kafka/kafka_status.hpp"

#include <streams/errors.hpp>

#include <cstdio>
#include <future>
#include <thread>
#include <utility>

namespace streams::client::kafka {
namespace {

struct Setting {
  const char* name;
  const char* value;
};

// What this code is built on: a user who wants something else is told.
constexpr Setting kConsumerMust[] = {
    {"enable.auto.commit", "false"},  // positions are committed together with outputs and state
    {"enable.auto.offset.store", "false"},
    {"enable.partition.eof", "true"},  // at_end()
    {"partition.assignment.strategy", "cooperative-sticky"},
};

constexpr Setting kConsumerDefaults[] = {
    {"auto.offset.reset", "error"},  // the library decides, and says where it starts
    // Prefetched records take about 400 bytes each besides their own: 30,000 in every partition that is behind.
    // KafkaConsumer::fetch keeps them flowing. One fetch request is under way per broker, and while it waits for
    // records of partitions that are at their end, one that is behind lives on what is prefetched: 30,000 per 50 ms at
    // worst.
    {"queued.min.messages", "30000"},
    {"queued.max.messages.kbytes", "16384"},
    {"fetch.wait.max.ms", "50"},
};

constexpr Setting kProducerDefaults[] = {
    {"enable.idempotence", "true"},  // retries neither reorder nor repeat
    {"queue.buffering.max.kbytes", "65536"},
};

// Back-to-back transactions wait this long for the previous one: the default of 100 ms would bound the commit rate.
constexpr Setting kTransactionDefaults[] = {{"retry.backoff.ms", "5"}};

constexpr Setting kAdminDefaults[] = {
    {"isolation.level", "read_uncommitted"},
    {"log.connection.close", "true"},  // a broker that closes the first connection may have been asked without TLS
};

constexpr Setting kAllDefaults[] = {
    {"socket.nagle.disable", "true"},
    {"log.connection.close", "false"},  // idle connections are closed by brokers all the time
};

/// Trouble that is older says nothing about a call that fails now. librdkafka repeats the same after 30 s.
constexpr std::chrono::seconds kTroubleAge{60};

/// With a client that is being destroyed.
constexpr std::chrono::seconds kPatience{10};

/// What must not be seen in logs and texts.
bool is_secret(std::string_view name) {
  for (const char* part : {"password", "secret", "key.pem", "jaas", "oauthbearer.config"}) {
    if (name.find(part) != std::string_view::npos) return true;
  }
  return false;
}

bool exists(const char* name) {
  const ConfPtr conf(rd_kafka_conf_new());
  std::size_t size = 0;
  return rd_kafka_conf_get(conf.get(), name, nullptr, &size) == RD_KAFKA_CONF_OK;
}

template <std::size_t kCount>
void add_defaults(Settings& settings, const Setting (&defaults)[kCount]) {
  for (const Setting& setting : defaults) settings.emplace(setting.name, setting.value);
}

void add_consumer_settings(Settings& settings) {
  const auto protocol = settings.find("group.protocol");
  const bool brokers_assign = protocol != settings.end() && protocol->second == "consumer";  // KIP-848, librdkafka 2.12
  for (const Setting& must : kConsumerMust) {
    if (brokers_assign && std::string_view(must.name) == "partition.assignment.strategy") continue;
    const auto [found, added] = settings.emplace(must.name, must.value);
    if (!added && found->second != must.value) {
      throw ConfigError(found->first + "=" + found->second + " is refused: the library needs " + must.value +
                        ". Remove the setting.");
    }
  }
  add_defaults(settings, kConsumerDefaults);
  if (exists("fetch.queue.backoff.ms")) settings.emplace("fetch.queue.backoff.ms", "5");
  if (settings.contains("group.id")) {
    std::string& debug = settings["debug"];  // where Handle::note_join_state reads
    debug += debug.empty() ? "cgrp" : ",cgrp";
  } else {
    settings["group.id"] = kNoGroup;
  }
}

std::string get_setting(const rd_kafka_conf_t* conf, const char* name) {
  char text[64];
  std::size_t size = sizeof text;
  return rd_kafka_conf_get(conf, name, text, &size) == RD_KAFKA_CONF_OK ? std::string(text) : std::string();
}

LogLevel level_of(int syslog_level) {
  if (syslog_level <= 3) return LogLevel::kError;
  if (syslog_level == 4) return LogLevel::kWarn;
  return syslog_level <= 6 ? LogLevel::kInfo : LogLevel::kDebug;
}

}  // namespace

Settings effective_settings(Kind kind, const Settings& base, const Settings& settings) {
  Settings merged = settings;
  merged.insert(base.begin(), base.end());
  switch (kind) {
    case Kind::kConsumer:
      add_consumer_settings(merged);
      break;
    case Kind::kProducer:
      if (merged.contains("transactional.id")) add_defaults(merged, kTransactionDefaults);
      add_defaults(merged, kProducerDefaults);
      break;
    case Kind::kAdmin:
      merged.erase("transactional.id");
      add_defaults(merged, kAdminDefaults);
      break;
  }
  add_defaults(merged, kAllDefaults);
  return merged;
}

ConfPtr make_conf(const Settings& settings) {
  ConfPtr conf(rd_kafka_conf_new());
  char reason[512];
  for (const auto& [name, value] : settings) {
    switch (rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), reason, sizeof reason)) {
      case RD_KAFKA_CONF_OK:
        break;
      case RD_KAFKA_CONF_UNKNOWN:
        throw ConfigError("Unknown client setting " + name + ": " + reason +
                          ". Names are those of librdkafka's CONFIGURATION.md.");
      case RD_KAFKA_CONF_INVALID:
        if (is_secret(name)) throw ConfigError("Client setting " + name + " is refused: its value cannot be used.");
        throw ConfigError("Client setting " + name + "=" + value + " is refused: " + reason + ".");
    }
  }
  return conf;
}

Handle::Handle(Kind kind, ConfPtr conf, LoggerPtr logger, bool show_debug)
    : logger_(std::move(logger)), show_debug_(show_debug) {
  rd_kafka_conf_set_opaque(conf.get(), this);
  rd_kafka_conf_set_log_cb(conf.get(), &Handle::log_line);
  rd_kafka_conf_set_error_cb(conf.get(), &Handle::error_event);
  if (get_setting(conf.get(), "enable.ssl.certificate.verification") == "true") {
    rd_kafka_conf_set_ssl_cert_verify_cb(conf.get(), &Handle::verify_certificate);
  }
  identity_ = identity_of(conf.get());
  if (kind == Kind::kConsumer) rd_kafka_conf_set_rebalance_cb(conf.get(), &Handle::rebalance);
  const rd_kafka_type_t type = kind == Kind::kConsumer ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER;
  char reason[512];
  handle_ = rd_kafka_new(type, conf.get(), reason, sizeof reason);
  if (handle_ == nullptr) throw ConfigError(std::string("Client settings are refused: ") + reason + ".");
  conf.release();  // the handle's now
}

std::shared_ptr<Handle> Handle::open(Kind kind, ConfPtr conf, LoggerPtr logger, bool show_debug) {
  return {new Handle(kind, std::move(conf), std::move(logger), show_debug), [](Handle* handle) {
            if (handle->end()) delete handle;  // otherwise librdkafka's threads still log through it
          }};
}

bool Handle::end() {
  const std::string name = rd_kafka_name(handle_);
  std::packaged_task<void()> destroy([handle = handle_, remains = remains_] {
    rd_kafka_destroy_flags(handle, remains ? RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE : 0);
  });
  const std::future<void> destroyed = destroy.get_future();
  std::thread(std::move(destroy)).detach();
  if (destroyed.wait_for(kPatience) == std::future_status::ready) return true;
  log(LogLevel::kError, "librdkafka [" + name + "] does not end its client within " +
                            std::to_string(kPatience.count()) + " s. Its threads and memory stay.");
  return false;
}

void Handle::log(LogLevel level, std::string_view line) const {
  if (logger_ != nullptr && logger_->enabled(level)) logger_->write(level, line);
}

void Handle::log_line(const rd_kafka_t* handle, int level, const char* facility, const char* text) {
  auto* self = static_cast<Handle*>(rd_kafka_opaque(handle));
  const std::string_view kind = facility;
  if (level == 7) {
    if (kind == "CGRPJOINSTATE") self->note_join_state(text);
    if (!self->show_debug_) return;
  }
  if (kind == "ADDPARTS") self->note_refused_topic(text);
  // A base of settings for all kinds of clients is normal, and so is that some of it does not concern this one.
  if (kind == "CONFWARN") level = 7;
  if (kind == "FAIL" && level == 6) level = 7;  // a connection that was closed
  self->log(level_of(level), std::string("librdkafka [") + rd_kafka_name(handle) + "] " + facility + ": " + text);
}

void Handle::error_event(rd_kafka_t* handle, int error, const char* reason, void* opaque) {
  auto code = static_cast<rd_kafka_resp_err_t>(error);
  char fatal_reason[512];
  const bool fatal = code == RD_KAFKA_RESP_ERR__FATAL;
  if (fatal) {
    code = rd_kafka_fatal_error(handle, fatal_reason, sizeof fatal_reason);
    reason = fatal_reason;
  }
  const Event event{cause_of(code, reason), reason, fatal};
  auto* self = static_cast<Handle*>(opaque);
  std::lock_guard lock(self->mutex_);
  const bool of_connection = is_login_failure(event.error) || event.error == RD_KAFKA_RESP_ERR__TRANSPORT ||
                             event.error == RD_KAFKA_RESP_ERR__RESOLVE;
  if (of_connection) self->trouble_ = {event, std::chrono::steady_clock::now()};
  self->events_.push_back(event);
  self->has_events_ = true;
}

std::vector<Handle::Event> Handle::take_events() {
  if (!has_events_.exchange(false)) return {};
  std::lock_guard lock(mutex_);
  return std::exchange(events_, {});
}

void Handle::answered() {
  std::lock_guard lock(mutex_);
  trouble_.reset();
}

Status Handle::status_of(const Event& event, std::string_view what) const {
  if (!is_login_failure(event.error)) return make_status(event.error, what, event.reason);
  const int certificate_error = certificate_error_;
  std::string reason(without_guess(event.reason));
  if (event.error == RD_KAFKA_RESP_ERR__SSL && certificate_error != 0) {
    reason.append(" (").append(certificate_trouble(certificate_error)).append(")");
  }
  return make_status(event.error, what, reason, login_advice(event.error, reason, certificate_error, identity_));
}

Status Handle::failure(rd_kafka_resp_err_t error, std::string_view what, std::string_view reason,
                       const Permissions& needed) const {
  if (is_denial(error)) return make_status(error, what, reason, denial_advice(error, needed, identity_));
  if (is_login_failure(error)) return status_of({error, std::string(reason), false}, what);
  const Status plain = make_status(error, what, reason);
  if (plain.code() != StatusCode::kTimedOut && plain.code() != StatusCode::kUnavailable) return plain;
  std::lock_guard lock(mutex_);
  if (!trouble_ || std::chrono::steady_clock::now() - trouble_->when > kTroubleAge) return plain;
  const Status status = status_of(trouble_->event, what);
  return status.code() == StatusCode::kAuthorization ? status : Status(plain.code(), status.message());
}

Status Handle::login_failure(std::chrono::steady_clock::time_point since, std::string_view what) const {
  std::lock_guard lock(mutex_);
  if (!trouble_ || trouble_->when < since || !is_login_failure(trouble_->event.error)) return {};
  return status_of(trouble_->event, what);
}

std::optional<std::string> Handle::take_refused_topic() {
  std::lock_guard lock(mutex_);
  return std::exchange(refused_topic_, std::nullopt);
}

// `...: Failed to add partition "orders" [0] to transaction: Broker: Topic authorization failed`
void Handle::note_refused_topic(std::string_view text) {
  if (!text.ends_with(rd_kafka_err2str(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED))) return;
  const std::size_t begin = text.find('"');
  if (begin == std::string_view::npos) return;
  text.remove_prefix(begin + 1);
  std::lock_guard lock(mutex_);
  refused_topic_ = std::string(text.substr(0, text.find('"')));
}

// As without it: what OpenSSL finds wrong stays wrong. librdkafka's own text does not tell what it was.
int Handle::verify_certificate(rd_kafka_t*, const char*, std::int32_t, int* error, int, const char*, std::size_t,
                               char* text, std::size_t text_size, void* opaque) {
  if (*error == 0) return 1;
  static_cast<Handle*>(opaque)->certificate_error_ = *error;
  std::snprintf(text, text_size, "%s", certificate_trouble(*error));
  return 0;
}

void Handle::rebalance(rd_kafka_t*, rd_kafka_resp_err_t error, rd_kafka_topic_partition_list_t* list, void* opaque) {
  static_cast<Handle*>(opaque)->on_rebalance(error, list);
}

// "Group "g" changed join state wait-sync -> wait-assign-call (state up)"
void Handle::note_join_state(std::string_view text) {
  const std::size_t arrow = text.find(" -> ");
  if (arrow == std::string_view::npos) return;
  const bool answered = text.substr(0, arrow).ends_with("wait-join");
  text.remove_prefix(arrow + 4);
  if (text.starts_with("init")) {
    join_state_ = JoinState::kOut;
  } else if (text.starts_with("wait-join") || text.starts_with("wait-metadata") || text.starts_with("wait-sync")) {
    if (answered) was_let_in_ = true;  // before the state, which is looked at first
    join_state_ = JoinState::kJoining;
  } else if (text.starts_with("wait-unassign-call")) {
    join_state_ = JoinState::kRevoking;
  } else {
    join_state_ = JoinState::kMember;
  }
}

}  // namespace streams::client::kafka
