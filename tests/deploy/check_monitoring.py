"""Alerts, dashboard, runbook and metrics.md agree."""

import json
import pathlib
import re
import unittest

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
MONITORING = ROOT / "deploy/monitoring"
# What Prometheus adds to a family's name: of counters, and of histograms.
SUFFIX = re.compile(r"_(total|bucket|sum|count)$")


def rules():
    groups = yaml.safe_load((MONITORING / "alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def queries():
    """The dashboard's expressions, with the panel that each stands in."""
    panels = json.loads((MONITORING / "grafana-assent.json").read_text())["panels"]
    return [(it["title"], target["expr"]) for it in panels for target in it.get("targets", [])]


def families(expression):
    return {SUFFIX.sub("", name) for name in re.findall(r"\bassent_[a-z_]+", expression)}


def documented():
    page = (ROOT / "docs/operations/metrics.md").read_text()
    return {SUFFIX.sub("", name) for name in re.findall(r"`(assent_[a-z_]+)", page)}


class Monitoring(unittest.TestCase):
    def test_each_alert_has_its_heading_in_the_runbook_and_each_heading_its_alert(self):
        runbook = (ROOT / "docs/operations/runbook.md").read_text()
        headings = re.findall(r"^### (Assent\w+)$", runbook, re.MULTILINE)
        self.assertEqual(sorted(headings), sorted(it["alert"] for it in rules()))
        for rule in rules():
            name = rule["alert"]
            self.assertEqual(rule["annotations"]["runbook"], f"docs/operations/runbook.md#{name.lower()}")

    def test_each_alert_says_how_urgent_it_is_and_what_has_happened(self):
        for rule in rules():
            with self.subTest(rule["alert"]):
                self.assertIn(rule["labels"]["severity"], ["page", "ticket"])
                self.assertTrue(rule["annotations"]["summary"].endswith("."))

    def test_each_alert_is_tested_to_fire_and_to_keep_quiet(self):
        tests = yaml.safe_load((MONITORING / "alerts-test.yml").read_text())["tests"]
        cases = [case for test in tests for case in test["alert_rule_test"]]
        fires = {it["alertname"] for it in cases if it["exp_alerts"]}
        keeps_quiet = {it["alertname"] for it in cases if not it["exp_alerts"]}
        names = {it["alert"] for it in rules()}
        self.assertEqual(fires, names)
        self.assertEqual(keeps_quiet, names)

    def test_each_metric_that_is_asked_for_is_documented(self):
        asked = [(it["alert"], it["expr"]) for it in rules()] + queries()
        for title, expression in asked:
            with self.subTest(title):
                self.assertLessEqual(families(expression), documented())

    def test_the_dashboard_shows_every_metric_that_there_is(self):
        shown = set().union(*(families(expression) for _, expression in queries()))
        self.assertEqual(documented() - shown, set())

    def test_panels_do_not_overlap(self):
        panels = json.loads((MONITORING / "grafana-assent.json").read_text())["panels"]
        cells = set()
        for at in (it["gridPos"] for it in panels):
            own = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
            self.assertFalse(own & cells)
            cells |= own
        self.assertEqual(len({it["id"] for it in panels}), len(panels))
