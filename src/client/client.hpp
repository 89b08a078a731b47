// Moved: programs make clients of their own too.
#pragma once

#include <streams/client.hpp>
