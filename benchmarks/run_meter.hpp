// What a run costs: times, CPU and memory of this process.
#pragma once

#include <cstdint>

namespace bench {

/// User and system CPU time of the process so far, in seconds.
double cpu_s();
/// Steady clock, nanoseconds.
std::int64_t now_ns();
/// Seconds since the operating system started the process.
double process_age_s();
/// Peak resident set in MiB.
double max_rss_mb();

}  // namespace bench
