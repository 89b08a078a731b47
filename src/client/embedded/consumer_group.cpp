// A consumer's membership in its group: subscription, committed offsets.
#include "client/embedded/consumer.hpp"

namespace streams::client::embedded {
namespace {

Status no_group() { return {StatusCode::kInvalidArgument, "The consumer has no group: set group.id"}; }

}  // namespace

Status EmbeddedConsumer::subscribe(const std::vector<std::string>&, RebalanceListener&) { return no_group(); }

Result<std::vector<OffsetAndMetadata>> EmbeddedConsumer::committed(const std::vector<TopicPartition>&, int) { return no_group(); }

Status EmbeddedConsumer::commit(const std::vector<OffsetAndMetadata>&) { return no_group(); }

Result<GroupMetadata> EmbeddedConsumer::group_metadata() { return no_group(); }

}  // namespace streams::client::embedded
