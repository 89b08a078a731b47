// Revenue of each day: a service that can be added at any time, and knows the past as well.
#pragma once

#include "model.hpp"

#include <streams/topology.hpp>

#include <cstdint>
#include <string>

namespace orders {

/// Store "daily-revenue" (a table's: KeyValueStore<std::string, std::int64_t> for queries): cents by day, as in
/// "2026-03-01" (UTC).
inline constexpr const char* kDailyRevenueStore = "daily-revenue";

/// The day of a time in milliseconds since the epoch.
std::string day_of(streams::Timestamp time);

/// Reads "orders", writes "daily-revenue". An order counts on the day on which it was validated, with what it comes to
/// in the end: what becomes smaller, or fails later, is corrected on that day.
streams::Topology daily_revenue_topology(const std::string& topic_prefix = "");

}  // namespace orders
