// Key-value stores that remember former values. Source: RocksDBVersionedStore (the layout on disk is our own).
//
// Invariants:
// 1. The newest version of a key is the row [0][key] -> [i64 timestamp][value], unless the key is deleted.
// 2. Every other version, and a deletion that is the newest, is in the row [i64 segment][key] of the segment in which
// it was
//    superseded (in which it happened, for a newest deletion); see versions.hpp.
// 3. The versions of a key follow one another without gap, but for those in segments that expired.
#include <state/damaged_row.hpp>
#include <state/key_bytes.hpp>
#include <state/live_segments.hpp>
#include <state/stores.hpp>
#include <state/versions.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace streams::state {
namespace {

class VersionedRows final : public VersionedBytes {
 public:
  VersionedRows(ByteStore& rows, const VersionedSpec& spec, const StoreContext& context)
      : rows_(rows),
        retention_(spec.retention_ms),
        context_(context),
        segments_(rows, spec.retention_ms, spec.segment_interval(), false, context_.store) {}

  Timestamp put(BytesView key, OptionalView value, Timestamp timestamp) override {
    Timestamp valid_to = kNotPut;
    if (too_late(timestamp)) {
      if (context_.dropped) context_.dropped();
    } else {
      valid_to = store(key, value, timestamp);
    }
    log(key, value, timestamp);
    return valid_to;
  }

  bool remove(BytesView key, Timestamp timestamp, VersionedRow& out) override {
    bool existed = false;
    if (too_late(timestamp)) {
      if (context_.dropped) context_.dropped();
    } else {
      existed = get(key, timestamp, out);
      store(key, std::nullopt, timestamp);
    }
    log(key, std::nullopt, timestamp);
    return existed;
  }

  bool get(BytesView key, VersionedRow& out) override {
    if (!read_newest(key)) return false;
    take_newest(out);
    return true;
  }

  bool get(BytesView key, Timestamp as_of, VersionedRow& out) override {
    if (read_newest(key) && read_i64(newest_) <= as_of) {
      take_newest(out);
      return true;
    }
    if (as_of < segments_.time() - retention_) return false;
    const auto place = covering(key, as_of);
    if (!place || !place->version().value) return false;
    out.value = *place->version().value;
    out.timestamp = place->version().from;
    out.valid_to = place->version().to;
    return true;
  }

  std::vector<VersionedRow> history(BytesView key, Timestamp from, Timestamp to, bool descending) override {
    std::vector<VersionedRow> found;
    VersionedRow newest;
    if (get(key, newest) && newest.timestamp <= to) found.push_back(std::move(newest));
    if (to >= segments_.time() - retention_) {
      for (const std::int64_t segment : segments_.ids()) {
        // As in Kafka Streams: a version is kept where it ended, and what ended in a later segment is not looked for.
        if (segment > segments_.of(to)) break;
        for (Version& version : read(segment, key)) {
          if (!version.value || version.from > to || version.to <= from) continue;
          found.push_back({*std::move(version.value), version.from, version.to});
        }
      }
    }
    std::sort(found.begin(), found.end(), [&](const VersionedRow& a, const VersionedRow& b) {
      return descending ? a.timestamp > b.timestamp : a.timestamp < b.timestamp;
    });
    return found;
  }

  void restore(BytesView key, OptionalView value, Timestamp timestamp, const Headers&) override {
    if (!too_late(timestamp)) store(key, value, timestamp);
    segments_.save();  // nobody flushes before what is restored is committed
  }

  void flush() override { segments_.save(); }

 private:
  /// A version within the row of its segment.
  struct Place {
    std::int64_t segment;
    std::vector<Version> versions;
    std::size_t index;
    Version& version() { return versions[index]; }
    const Version& version() const { return versions[index]; }
  };

  bool too_late(Timestamp timestamp) const { return timestamp < segments_.time() - retention_; }

  void log(BytesView key, OptionalView value, Timestamp timestamp) const {
    if (context_.changelog) context_.changelog->log(key, value, timestamp, RecordContext::kNoHeaders);
  }

  bool read_newest(BytesView key) {
    row_key_.assign(1, '\0');
    row_key_ += key;
    if (!rows_.get(row_key_, newest_)) return false;
    if (newest_.size() < sizeof(Timestamp)) throw_damaged_row(context_.store, row_key_, "whose value has no timestamp");
    return true;
  }
  void take_newest(VersionedRow& out) const {
    out.timestamp = read_i64(newest_);
    out.value.assign(newest_, 8);
    out.valid_to = kValidToUndefined;
  }
  void write_newest(BytesView key, Timestamp timestamp, BytesView value) {
    row_key_.assign(1, '\0');
    row_key_ += key;
    newest_.clear();
    append_i64(newest_, timestamp);
    newest_ += value;
    rows_.put(row_key_, newest_);
  }
  void erase_newest(BytesView key) {
    row_key_.assign(1, '\0');
    row_key_ += key;
    rows_.erase(row_key_);
  }

