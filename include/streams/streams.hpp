// Everything that most programs need of the library.
#pragma once

#include <streams/config.hpp>
#include <streams/errors.hpp>
#include <streams/kafka_streams.hpp>
#include <streams/processor.hpp>
#include <streams/serde.hpp>
#include <streams/stores.hpp>
#include <streams/streams_builder.hpp>
#include <streams/topology.hpp>
