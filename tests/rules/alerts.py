#!/usr/bin/python3
"""Checks what promtool does not: annotations and runbook of every alert, and that its tests show it firing and silent."""
import os
import re
import sys

import yaml

RUNBOOK_SECTIONS = ["## Meaning", "## Impact", "## Diagnosis", "## Mitigation"]


def load(path):
    with open(path, encoding="utf-8") as file:
        return yaml.safe_load(file)


def rule_files(root):
    folder = os.path.join(root, "rules")
    return [os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name.endswith(".yml")]


def alert_faults(alert, root):
    """Yields what is wrong with one alert."""
    annotations = alert.get("annotations", {})
    severity = alert.get("labels", {}).get("severity")
    if severity not in ("info", "warning", "critical"):
        yield f"severity is {severity}; info, warning and critical are allowed"
    if not alert["alert"].startswith("Anomaly"):
        yield "the name does not start with Anomaly"
    if not annotations.get("summary", "").endswith(".") or "{{" in annotations["summary"]:
        yield "summary is not one static sentence with a full stop"
    if not annotations.get("description"):
        yield "description is missing"
    if "keep_firing_for" in alert:
        yield "keep_firing_for is not read by older vmalert"
    dashboard = re.search(r"/d/([\w-]+)(\?\S*=.*)?$", annotations.get("dashboard_url", ""))
    if not dashboard or not os.path.exists(os.path.join(root, f"dashboards/{dashboard[1]}.json")):
        yield "dashboard_url leads to no dashboard of dashboards/"
    runbook = annotations.get("runbook_url", "")
    if runbook != f"rules/runbooks/{alert['alert']}.md":
        yield f"runbook_url is {runbook}; rules/runbooks/{alert['alert']}.md is allowed"
    elif not os.path.exists(os.path.join(root, runbook)):
        yield f"{runbook} does not exist"
    else:
        with open(os.path.join(root, runbook), encoding="utf-8") as file:
            text = file.read()
        found = re.findall(r"^## .*$", text, re.MULTILINE)
        if found != RUNBOOK_SECTIONS:
            yield f"{runbook} has the sections {found}; {RUNBOOK_SECTIONS} are expected"


def tested(root):
    """Returns the alerts that tests expect to fire, and those that tests expect to be silent."""
    firing, silent = set(), set()
    folder = os.path.join(root, "tests/rules")
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".yml"):
            continue
        for test in load(os.path.join(folder, name))["tests"]:
            for case in test.get("alert_rule_test", []):
                (firing if case.get("exp_alerts") else silent).add(case["alertname"])
    return firing, silent


def check(root):
    """Returns one line per fault."""
    faults, names = [], []
    for path in rule_files(root):
        for group in load(path)["groups"]:
            if set(group) - {"name", "interval", "rules"}:
                faults.append(f"{path}: group {group['name']} has keys that older rulers do not read")
            for alert in group["rules"]:
                names.append(alert["alert"])
                faults += [f"{path}: {alert['alert']}: {fault}" for fault in alert_faults(alert, root)]
    firing, silent = tested(root)
    for name in names:
        faults += [f"{name}: no test expects it {word}" for word, cases in (("to fire", firing), ("to be silent", silent))
                   if name not in cases]
    faults += [f"{name}: two alerts of that name" for name in sorted(set(names)) if names.count(name) > 1]
    runbooks = {name[:-3] for name in os.listdir(os.path.join(root, "rules/runbooks"))}
    faults += [f"rules/runbooks/{name}.md: no such alert" for name in sorted(runbooks - set(names))]
    return faults


def self_test():
    bad = {"alert": "Other", "labels": {"severity": "page"}, "annotations": {"summary": "No stop"}, "keep_firing_for": "1m"}
    assert len(list(alert_faults(bad, "/nonexistent"))) == 7, list(alert_faults(bad, "/nonexistent"))


if __name__ == "__main__":
    self_test()
    problems = check(sys.argv[1])
    print("\n".join(problems) or "Every alert has its annotations, runbook and tests.")
    sys.exit(1 if problems else 0)
