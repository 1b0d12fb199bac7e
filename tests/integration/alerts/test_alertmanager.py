"""What people are told: the rules in a real Prometheus, the example of docker/alertmanager in a real Alertmanager."""
import datetime
import json
import os
import re
import shutil
import tempfile
import unittest

from made_up import HOSTS, ROOT, RULES, Alertmanager, Endpoint, series
from support import Prometheus, fetch, wait_for

HINTS, TEAM = "#anomaly-hints", "#on-call"


class Telling(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.mkdtemp(prefix="anomaly_alerts_test.")
        cls.addClassCleanup(shutil.rmtree, folder, ignore_errors=True)
        cls.endpoint = Endpoint()
        cls.addClassCleanup(cls.endpoint.end)
        cls.alertmanager = Alertmanager(folder, cls.endpoint.url + "/slack")
        cls.addClassCleanup(cls.alertmanager.end)
        cls.prometheus = Prometheus(folder, f"""
global: {{scrape_interval: 500ms, evaluation_interval: 500ms}}
rule_files: {json.dumps(RULES)}
alerting: {{alertmanagers: [{{static_configs: [{{targets: ["{cls.alertmanager.address}"]}}]}}]}}
scrape_configs:
  - {{job_name: anomaly-exporter, honor_labels: true, static_configs: [{{targets: ["{cls.endpoint.address}"]}}]}}
""")
        cls.addClassCleanup(cls.prometheus.end)
        cls.show("single", active=["web-3"])
        cls.show("few", active=HOSTS[:3])
        cls.show("wide", active=HOSTS)
        cls.show("lost", absent=HOSTS[:6])

    @classmethod
    def show(cls, detector, **state):
        """Lets the made-up exporter show a detector, each test its own."""
        cls.endpoint.detectors[detector] = series(detector, **state)

    def told(self, detector):
        """Returns (channel, title, text) of each notification about a detector."""
        all_told = [(body["channel"], body["attachments"][0]["title"], body["attachments"][0]["text"])
                    for _, body in list(self.endpoint.posts)]
        return [each for each in all_told if re.search(rf"\b{detector}\b", each[1])]

    def wait_told(self, detector, count=1):
        return wait_for(f"{count} notifications about {detector}",
                        lambda: len(self.told(detector)) >= count and self.told(detector))

    def outlast_hints(self, later):
        """Waits until a hint that began after everything before it has been sent."""
        self.show(later, active=HOSTS[:1])
        self.wait_told(later)

    def test_a_notification_names_the_feature_with_value_and_expectation_and_leads_on(self):
        channel, title, text = self.wait_told("single")[0]
        self.assertEqual((HINTS, "[1 firing] AnomalyDetected single: web-3"), (channel, title))
        self.assertIn('Detector single finds instance="web-3" anomalous: score 0.800, threshold 0.600. Reasons: '
                      "cpu is 0.97, expected 0.21 (70%); load is 12, expected 3 (30%).", text)
        self.assertIn("/d/anomaly-entity?var-detector=single&var-entity=single%3A+web-3\n", text)
        runbook = re.search(r"Runbook: \S+/(rules/runbooks/\w+\.md)", text)[1]
        self.assertTrue(os.path.exists(os.path.join(ROOT, runbook)), runbook)
        self.show("single")
        self.assertEqual("[over] AnomalyDetected single: web-3", self.wait_told("single", 2)[1][1])

    def test_a_widespread_incident_is_one_notification_and_its_end_another(self):
        channel, title, text = self.wait_told("wide")[0]
        self.assertEqual((TEAM, "[1 firing] AnomalyWidespread wide"), (channel, title))
        self.assertIn("100% of the entities of detector wide are anomalous", text)
        self.assertIn("Reasons: cpu (70%), load (30%).", text)
        self.assertEqual("[1 firing] AnomalyWidespread lost", self.wait_told("lost")[0][1])
        self.outlast_hints("later")
        for detector, single in (("wide", "AnomalyDetected"), ("lost", "AnomalyAbsent")):
            self.assertEqual(1, len(self.told(detector)), self.told(detector))
            cause = self.alertmanager.alerts(alertname="AnomalyWidespread", detector=detector)[0]["fingerprint"]
            inhibited = self.alertmanager.alerts(alertname=single, detector=detector)
            self.assertEqual(len(HOSTS) if detector == "wide" else 6, len(inhibited))
            self.assertEqual({("suppressed", cause)},
                             {(each["status"]["state"], *each["status"]["inhibitedBy"]) for each in inhibited})
        self.show("wide")
        self.assertEqual("[over] AnomalyWidespread wide", self.wait_told("wide", 2)[1][1])

    def test_three_entities_of_a_detector_share_a_notification(self):
        _, title, text = self.wait_told("few")[0]
        self.assertEqual("[3 firing] AnomalyDetected few", title)
        self.assertEqual([True] * 3, [f'instance="{host}"' in text for host in HOSTS[:3]])

    def test_a_silenced_entity_is_not_told_and_others_are(self):
        now = datetime.datetime.now(datetime.timezone.utc)
        self.alertmanager.post("silences", {
            "matchers": [{"name": "entity", "value": "quiet: web-0", "isRegex": False}], "createdBy": "test", "comment": "work",
            "startsAt": now.isoformat(), "endsAt": (now + datetime.timedelta(hours=1)).isoformat()})
        self.show("quiet", active=HOSTS[:2])
        text = self.wait_told("quiet")[0][2]
        self.assertEqual((False, True), ('instance="web-0"' in text, 'instance="web-1"' in text))
        alert = self.alertmanager.alerts(alertname="AnomalyDetected", entity="quiet: web-0")[0]
        self.assertEqual(("suppressed", 1), (alert["status"]["state"], len(alert["status"]["silencedBy"])))

    def test_an_entity_has_one_alert_at_a_time(self):
        for cause, entity in (("AnomalySustained", "db: a"), ("AnomalyAbsent", "db: b")):
            labels = {"detector": "db", "entity": entity, "severity": "warning"}
            self.alertmanager.post("alerts", [{"labels": {"alertname": name, **labels}}
                                              for name in ("AnomalyDetected", cause)])
            with self.subTest(cause=cause):
                wait_for("one alert is active", lambda: [
                    each["labels"]["alertname"] for each in self.alertmanager.alerts(entity=entity)
                    if each["status"]["state"] == "active"] == [cause])
        apart = {"alertname": "AnomalyDetected", "detector": "db", "entity": "db: c", "severity": "info"}
        self.alertmanager.post("alerts", [{"labels": apart}])
        wait_for("the alert of another entity is active", lambda: [
            each["status"]["state"] for each in self.alertmanager.alerts(entity="db: c")] == ["active"])

    def test_what_follows_from_another_alert_is_inhibited(self):
        detector = {"detector": "node"}
        for cause, instance, follows, apart in [
                ("AnomalyExporterDown", "down", ["AnomalyExporterQueryErrors", "AnomalyExporterRestarting"], []),
                ("AnomalyExporterUpstreamDown", "unheard", ["AnomalyExporterPartialData", "AnomalyExporterEvaluationStale"],
                 ["AnomalyExporterConfigReloadFailed"]),
                ("AnomalyExporterTrainingFailing", "untrained", ["AnomalyExporterModelStale"],
                 ["AnomalyExporterStateSaveFailing"])]:
            labels = {"job": "anomaly-exporter", "instance": instance, **detector, "severity": "warning"}
            self.alertmanager.post("alerts", [{"labels": {"alertname": name, **labels}} for name in [cause, *follows, *apart]])
            expected = {cause: "active", **{name: "suppressed" for name in follows}, **{name: "active" for name in apart}}

            def states():
                return {each["labels"]["alertname"]: each["status"]["state"]
                        for each in self.alertmanager.alerts(instance=instance)}
            with self.subTest(cause=cause):
                wait_for(f"{expected}", lambda: states() == expected)
        elsewhere = {"alertname": "AnomalyExporterQueryErrors", "job": "anomaly-exporter", "instance": "other", **detector}
        self.alertmanager.post("alerts", [{"labels": elsewhere}])
        wait_for("an alert of another instance stays active", lambda: [
            each["status"]["state"] for each in self.alertmanager.alerts(instance="other")] == ["active"])

    def test_prometheus_evaluates_every_rule(self):
        def rules():
            groups = json.loads(fetch(self.prometheus.url + "/api/v1/rules")[2])["data"]["groups"]
            return [(each["name"], each["health"], each.get("lastError", "")) for group in groups for each in group["rules"]]
        wait_for("every rule evaluated", lambda: all(health != "unknown" for _, health, _ in rules()))
        self.assertEqual([], [each for each in rules() if each[1] != "ok"])


if __name__ == "__main__":
    unittest.main()
