#!/usr/bin/env python3
"""Checks what a user reads after a mistake: check.py CASE COMPILER [FLAG...]

A case is a source with the mistake and, under `#ifdef FIXED`, its cure. Without FIXED it must not compile, and the
first error must hold the text of the case's `// expect:` line, few lines below the user's own. With FIXED it must
compile.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

LINES_MAX = 10  # from the user's line to the reason


def main():
    case, *compiler = sys.argv[1:]
    expected = re.search(r"^// expect: (.*)$", Path(case).read_text(), re.M)
    if not expected:
        return f"{case}: no line '// expect: TEXT'"
    command = [*compiler, "-fsyntax-only", case]
    os.environ["LC_ALL"] = "C"
    fixed = subprocess.run([*command, "-DFIXED"], stderr=subprocess.PIPE, text=True)
    if fixed.returncode != 0:
        return f"with FIXED it does not compile:\n{fixed.stderr[:4000]}"
    broken = subprocess.run(command, stderr=subprocess.PIPE, text=True)
    errors = [line for line in broken.stderr.splitlines() if "error:" in line]
    if not errors:
        return "it compiles"
    if expected[1] not in errors[0]:
        return f"expected as the first error:\n  {expected[1]}\ngot:\n  {errors[0]}\n\n{broken.stderr[:4000]}"
    lines = broken.stderr.splitlines()
    reason = lines.index(errors[0])
    own = [number for number, line in enumerate(lines) if line.startswith(f"{case}:") and number <= reason]
    if not own or reason - own[-1] >= LINES_MAX:
        return f"the mistake's own line is not within {LINES_MAX} lines before the reason:\n{broken.stderr[:4000]}"
    print(errors[0])
    return 0


if __name__ == "__main__":
    sys.exit(main())
