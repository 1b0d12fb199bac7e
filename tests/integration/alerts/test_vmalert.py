"""The rules in a real vmalert on a real VictoriaMetrics: the same alerts, with the same text."""
import json
import shutil
import tempfile
import time
import unittest

from made_up import HOSTS, Endpoint, VictoriaMetrics, Vmalert, series
from support import fetch, wait_for


class Vm(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.mkdtemp(prefix="anomaly_alerts_test.")
        cls.addClassCleanup(shutil.rmtree, folder, ignore_errors=True)
        cls.notified = Endpoint()
        cls.addClassCleanup(cls.notified.end)
        cls.source = VictoriaMetrics(folder)
        cls.addClassCleanup(cls.source.end)
        cls.source.load([*series("single", active=["web-3"]), *series("wide", active=HOSTS), *series("lost", absent=["web-1"]),
                         *series("calm")], time.time())
        cls.vmalert = Vmalert(cls.source.url, cls.notified.url)
        cls.addClassCleanup(cls.vmalert.end)

    def firing(self, **labels):
        """Returns the alerts with these labels that vmalert has sent, each once."""
        sent = {json.dumps(alert["labels"], sort_keys=True): alert for _, body in list(self.notified.posts) for alert in body}
        return [alert for alert in sent.values() if labels.items() <= alert["labels"].items()]

    def wait_firing(self, **labels):
        return wait_for(f"an alert {labels}", lambda: self.firing(**labels))

    def test_an_entity_is_named_with_its_reasons(self):
        alert = self.wait_firing(alertname="AnomalyDetected", detector="single")[0]
        self.assertEqual(("info", "single: web-3"), (alert["labels"]["severity"], alert["labels"]["entity"]))
        self.assertEqual(
            'Detector single finds instance="web-3" anomalous: score 0.800, threshold 0.600. Reasons: '
            "cpu is 0.97, expected 0.21 (70%); load is 12, expected 3 (30%).", alert["annotations"]["description"])
        self.assertEqual("/d/anomaly-entity?var-detector=single&var-entity=single%3A+web-3",
                         alert["annotations"]["dashboard_url"])

    def test_a_widespread_incident_and_an_absent_entity_are_told(self):
        wide = self.wait_firing(alertname="AnomalyWidespread", detector="wide")[0]
        self.assertIn("100% of the entities of detector wide", wide["annotations"]["description"])
        self.assertIn("Reasons: cpu (70%), load (30%).", wide["annotations"]["description"])
        absent = self.wait_firing(alertname="AnomalyAbsent")
        self.assertEqual(["lost: web-1"], [each["labels"]["entity"] for each in absent])

    def test_every_rule_is_evaluated_and_a_calm_detector_alerts_nobody(self):
        def rules():
            groups = json.loads(fetch(self.vmalert.url + "/api/v1/rules")[2])["data"]["groups"]
            return [(each["name"], each["lastEvaluation"], each.get("lastError", ""))
                    for group in groups for each in group["rules"]]
        wait_for("every rule evaluated", lambda: all(not at.startswith("0001") for _, at, _ in rules()))
        self.wait_firing(alertname="AnomalyWidespread", detector="wide")
        self.assertEqual([], [each for each in rules() if each[2]])
        self.assertEqual([], self.firing(detector="calm"))


if __name__ == "__main__":
    unittest.main()
