// The transactional half of a producer.
#include "client/embedded/producer.hpp"

namespace streams::client::embedded {
namespace {

Status not_transactional() { return {StatusCode::kInvalidArgument, "The producer is not transactional: set transactional.id"}; }

}  // namespace

Status EmbeddedProducer::init_transactions(int) { return not_transactional(); }
Status EmbeddedProducer::begin_transaction() { return not_transactional(); }
Status EmbeddedProducer::send_offsets(const std::vector<OffsetAndMetadata>&, const GroupMetadata&, int) { return not_transactional(); }
Status EmbeddedProducer::commit_transaction(int) { return not_transactional(); }
Status EmbeddedProducer::abort_transaction(int) { return not_transactional(); }

}  // namespace streams::client::embedded
