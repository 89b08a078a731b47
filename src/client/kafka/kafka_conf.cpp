// From settings to an open librdkafka handle, with the callbacks that every client needs.
#include "client/kafka/kafka_conf.hpp"

#include "client/kafka/kafka_status.hpp"

#include <streams/errors.hpp>

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

constexpr Setting kAdminDefaults[] = {{"isolation.level", "read_uncommitted"}};

constexpr Setting kAllDefaults[] = {
    {"socket.nagle.disable", "true"},
    {"log.connection.close", "false"},  // idle connections are closed by brokers all the time
};

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
        throw ConfigError("Client setting " + name + "=" + value + " is refused: " + reason + ".");
    }
  }
  return conf;
}

Handle::Handle(Kind kind, ConfPtr conf, LoggerPtr logger, bool show_debug)
    : logger_(std::move(logger)), show_debug_(show_debug) {
  rd_kafka_conf_set_opaque(conf.get(), this);
  rd_kafka_conf_set_log_cb(conf.get(), &Handle::log_line);
  if (kind != Kind::kAdmin) rd_kafka_conf_set_error_cb(conf.get(), &Handle::error_event);
  if (kind == Kind::kConsumer) rd_kafka_conf_set_rebalance_cb(conf.get(), &Handle::rebalance);
  const rd_kafka_type_t type = kind == Kind::kConsumer ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER;
  char reason[512];
  handle_ = rd_kafka_new(type, conf.get(), reason, sizeof reason);
  if (handle_ == nullptr) throw ConfigError(std::string("Client settings are refused: ") + reason + ".");
  conf.release();  // the handle's now
}

Handle::~Handle() {
  if (handle_ != nullptr) rd_kafka_destroy_flags(handle_, remains_ ? RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE : 0);
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
  // A base of settings for all kinds of clients is normal, and so is that some of it does not concern this one.
  if (kind == "CONFWARN") level = 7;
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
  static_cast<Handle*>(opaque)->events_.push_back({code, reason, fatal});
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
