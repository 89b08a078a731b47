// From an application's settings to those that a task looks at.
#pragma once

#include <runtime/config.hpp>
#include <runtime/task_types.hpp>

namespace streams::runtime {

TaskSettings task_settings(const RuntimeConfig& config);

}  // namespace streams::runtime
