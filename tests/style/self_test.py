#!/usr/bin/python3
"""Shows that the checks of this folder can fail: each fault is planted in a small tree and must be found."""
import json
import os
import tempfile
import unittest

import layers
import notebook
import text


def findings(check, tree):
    with tempfile.TemporaryDirectory() as root:
        for path, content in tree.items():
            os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
            with open(os.path.join(root, path), "w", encoding="utf-8", newline="") as file:
                file.write(content)
        return check(root)


class Layers(unittest.TestCase):
    def test_includes_that_point_down_are_fine(self):
        self.assertEqual([], findings(layers.check, {
            "forest/tree.h": "#include <vector>\n#include <Eigen/Core>\n#include \"forest/result.h\"\n",
            "exporter/config/config.h": "#include \"exporter/clock.h\"\n#include \"forest/result.h\"\n",
            "exporter/app.cc": "#include \"exporter/cli/commands.h\"\n#include \"exporter/http/server.h\"\n",
            "exporter/cli/serve.cc": "#include \"exporter/app.h\"\n",
            "exporter/http/server.cc": "#include <httplib.h>\n",
            "tests/unit/http/http_server_test.cc": "#include \"exporter/http/server.h\"\n"}))

    def test_each_broken_rule_is_found(self):
        for path, line, words in [
                ("forest/tree.cc", '"exporter/log.h"', "above it"),
                ("forest/tree.cc", "<fmt/format.h>", "standard library only"),
                ("exporter/log.cc", '"exporter/config/config.h"', "above it"),
                ("exporter/config/config.cc", '"exporter/promql/series.h"', "above it"),
                ("exporter/metrics/m.cc", '"exporter/app.h"', "above it"),
                ("exporter/http/h.cc", '"docker/demo/fleet.h"', "neither"),
                ("exporter/new/n.cc", "<vector>", "no place"),
                ("exporter/http/server.h", "<httplib.h>", ".cc files only"),
                ("docker/demo/fleet.h", "<nlohmann/json.hpp>", ".cc files only"),
                ("exporter/config/config.h", "<yaml-cpp/yaml.h>", ".cc files only")]:
            with self.subTest(path=path, line=line):
                found = findings(layers.check, {path: f"// c\n#include {line}\n"})
                self.assertEqual(1, len(found), found)
                self.assertIn(words, found[0])


class Text(unittest.TestCase):
    def test_clean_text_is_fine(self):
        self.assertEqual([], findings(text.check, {
            "forest/a.cc": "// " + "ü" * 97 + "\n", "Makefile": "\ttabs are its syntax\n", "tests/data/x.yaml": "a:\tb"}))

    def test_each_fault_is_found(self):
        for path, content, words in [
                ("forest/a.cc", "int a;\t\n", "tab"),
                ("rules/a.yml", "a:\tb\n", "tab"),
                ("rules/a.yml", "a: b\r\n", "carriage return"),
                ("forest/a.h", "// " + "x" * 98 + "\n", "101 columns"),
                ("exporter/a.cc", "// TO" + "DO: later\n", "unfinished"),
                ("docker/up", "# FIX" + "ME\n", "unfinished"),
                ("forest/a.cc", "int a; \n", "space at the end"),
                ("README.md", "no end", "no line end")]:
            with self.subTest(path=path, content=content):
                found = findings(text.check, {path: content})
                self.assertTrue(any(words in line for line in found), found)


class Notebook(unittest.TestCase):
    @staticmethod
    def tree(cell, **metadata):
        return {"a.ipynb": json.dumps({"cells": [{"cell_type": "code", "metadata": {}, **cell}], "metadata": metadata})}

    def test_a_notebook_without_results_is_fine(self):
        self.assertEqual([], findings(notebook.check, self.tree({"outputs": [], "execution_count": None})))

    def test_each_kind_of_result_is_found(self):
        for tree in (self.tree({"outputs": [{"output_type": "stream"}]}), self.tree({"execution_count": 1}),
                     self.tree({"metadata": {"execution": {"iopub.status.busy": "2026-01-01"}}}), self.tree({}, widgets={})):
            with self.subTest(tree=tree):
                self.assertEqual(1, len(findings(notebook.check, tree)))


if __name__ == "__main__":
    unittest.main()
