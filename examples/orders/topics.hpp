// The topics of the order ecosystem.
#pragma once

#include <streams/client.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace orders {

inline constexpr const char* kOrdersTopic = "orders";
inline constexpr const char* kValidationsTopic = "order-validations";
inline constexpr const char* kPaymentsTopic = "payments";
inline constexpr const char* kCustomersTopic = "customers";
inline constexpr const char* kWarehouseTopic = "warehouse-inventory";
inline constexpr const char* kOrdersLatestTopic = "orders-latest";
inline constexpr const char* kCommandsTopic = "orders-commands";
inline constexpr const char* kCommandResultsTopic = "orders-command-results";
inline constexpr const char* kPlatinumEmailsTopic = "platinum-emails";
inline constexpr const char* kDailyRevenueTopic = "daily-revenue";

/// A topic as it should be created.
struct TopicPlan {
  std::string name;
  std::int32_t partitions = 4;
  std::map<std::string, std::string> configs;  ///< "cleanup.policy" and what goes with it
};

/// Every topic that the services read or write, internal ones aside. `partitions` are those of "orders" and of the
/// topics that are joined with it; `prefix` goes in front of all names.
///
/// Orders are kept for ever, and not compacted: a compacted topic would lose the CREATED records that a new service
/// needs when it reads the history. Who only wants the latest order of each id reads "orders-latest".
std::vector<TopicPlan> ecosystem_topics(std::int32_t partitions = 4, const std::string& prefix = "");

/// Creates those that are missing; what exists stays as it is. Throws std::runtime_error.
void create_topics(streams::client::Admin& admin, const std::vector<TopicPlan>& topics);

/// For topics whose records meet in a store of a processor: nobody else finds out that a key of one is in another
/// partition of the other. `why` is a sentence for the error. Throws std::runtime_error if one is missing, or if they
/// differ in their number of partitions.
void require_equal_partitions(streams::client::Admin& admin, const std::vector<std::string>& topics,
                              const std::string& why);
/// That of the commands service (order_commands_topology.hpp).
void require_commands_beside_orders(streams::client::Admin& admin, const std::string& prefix = "");

}  // namespace orders
