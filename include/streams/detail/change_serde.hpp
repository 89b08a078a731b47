// Updates of a table on their way through a repartition topic.
//
// [new value][1], [old value][0], or [varint size of new][new][old][2]. Flags 3 to 5 are the same with [is latest]
// before them. Source: org.apache.kafka.streams.kstream.internals.ChangedSerializer, ChangedDeserializer.
#pragma once

#include <streams/record.hpp>
#include <streams/serde.hpp>

#include <optional>
#include <utility>

namespace streams::detail {

/// An update taken apart; the values are parts of the bytes given.
struct RawChange {
  OptionalView new_value, old_value;
  bool is_latest = true;
};
/// Throws SerializationError if the bytes are no update.
RawChange parse_change(BytesView bytes);
/// Throws SerializationError if both are null.
void append_change(Bytes& out, OptionalView new_value, OptionalView old_value);

template <class V>
class ChangeSerde final : public Serde<Change<V>> {
 public:
  explicit ChangeSerde(SerdePtr<V> inner) : inner_(std::move(inner)) {}
  void serialize(std::string_view topic, const Change<V>& change, Bytes& out) const override {
    Bytes fresh, old;
    if (change.new_value) inner_->serialize(topic, *change.new_value, fresh);
    if (change.old_value) inner_->serialize(topic, *change.old_value, old);
    append_change(out, change.new_value ? OptionalView(fresh) : std::nullopt,
                  change.old_value ? OptionalView(old) : std::nullopt);
  }
  Change<V> deserialize(std::string_view topic, BytesView bytes) const override {
    const RawChange raw = parse_change(bytes);
    Change<V> change;
    if (raw.new_value) change.new_value.emplace(inner_->deserialize(topic, *raw.new_value));
    if (raw.old_value) change.old_value.emplace(inner_->deserialize(topic, *raw.old_value));
    change.is_latest = raw.is_latest;
    return change;
  }

 private:
  SerdePtr<V> inner_;
};

}  // namespace streams::detail
