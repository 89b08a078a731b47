// Byte formats of foreign-key joins; see the header.
#include <streams/detail/foreign_key_format.hpp>

namespace streams::detail {
namespace {

constexpr unsigned kNoHash = 0x80;  // in topics, as the versions: do not change
constexpr unsigned kSubscriptionVersion = 1;
constexpr unsigned kResponseVersion = 0;

void append_version(Bytes& out, unsigned version, const std::optional<Hash128>& hash) {
  out.push_back(static_cast<char>(hash ? version : version | kNoHash));
}

void append_hash(Bytes& out, const std::optional<Hash128>& hash) {
  if (!hash) return;
  append_big_endian(out, hash->first);
  append_big_endian(out, hash->second);
}

/// Reads from the front; everything that is missing is an error.
class Reader {
 public:
  Reader(BytesView bytes, const char* what) : rest_(bytes), what_(what) {}

  template <class Int>
  Int integer() {
    need(sizeof(Int));
    const Int value = read_big_endian<Int>(rest_);
    rest_.remove_prefix(sizeof(Int));
    return value;
  }
  /// The version, and whether a hash follows.
  std::pair<unsigned, bool> version(unsigned newest) {
    const unsigned byte = integer<std::uint8_t>();
    const unsigned version = byte & ~kNoHash;
    if (version > newest)
      fail("they have version " + std::to_string(version) + ", the newest known is " + std::to_string(newest));
    return {version, (byte & kNoHash) == 0};
  }
  std::optional<Hash128> hash(bool present) {
    if (!present) return std::nullopt;
    const auto first = integer<std::uint64_t>();
    return Hash128{first, integer<std::uint64_t>()};
  }
  BytesView all_but(std::size_t size) {
    need(size);
    const BytesView part = rest_.substr(0, rest_.size() - size);
    rest_.remove_prefix(part.size());
    return part;
  }
  [[noreturn]] void fail(const std::string& why) const {
    throw SerializationError(std::string("These bytes are no ") + what_ + " of a foreign-key join: " + why);
  }

 private:
  void need(std::size_t size) const {
    if (rest_.size() < size) fail("they end too early");
  }
  BytesView rest_;
  const char* what_;
};

}  // namespace

void append_combined_key(Bytes& out, BytesView foreign_key, BytesView primary_key) {
  append_big_endian(out, static_cast<std::int32_t>(foreign_key.size()));
  out += foreign_key;
  out += primary_key;
}

void append_subscription(Bytes& out, const Subscription& subscription) {
  append_version(out, subscription.primary_partition ? kSubscriptionVersion : 0, subscription.hash);
  out.push_back(static_cast<char>(subscription.instruction));
  append_hash(out, subscription.hash);
  out += subscription.primary_key;
  if (subscription.primary_partition) append_big_endian(out, *subscription.primary_partition);
}

Subscription parse_subscription(BytesView bytes) {
  Reader reader(bytes, "subscription");
  const auto [version, hashed] = reader.version(kSubscriptionVersion);
  const unsigned instruction = reader.integer<std::uint8_t>();
  if (instruction > 3) reader.fail("their instruction is " + std::to_string(instruction) + ", not 0 to 3");
  Subscription subscription;
  subscription.instruction = static_cast<SubscriptionInstruction>(instruction);
  subscription.hash = reader.hash(hashed);
  subscription.primary_key = reader.all_but(version > 0 ? sizeof(std::int32_t) : 0);
  if (version > 0) subscription.primary_partition = reader.integer<std::int32_t>();
  return subscription;
}

void append_subscription_response(Bytes& out, const SubscriptionResponse& response) {
  append_version(out, kResponseVersion, response.hash);
  append_hash(out, response.hash);
  if (response.foreign_value) out += *response.foreign_value;
}

SubscriptionResponse parse_subscription_response(BytesView bytes) {
  Reader reader(bytes, "response");
  const bool hashed = reader.version(kResponseVersion).second;
  SubscriptionResponse response;
  response.hash = reader.hash(hashed);
  const BytesView value = reader.all_but(0);
  if (!value.empty()) response.foreign_value = value;
  return response;
}

}  // namespace streams::detail
