// Bytes of foreign-key joins: the hash of left values, rows of the subscription store, subscriptions and responses.
//
// Combined key: [i32 size of the foreign key][foreign key][primary key].
// Subscription: [version, high bit: no hash][instruction][16 bytes of hash][primary key][i32 partition, from version 1
// on]. Response: [version, high bit: no hash][16 bytes of hash][foreign value]. Source:
// org.apache.kafka.streams.kstream.internals.foreignkeyjoin.CombinedKeySchema, SubscriptionWrapperSerde,
// SubscriptionResponseWrapperSerde; org.apache.kafka.streams.state.internals.Murmur3.
#pragma once

#include <streams/bytes.hpp>
#include <streams/serde.hpp>

#include <cstdint>
#include <optional>

namespace streams::detail {

struct Hash128 {
  std::uint64_t first = 0;
  std::uint64_t second = 0;
  friend bool operator==(const Hash128&, const Hash128&) = default;
};
/// The 128-bit murmur3 hash, with the seed that Kafka Streams uses.
Hash128 murmur3_hash128(BytesView bytes);

/// What the right side does with a subscription. The numbers are in topics: do not renumber.
enum class SubscriptionInstruction : std::uint8_t {
  kDeleteKeyNoPropagate = 0,             ///< remove it, no response
  kDeleteKeyAndPropagate = 1,            ///< remove it, respond with null
  kPropagateNullIfNoFkValAvailable = 2,  ///< keep it, respond in any case
  kPropagateOnlyIfFkValAvailable = 3     ///< keep it, respond if there is a right row
};

/// A left row asks for the right row with its foreign key.
struct Subscription {
  std::optional<Hash128> hash;  ///< of the left value; none: the left row is deleted
  SubscriptionInstruction instruction = SubscriptionInstruction::kDeleteKeyNoPropagate;
  Bytes primary_key;                              ///< serialised
  std::optional<std::int32_t> primary_partition;  ///< where the left row is; none: version 0
};

/// The right row, or that there is none, for the left row whose value has this hash.
struct SubscriptionResponse {
  std::optional<Hash128> hash;
  OptionalBytes foreign_value;                    ///< serialised; no bytes are read as null
  std::optional<std::int32_t> primary_partition;  ///< where to send it; not written
};

void append_combined_key(Bytes& out, BytesView foreign_key, BytesView primary_key);
/// Both throw SerializationError if the bytes are something else or of a newer version.
Subscription parse_subscription(BytesView bytes);
SubscriptionResponse parse_subscription_response(BytesView bytes);
void append_subscription(Bytes& out, const Subscription& subscription);
void append_subscription_response(Bytes& out, const SubscriptionResponse& response);

struct SubscriptionSerde final : Serde<Subscription> {
  void serialize(std::string_view, const Subscription& value, Bytes& out) const override {
    append_subscription(out, value);
  }
  Subscription deserialize(std::string_view, BytesView bytes) const override { return parse_subscription(bytes); }
};

struct SubscriptionResponseSerde final : Serde<SubscriptionResponse> {
  void serialize(std::string_view, const SubscriptionResponse& value, Bytes& out) const override {
    append_subscription_response(out, value);
  }
  SubscriptionResponse deserialize(std::string_view, BytesView bytes) const override {
    return parse_subscription_response(bytes);
  }
};

}  // namespace streams::detail
