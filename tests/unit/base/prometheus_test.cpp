// The text exposition format.
#include <streams/metrics.hpp>

#include <gtest/gtest.h>

#include <limits>

namespace streams {
namespace {

Metric metric(const std::string& name, std::map<std::string, std::string> tags, MetricValue value,
              bool cumulative = false) {
  return {{"stream-task-metrics", name, std::move(tags), "What " + name + " says"},
          RecordingLevel::kInfo,
          cumulative,
          std::move(value)};
}

TEST(PrometheusText, PutsTheMembersOfAFamilyTogether) {
  const std::vector<Metric> metrics{
      metric("process-rate", {{"task-id", "0_0"}, {"thread-id", "t-1"}}, 2.5),
      metric("process-total", {{"task-id", "0_0"}, {"thread-id", "t-1"}}, 1e6, true),
      metric("process-rate", {{"task-id", "0_1"}, {"thread-id", "t-1"}}, 0.0),
      metric("threads", {}, std::int64_t{-3}),
  };
  EXPECT_EQ(prometheus_text(metrics),
            "# HELP kafka_streams_stream_task_metrics_process_rate What process-rate says\n"
            "# TYPE kafka_streams_stream_task_metrics_process_rate gauge\n"
            "kafka_streams_stream_task_metrics_process_rate{task_id=\"0_0\",thread_id=\"t-1\"} 2.5\n"
            "kafka_streams_stream_task_metrics_process_rate{task_id=\"0_1\",thread_id=\"t-1\"} 0\n"
            "# HELP kafka_streams_stream_task_metrics_process_total What process-total says\n"
            "# TYPE kafka_streams_stream_task_metrics_process_total counter\n"
            "kafka_streams_stream_task_metrics_process_total{task_id=\"0_0\",thread_id=\"t-1\"} 1e+06\n"
            "# HELP kafka_streams_stream_task_metrics_threads What threads says\n"
            "# TYPE kafka_streams_stream_task_metrics_threads gauge\n"
            "kafka_streams_stream_task_metrics_threads -3\n");
}

TEST(PrometheusText, EscapesTextsAndNamesNumbersThatAreNone) {
  Metric described = metric("odd", {{"topic", "a\\b\"c\nd"}}, std::numeric_limits<double>::quiet_NaN());
  described.name.description = "a\\b\"c\nd";
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(prometheus_text({described, metric("odd", {}, infinity), metric("odd", {}, -infinity)}),
            "# HELP kafka_streams_stream_task_metrics_odd a\\\\b\"c\\nd\n"
            "# TYPE kafka_streams_stream_task_metrics_odd gauge\n"
            "kafka_streams_stream_task_metrics_odd{topic=\"a\\\\b\\\"c\\nd\"} NaN\n"
            "kafka_streams_stream_task_metrics_odd +Inf\n"
            "kafka_streams_stream_task_metrics_odd -Inf\n");
}

TEST(PrometheusText, MakesLabelsOfTextsThatFitInALine) {
  EXPECT_EQ(prometheus_text({metric("state", {{"thread-id", "t"}}, std::string("RUNNING")),
                             metric("version", {}, std::string("1.2")), metric("topology", {}, std::string("a\nb"))}),
            "# HELP kafka_streams_stream_task_metrics_state What state says\n"
            "# TYPE kafka_streams_stream_task_metrics_state gauge\n"
            "kafka_streams_stream_task_metrics_state{thread_id=\"t\",value=\"RUNNING\"} 1\n"
            "# HELP kafka_streams_stream_task_metrics_version What version says\n"
            "# TYPE kafka_streams_stream_task_metrics_version gauge\n"
            "kafka_streams_stream_task_metrics_version{value=\"1.2\"} 1\n");
  EXPECT_EQ(prometheus_text({}), "");
}

}  // namespace
}  // namespace streams
