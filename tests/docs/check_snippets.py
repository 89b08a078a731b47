#!/usr/bin/env python3
"""Compiles every ```cpp block of the documents: check_snippets.py ROOT COMPILER [FLAG...]"""

import re
import subprocess
import sys
from pathlib import Path


def main():
    root, compiler = Path(sys.argv[1]), sys.argv[2:]
    documents = [*root.glob("*.md"), *root.glob("docs/**/*.md"), *root.glob("examples/**/*.md")]
    blocks = problems = 0
    for document in documents:
        text = document.read_text()
        for block in re.finditer(r"^```cpp\n(.*?)^```$", text, re.M | re.S):
            line = text.count("\n", 0, block.start(1)) + 1
            source = f'#line {line} "{document.relative_to(root)}"\n{block[1]}'
            done = subprocess.run([*compiler, "-fsyntax-only", "-x", "c++", "-"], input=source, text=True)
            blocks += 1
            problems += done.returncode != 0
    print(f"check_snippets: {len(documents)} documents, {blocks} snippets, {problems} problems")
    return 1 if problems or not blocks else 0


if __name__ == "__main__":
    sys.exit(main())
