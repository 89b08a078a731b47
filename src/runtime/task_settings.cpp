// Which settings a task looks at.
#include <runtime/task_settings.hpp>

namespace streams::runtime {

TaskSettings task_settings(const RuntimeConfig& config) {
  TaskSettings out;
  out.application_id = config.application_id;
  out.timestamp_extractor = config.timestamp_extractor;
  out.max_task_idle_ms = config.max_task_idle_ms;
  out.deserialization_handler = config.deserialization_handler;
  out.processing_handler = config.processing_handler;
  out.production_handler = config.production_handler;
  out.texts = config.source.settings();
  return out;
}

}  // namespace streams::runtime
