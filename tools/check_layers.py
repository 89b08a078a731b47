#!/usr/bin/env python3
"""Checks who may include whom, against the tables below; docs/architecture.md gives the reasons.

A file belongs to the longest folder of LAYERS that its path starts with. It may include files of its own layer and of
the layers listed for it, and headers of other libraries where LIBRARIES lets it.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

API = ["include/streams", "include/streams/detail"]
BASE = [*API, "src/base"]
CLIENT = [*BASE, "src/client"]
RUNTIME = [*CLIENT, "state", "src/topology", "src/runtime"]
LIBRARY = [*RUNTIME, "src/query", "src/facade", "src/client/embedded", "src/client/kafka"]
EVERYTHING = [*LIBRARY, "include/streams/testing", "src/testing", "include/streams/http", "src/http",
              "src/programs"]

# Folder: the folders that its files may include, besides itself.
LAYERS = {
    "include/streams": API,
    "include/streams/detail": API,
    "include/streams/testing": API,
    "src/base": API,
    "src/topology": BASE,
    "src/client": BASE,
    "src/client/embedded": CLIENT,
    "src/client/kafka": CLIENT,
    "state": BASE,
    "src/runtime": [*CLIENT, "state", "src/topology"],
    "src/query": RUNTIME,
    "src/facade": LIBRARY,  # KafkaStreams itself: the one place that knows the kinds of clients
    "src/http": [*API, "include/streams/http"],
    "include/streams/http": API,
    "src/programs": API,
    "src/testing": [*LIBRARY, "include/streams/testing"],
    "tests": [*EVERYTHING, "examples"],  # what users are shown is tested, too
    # These three see the library as its users do.
    "tests/package": ["include/streams", "include/streams/http", "include/streams/testing"],
    "tests/compile_fail": ["include/streams", "include/streams/testing"],
    "examples": ["include/streams", "include/streams/http", "include/streams/testing"],
    "benchmarks": EVERYTHING,
}

# Prefix of an included header: the files and folders that may include it. What is not listed is the standard library's
# or the operating system's.
LIBRARIES = {
    "librdkafka/": ["src/client/kafka", "examples/feed/kafka_feed.cpp", "tests/broker/security_broker_test.cpp",
                    "tests/unit/client/kafka_producer_test.cpp"],
    "rocksdb/": ["state", "tests/unit/state", "tests/fuzz/row_targets.cpp"],
    "nlohmann/": ["include/streams/json.hpp", "tests", "examples", "benchmarks"],
    "range/": ["tests", "examples", "benchmarks"],
    "boost/": ["src/http"],
    "gtest/": ["tests", "examples"],
    "gmock/": ["tests", "examples"],
    "benchmark/": ["benchmarks"],
}

# Too expensive to compile for everybody who includes a public header.
HEAVY = {"<iostream>", "<filesystem>", "<thread>", "<future>", "<regex>"}

INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.M)


def is_below(path, folder):
    return path == folder or path.startswith(folder + "/")


def layer_of(path):
    return max((layer for layer in LAYERS if is_below(path, layer)), key=len, default=None)


def resolve(including, header):
    """The path of an included file of this project, or None."""
    for folder in (ROOT / including).parent, ROOT / "include", ROOT / "src", ROOT, ROOT / "tests":
        file = (folder / header).resolve()
        if file.is_file() and file.is_relative_to(ROOT):
            return file.relative_to(ROOT).as_posix()
    return None


def problem_of(path, mark, header):
    """What is wrong with one include, or None."""
    for prefix, places in LIBRARIES.items():
        if header.startswith(prefix):
            allowed = any(is_below(path, place) for place in places)
            return None if allowed else f"only {', '.join(places)} may include it"
    target = resolve(path, header)
    if target is None:
        if mark == '"' or header.endswith(".hpp"):
            return "there is no such file"
        if path.startswith("include/") and f"<{header}>" in HEAVY:
            return "too expensive for a public header"
        return None
    layer, included = layer_of(path), layer_of(target)
    if included is None:
        return f"{target} is in no layer (LAYERS in tools/check_layers.py)"
    if included != layer and included not in LAYERS[layer]:
        return f"{layer} may not include {included}"
    if target.startswith("include/") and mark == '"':
        return "public headers are included with <>"
    return None


def main():
    problems, files, includes = [], 0, 0
    for top in "include", "src", "state", "tests", "examples", "benchmarks":
        for file in sorted((ROOT / top).rglob("*.[ch]pp")):
            path = file.relative_to(ROOT).as_posix()
            files += 1
            if layer_of(path) is None:
                problems.append(f"{path}:1: in no layer (LAYERS in tools/check_layers.py)")
                continue
            text = file.read_text()
            for match in INCLUDE.finditer(text):
                includes += 1
                problem = problem_of(path, match[1], match[2])
                if problem:
                    line = text.count("\n", 0, match.start(2)) + 1
                    problems.append(f"{path}:{line}: {match[2]}: {problem}")
    for problem in problems:
        print(problem)
    print(f"check_layers: {files} files, {includes} includes, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
