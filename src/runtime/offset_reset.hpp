// What auto.offset.reset says.
#pragma once

#include <streams/detail/topology_plan.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace streams::runtime {

/// "earliest", "latest", "none" or "by_duration:D"; nullopt for anything else. Source: AutoOffsetResetStrategy.
std::optional<AutoOffsetReset> parse_offset_reset(std::string_view text);

/// A duration as ISO 8601 writes it ("PT1H30M", "P2DT0.5S") in milliseconds; nullopt if the text is none, or a negative
/// or too long one. Days have 24 hours. Source: java.time.Duration.parse.
std::optional<std::int64_t> parse_iso_duration(std::string_view text);

}  // namespace streams::runtime
