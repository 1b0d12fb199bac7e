#!/usr/bin/python3
"""Checks what amtool does not: that Alertmanager's examples route and inhibit alerts that exist, and agree."""
import re
import subprocess
import sys

import yaml

EXAMPLE = "docker/alertmanager/alertmanager.yml"
DEMO = "docker/demo/alertmanager.yml"
OWN = {"alertname": "HostDown", "severity": "critical"}


def load(path):
    with open(path, encoding="utf-8") as file:
        return yaml.safe_load(file)


def alerts():
    """Returns (name, severity) of every alert."""
    return [(rule["alert"], rule["labels"]["severity"]) for path in ("rules/anomaly.yml", "rules/anomaly_exporter.yml")
            for group in load(path)["groups"] for rule in group["rules"]]


def receiver_of(labels):
    """Returns where amtool says that an alert with these labels goes."""
    command = ["amtool", "config", "routes", "test", f"--config.file={EXAMPLE}", *(f"{k}={v}" for k, v in labels.items())]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def expected_receiver(severity):
    return "anomaly-hints" if severity == "info" else "anomaly-team"


def inhibit_faults(rule, names):
    """Yields what is wrong with one rule: each side must mean alerts that exist, and not all of them."""
    for side in ("source_matchers", "target_matchers"):
        for matcher in rule[side]:
            pattern = re.fullmatch(r'alertname=~?"(.+)"', matcher)
            meant = [name for name in names if pattern and re.fullmatch(pattern[1], name)]
            if not meant or len(meant) == len(names):
                yield f"{side} {matcher} means {meant or 'no alert'}"


def check():
    """Returns one line per fault."""
    faults = []
    known = alerts()
    for name, severity in known:
        if name.startswith("AnomalyExporter"):
            severity = "warning"  # all of them go to the team
        found = receiver_of({"alertname": name, "severity": severity})
        if found != expected_receiver(severity):
            faults.append(f"{EXAMPLE}: {name} goes to {found}, not to {expected_receiver(severity)}")
    if receiver_of(OWN) != "nobody":
        faults.append(f"{EXAMPLE}: takes {OWN} for an anomaly")
    rules = load(EXAMPLE)["inhibit_rules"]
    for rule in rules:
        faults += [f"{EXAMPLE}: {fault}" for fault in inhibit_faults(rule, [name for name, _ in known])]
    if load(DEMO)["inhibit_rules"] != rules:
        faults.append(f"{DEMO}: its inhibit_rules differ from those of {EXAMPLE}")
    return faults


def self_test():
    bad = {"source_matchers": ['alertname="AnomalyGone"'], "target_matchers": ['alertname=~"Anomaly.+"']}
    assert len(list(inhibit_faults(bad, ["AnomalyDetected", "AnomalyAbsent"]))) == 2


if __name__ == "__main__":
    self_test()
    problems = check()
    print("\n".join(problems) or "Every alert has its route, and what is inhibited exists.")
    sys.exit(1 if problems else 0)
