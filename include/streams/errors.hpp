// The exceptions that the library throws, one per kind of mistake.
#pragma once

#include <stdexcept>

namespace streams {

/// Base of every exception thrown by the library.
struct StreamsError : std::runtime_error {
  using std::runtime_error::runtime_error;
};
/// The topology breaks a rule (Kafka Streams: TopologyException). Thrown while building.
struct TopologyError : StreamsError {
  using StreamsError::StreamsError;
};
/// A setting is unknown or senseless (Kafka Streams: ConfigException). Names the key.
struct ConfigError : StreamsError {
  using StreamsError::StreamsError;
};
/// An argument is outside of what the call accepts (Java: IllegalArgumentException).
struct InvalidArgument : StreamsError {
  using StreamsError::StreamsError;
};
/// A function or value that must be there is null (Java: NullPointerException).
struct NullArgument : StreamsError {
  using StreamsError::StreamsError;
};
/// Bytes that a serde cannot read, or a value that it cannot write (Kafka: SerializationException).
struct SerializationError : StreamsError {
  using StreamsError::StreamsError;
};
/// A state store is closed, missing or not of the type asked for (Kafka Streams: InvalidStateStoreException).
struct InvalidStateStore : StreamsError {
  using StreamsError::StreamsError;
};
/// Rows of a state store cannot be read or written: damaged file, failing disk (Kafka Streams:
/// ProcessorStateException).
struct StateError : StreamsError {
  using StreamsError::StreamsError;
};

}  // namespace streams
