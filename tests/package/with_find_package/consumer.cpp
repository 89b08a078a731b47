// The smallest program with the library: what it links against is found, installed or not.
#include <streams/serde.hpp>

#include <cstdio>

int main() {
  streams::Bytes bytes;
  const auto serde = streams::DefaultSerde<std::int64_t>::get();
  serde->serialize("topic", 42, bytes);
  if (serde->deserialize("topic", bytes) != 42) return 1;
  std::puts("streams is there");
}
