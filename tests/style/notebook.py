#!/usr/bin/python3
"""Checks that committed notebooks hold no results: no outputs, no execution counts, no state of widgets."""
import json
import os
import sys

from sources import files


def check(root):
    """Returns one line per fault."""
    found = []
    for path in files(root, ".ipynb"):
        with open(os.path.join(root, path), encoding="utf-8") as file:
            notebook = json.load(file)
        for number, cell in enumerate(notebook["cells"], 1):
            if cell.get("outputs") or cell.get("execution_count") is not None or "execution" in cell["metadata"]:
                found.append(f"{path}: cell {number} holds results: clear all outputs before saving")
        if "widgets" in notebook["metadata"]:
            found.append(f"{path}: holds the state of widgets: clear all outputs before saving")
    return found


if __name__ == "__main__":
    problems = check(sys.argv[1])
    print("\n".join(problems) or "The notebooks hold no results.")
    sys.exit(1 if problems else 0)
