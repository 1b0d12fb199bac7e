#!/usr/bin/python3
"""Checks that includes point down the layers of the architecture, and that heavy headers stay in .cc files."""
import re
import sys

from sources import files, lines

# From bottom to top: a folder may include itself and what stands before it; folders in one tuple are one layer.
LAYERS = [("forest",), ("base",), ("sklearn",), ("csv",), ("plot",), ("packs",), ("config",), ("promql",), ("features",),
          ("model",), ("state",), ("detector",), ("metrics",), ("http",), ("backtest",), ("app", "cli"), ("main",)]
RANK = {folder: rank for rank, layer in enumerate(LAYERS) for folder in layer}
SINGLE_FILES = {"main": "main", "app": "app", "app_services": "app", "app_predictions": "app"}  # every other file directly in exporter/ is `base`
IN_SOURCES_ONLY = re.compile(r"httplib\.h|nlohmann/json\.hpp|yaml-cpp/.*|simdjson\.h|Eigen/(Dense|Eigenvalues|SVD|QR|LU|Cholesky)")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def layer_of(path):
    """Returns the layer of a path from the repository's root, or None for what is outside forest/ and exporter/."""
    parts = path.split("/")
    if parts[0] == "forest":
        return "forest"
    if parts[0] != "exporter":
        return None
    return parts[1] if len(parts) > 2 else SINGLE_FILES.get(parts[1].split(".")[0], "base")


def check(root):
    """Returns one line per include that breaks a rule."""
    found = []
    for path in files(root, ".h", ".cc"):
        layer = layer_of(path)
        if layer is not None and layer not in RANK:
            found.append(f"{path}: the folder has no place in the layers of tests/style/layers.py")
            continue
        for number, line in enumerate(lines(root, path), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            quoted, name = match.group(1) == '"', match.group(2)
            if path.endswith(".h") and IN_SOURCES_ONLY.fullmatch(name):
                found.append(f"{path}:{number}: {name} belongs in .cc files only")
            if layer is None:
                continue
            target = layer_of(name)
            if quoted and target is None:
                found.append(f"{path}:{number}: \"{name}\" is neither in forest/ nor in exporter/")
            elif target is not None and RANK.get(target, len(LAYERS)) > RANK[layer]:
                found.append(f"{path}:{number}: {layer} includes {name}, which is above it")
            elif layer == "forest" and not quoted and "/" in name and not name.startswith("Eigen/"):
                found.append(f"{path}:{number}: forest/ includes Eigen and the standard library only, not <{name}>")
    return found


if __name__ == "__main__":
    problems = check(sys.argv[1])
    print("\n".join(problems) or "Includes point down the layers.")
    sys.exit(1 if problems else 0)
