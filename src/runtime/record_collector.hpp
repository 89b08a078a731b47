// How records leave a task: choice of the partition, changelog records, and what to do when they cannot be sent.
//
// Source: org.apache.kafka.streams.processor.internals.RecordCollectorImpl.
#pragma once

#include <runtime/error_handlers.hpp>
#include <runtime/task_sensors.hpp>
#include <runtime/task_types.hpp>
#include <streams/detail/task_context.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace streams::runtime {

class RecordCollector final : public DeadLetterSender {
 public:
  /// `sensors` may be null.
  RecordCollector(TaskOutput& output, const ProductionHandler& handler, const ErrorScope& scope, TaskMetrics& metrics,
                  const Log& log, TaskSensors* sensors = nullptr)
      : output_(output), handler_(handler), scope_(scope), metrics_(metrics), log_(log), sensors_(sensors) {}

  /// Throws TaskError where the production exception handler says fail, TaskMigrated, TaskCorrupted.
  void send(std::string_view node, const streams::detail::OutputRecord& record);
  /// The same for a changelog record; its partition is the task's.
  void log_change(const client::ProducerRecord& record);
  void send_dead_letters(const std::vector<DeadLetter>& letters) override;
  /// Call in a catch block. Returns if the handler says continue.
  void serialization_failed(std::string_view node, std::string_view topic, bool is_key);
  /// Throws TaskError if the topic does not exist.
  std::int32_t partitions(std::string_view topic);
  /// Numbers of partitions are asked for anew from here on (topics may grow).
  void forget_partitions();

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  void send_failed(std::string_view node, const client::ProducerRecord& record, const Status& status);

  TaskOutput& output_;
  const ProductionHandler& handler_;
  const ErrorScope& scope_;
  TaskMetrics& metrics_;
  const Log& log_;
  TaskSensors* sensors_;
  std::unordered_map<std::string, std::int32_t, Hash, std::equal_to<>> partitions_;
  std::pair<const std::string, std::int32_t>* last_ = nullptr;  ///< of partitions_: most tasks write to one topic
};

/// Deals with a record that the broker refused after send() had returned: asks the handler, sends dead letters, counts.
/// Returns if the handler says continue, else throws TaskError, TaskMigrated or TaskCorrupted. For the thread that owns
/// the producer; the task that sent the record is not known.
void handle_delivery_error(const client::DeliveryError& error, const ProductionHandler& handler, TaskOutput& output,
                           Counter& dropped, const Log& log);

}  // namespace streams::runtime