  std::vector<Version> read(std::int64_t segment, BytesView key) {
    row_key_.clear();
    append_ordered(row_key_, segment);
    row_key_ += key;
    if (!rows_.get(row_key_, row_)) return {};
    auto versions = parse_versions(row_);
    if (!versions) throw_damaged_row(context_.store, row_key_, "whose value is no list of versions");
    return *std::move(versions);
  }
  void write(std::int64_t segment, BytesView key, const std::vector<Version>& versions) {
    row_key_.clear();
    append_ordered(row_key_, segment);
    row_key_ += key;
    if (versions.empty()) return rows_.erase(row_key_);
    rows_.put(row_key_, write_versions(versions));
  }
  /// Adds a version to the segment of the time, if that segment is kept.
  void add(BytesView key, Version version, Timestamp segment_time) {
    if (segments_.expired(segment_time)) return;
    std::vector<Version> versions = read(segments_.of(segment_time), key);
    insert_version(versions, std::move(version));
    write(segments_.of(segment_time), key, versions);
    segments_.add(segment_time);
  }

  /// The version other than the newest value that covers the time.
  std::optional<Place> covering(BytesView key, Timestamp time) {
    for (auto segment = segments_.ids().rbegin(); segment != segments_.ids().rend(); ++segment) {
      Place place{*segment, read(*segment, key), 0};
      for (; place.index < place.versions.size(); ++place.index) {
        if (place.version().covers(time)) return place;
      }
    }
    return std::nullopt;
  }
  /// The timestamp of the first version after the time; kOpen if there is none.
  Timestamp next_after(BytesView key, Timestamp time) {
    Timestamp next = read_newest(key) ? read_i64(newest_) : Version::kOpen;
    for (const std::int64_t segment : segments_.ids()) {
      for (const Version& version : read(segment, key)) {
        if (version.from > time) next = std::min(next, version.from);
      }
    }
    return next;
  }

  Timestamp store(BytesView key, OptionalView value, Timestamp timestamp) {
    segments_.observe(timestamp);
    if (read_newest(key) && read_i64(newest_) <= timestamp) {
      const Timestamp before = read_i64(newest_);
      if (before < timestamp) add(key, {before, timestamp, newest_.substr(8)}, timestamp);
      return store_newest(key, value, timestamp);
    }
    auto place = covering(key, timestamp);
    if (!place) {
      const Timestamp next = next_after(key, timestamp);
      if (next == Version::kOpen) return store_newest(key, value, timestamp);
      add(key, {timestamp, next, detail::owned(value)}, next);
      return next;
    }
    if (place->version().to == Version::kOpen) return supersede_deletion(key, value, timestamp, *std::move(place));
    return split(key, value, timestamp, *std::move(place));
  }

  Timestamp store_newest(BytesView key, OptionalView value, Timestamp timestamp) {
    if (value) {
      write_newest(key, timestamp, *value);
    } else {
      erase_newest(key);
      add(key, {timestamp, Version::kOpen, std::nullopt}, timestamp);
    }
    return kValidToUndefined;
  }

  /// The key was deleted; what is put is newer.
  Timestamp supersede_deletion(BytesView key, OptionalView value, Timestamp timestamp, Place place) {
    const Timestamp before = place.version().from;
    place.versions.erase(place.versions.begin() + static_cast<std::ptrdiff_t>(place.index));
    write(place.segment, key, place.versions);
    if (before < timestamp) add(key, {before, timestamp, std::nullopt}, timestamp);
    return store_newest(key, value, timestamp);
  }

  /// What is put lies within the time of an older version, or replaces it.
  Timestamp split(BytesView key, OptionalView value, Timestamp timestamp, Place place) {
    Version before = std::exchange(place.version(), Version{timestamp, place.version().to, detail::owned(value)});
    write(place.segment, key, place.versions);
    const Timestamp valid_to = before.to;
    if (before.from < timestamp) {
      before.to = timestamp;
      add(key, std::move(before), timestamp);
    }
    return valid_to;
  }

  ByteStore& rows_;
  const std::int64_t retention_;
  const StoreContext context_;
  LiveSegments segments_;
  Bytes row_key_;
  Bytes newest_;
  Bytes row_;
};

}  // namespace

std::int64_t VersionedSpec::segment_interval() const {
  constexpr std::int64_t kMinute = 60'000;
  if (segment_interval_ms > 0) return segment_interval_ms;
  if (retention_ms <= kMinute) return std::max<std::int64_t>(retention_ms / 3, 2'000);
  if (retention_ms <= 5 * kMinute) return std::max<std::int64_t>(retention_ms / 5, 20'000);
  if (retention_ms <= 60 * kMinute) return std::max<std::int64_t>(retention_ms / 12, kMinute);
  return std::max<std::int64_t>(retention_ms / 24, 5 * kMinute);
}

std::unique_ptr<VersionedBytes> make_versioned_store(ByteStore& rows, const VersionedSpec& spec,
                                                     const StoreContext& context) {
  return std::make_unique<VersionedRows>(rows, spec, context);
}

}  // namespace streams::state
