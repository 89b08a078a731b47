// The list of patterns, in the order of examples/README.md.
#include "pattern.hpp"

namespace patterns {

Pattern map_pattern();
Pattern split_and_merge_pattern();
Pattern dynamic_routing_pattern();
Pattern mixed_dsl_and_processor_pattern();
Pattern dead_letters_pattern();
Pattern event_time_pattern();
Pattern sum_pattern();
Pattern own_type_pattern();
Pattern running_average_pattern();
Pattern cogroup_pattern();
Pattern anomaly_detection_pattern();
Pattern session_windows_pattern();
Pattern final_results_pattern();
Pattern cumulative_totals_pattern();
Pattern sliding_average_pattern();
Pattern daily_windows_pattern();
Pattern top_articles_pattern();
Pattern user_regions_pattern();
Pattern table_join_pattern();
Pattern foreign_key_join_pattern();
Pattern page_views_by_region_pattern();
Pattern global_tables_pattern();
Pattern versioned_join_pattern();
Pattern ad_clicks_pattern();
Pattern wait_for_row_pattern();
Pattern deduplication_pattern();
Pattern expiring_rows_pattern();
Pattern reordering_pattern();
Pattern schedules_pattern();
Pattern count_min_sketch_pattern();
Pattern interactive_queries_pattern();
Pattern exactly_once_pattern();
Pattern named_operators_pattern();
Pattern up_conversion_pattern();
Pattern account_events_pattern();
Pattern whole_and_delta_pattern();
Pattern colliding_updates_pattern();
Pattern best_offer_pattern();
Pattern search_index_pattern();
Pattern cleaning_pattern();
Pattern memory_image_pattern();
Pattern take_what_you_need_pattern();
Pattern rules_that_change_pattern();
Pattern app_stability_pattern();
Pattern sequence_check_pattern();
Pattern legal_transitions_pattern();

const std::vector<Pattern>& all_patterns() {
  static const std::vector<Pattern> patterns{
      map_pattern(),
      split_and_merge_pattern(),
      dynamic_routing_pattern(),
      mixed_dsl_and_processor_pattern(),
      dead_letters_pattern(),
      event_time_pattern(),
      sum_pattern(),
      own_type_pattern(),
      running_average_pattern(),
      cogroup_pattern(),
      anomaly_detection_pattern(),
      session_windows_pattern(),
      final_results_pattern(),
      cumulative_totals_pattern(),
      sliding_average_pattern(),
      daily_windows_pattern(),
      top_articles_pattern(),
      user_regions_pattern(),
      table_join_pattern(),
      foreign_key_join_pattern(),
      page_views_by_region_pattern(),
      global_tables_pattern(),
      versioned_join_pattern(),
      ad_clicks_pattern(),
      wait_for_row_pattern(),
      deduplication_pattern(),
      expiring_rows_pattern(),
      reordering_pattern(),
      schedules_pattern(),
      count_min_sketch_pattern(),
      interactive_queries_pattern(),
      exactly_once_pattern(),
      named_operators_pattern(),
      up_conversion_pattern(),
      account_events_pattern(),
      whole_and_delta_pattern(),
      colliding_updates_pattern(),
      best_offer_pattern(),
      search_index_pattern(),
      cleaning_pattern(),
      memory_image_pattern(),
      take_what_you_need_pattern(),
      rules_that_change_pattern(),
      app_stability_pattern(),
      sequence_check_pattern(),
      legal_transitions_pattern(),
  };
  return patterns;
}

}  // namespace patterns
