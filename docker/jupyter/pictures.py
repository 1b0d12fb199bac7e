#!/usr/bin/python3
"""pictures.py EXPORTER: runs train.ipynb with that program and writes the README's pictures beside it, in pictures/.

The pictures are what the cells tagged `picture-NAME` show; the cells tagged `service` are left out.
"""
import base64
import io
import os
import shutil
import sys
import tempfile

import nbformat
from nbclient import NotebookClient
from PIL import Image

HERE = os.path.dirname(os.path.abspath(__file__))
PREFIX = "picture-"


def run(folder):
    """Returns the notebook, executed in a copy of the data."""
    for name in ("train.csv", "test.csv", "test_labels.csv", "fleet.csv"):
        shutil.copy(os.path.join(HERE, name), folder)
    notebook = nbformat.read(os.path.join(HERE, "train.ipynb"), as_version=4)
    notebook.cells = [cell for cell in notebook.cells if "service" not in tags(cell)]
    return NotebookClient(notebook, timeout=120, resources={"metadata": {"path": folder}}).execute()


def tags(cell):
    return cell.metadata.get("tags", [])


def pictures_of(notebook):
    """Yields name and image of each picture in an executed notebook: the last PNG that its cell showed."""
    for cell in notebook.cells:
        for tag in tags(cell):
            if tag.startswith(PREFIX):
                shown = [output.data["image/png"] for output in cell.outputs if "image/png" in output.get("data", {})]
                yield tag.removeprefix(PREFIX), Image.open(io.BytesIO(base64.b64decode(shown[-1])))


def main(exporter):
    os.environ["ANOMALY_EXPORTER"] = os.path.abspath(exporter)
    out = os.path.join(HERE, "pictures")
    os.makedirs(out, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        notebook = run(folder)
    for name, picture in pictures_of(notebook):
        # A palette of its own makes the file a third as large, and looks the same.
        few = picture.convert("RGB").quantize(128, dither=Image.Dither.NONE)
        few.save(os.path.join(out, name + ".png"), optimize=True)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__.rstrip())
    main(sys.argv[1])
