// Parts for topologies that only have a shape: processors that pass records on, stores of strings.
#pragma once

#include <streams/topology.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace streams {

using Text = std::string;

struct PassOn final : Processor<Text, Text> {
  void process(Record<Text, Text>&& record) override { context().forward(std::move(record)); }
};

struct Swallow final : Processor<Text, Text, void, void> {
  void process(Record<Text, Text>&&) override {}
};

inline std::unique_ptr<PassOn> pass_on() { return std::make_unique<PassOn>(); }
inline std::unique_ptr<Swallow> swallow() { return std::make_unique<Swallow>(); }

inline StoreBuilder text_store(const std::string& name) {
  return key_value_store<Text, Text>(name, {.type = StoreType::kInMemory});
}

/// A topology in few words.
class Shape {
 public:
  Shape& source(const std::string& name, const std::vector<std::string>& topics) {
    topology.add_source<Text, Text>(name, topics);
    return *this;
  }
  Shape& pattern(const std::string& name, const std::string& regex) {
    topology.add_source<Text, Text>(name, TopicPattern{regex});
    return *this;
  }
  Shape& node(const std::string& name, const std::vector<std::string>& parents,
              const std::vector<std::string>& stores = {}) {
    topology.add_processor(name, pass_on, parents, stores);
    return *this;
  }
  Shape& sink(const std::string& name, const std::string& topic, const std::vector<std::string>& parents) {
    topology.add_sink<Text, Text>(name, topic, parents);
    return *this;
  }
  Shape& store(const std::string& name, const std::vector<std::string>& processors = {}) {
    topology.add_state_store(text_store(name), processors);
    return *this;
  }
  Shape& connect(const std::string& processor, const std::vector<std::string>& stores) {
    topology.connect_processor_and_state_stores(processor, stores);
    return *this;
  }
  Shape& global(const std::string& store, const std::string& source, const std::string& topic,
                const std::string& processor) {
    topology.add_global_store<Text, Text>(text_store(store), source, topic, processor, swallow);
    return *this;
  }
  Shape& read_only(const std::string& store, const std::string& source, const std::string& topic,
                   const std::string& processor) {
    topology.add_read_only_state_store<Text, Text>(text_store(store), source, topic, processor, swallow);
    return *this;
  }
  /// A sink of `parent` into an internal topic "<name>-repartition", and a source of that name which reads it.
  Shape& repartition(const std::string& name, const std::string& parent,
                     std::optional<std::int32_t> partitions = std::nullopt) {
    writable->add_internal_topic({name + "-repartition", partitions, false, {}});
    return sink(name + "-sink", name + "-repartition", {parent}).source(name, {name + "-repartition"});
  }
  Shape& copartition(const std::set<std::string>& sources) {
    writable->copartition(sources);
    return *this;
  }
  const detail::TopologyPlan& plan() const { return topology.plan(); }

  std::shared_ptr<detail::TopologyPlan> writable = std::make_shared<detail::TopologyPlan>();
  Topology topology{writable};
};

/// The message of the Error that a function throws.
template <class Error, class Fn>
std::string message_of(Fn fn) {
  try {
    fn();
  } catch (const Error& error) {
    return error.what();
  } catch (const std::exception& error) {
    return std::string("another error: ") + error.what();
  }
  return "no error";
}

}  // namespace streams
