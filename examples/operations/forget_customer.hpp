// Forgetting a customer: one request deletes the customer and everything that was kept about their orders.
#pragma once

#include <streams/client.hpp>
#include <streams/topology.hpp>

#include <cstdint>
#include <string>

namespace operations {

/// Keys "KETTLE/101": all rows of a product are in one partition, as its partitioner looks at the first part only, and
/// each row still names the customer whose it is.
std::string sales_key(const std::string& product, std::int64_t customer_id);
/// The partition that a product's sales are in.
std::int32_t sales_partition(const std::string& key, std::int32_t partitions);

/// By customer id (int64), any value; with as many partitions as "orders-latest", as requests meet orders by customer.
inline constexpr const char* kForgetTopic = "forget-customers";
inline constexpr const char* kSalesTopic = "sales-by-product";  ///< compacted; key as above, quantity (int64)

/// Reads "orders-latest" (compacted, by order id) and "forget-customers"; keeps which orders each customer has and how
/// much of each product they bought. A request writes tombstones: to "orders-latest" for each of the orders, to
/// "customers", and to "sales-by-product". From there they reach every view; compaction then removes the last bytes.
///
/// The topics of requests themselves should be kept for a while only. "orders", the full history, must not hold what
/// has to be forgotten: give it a retention, or keep personal data out of it, as here (a customer's id alone).
///
/// Asks the cluster whether both topics are there and have equally many partitions; throws std::runtime_error if not,
/// as requests would not find the orders of their customers.
streams::Topology forget_customer_topology(streams::client::Admin& admin);

}  // namespace operations
