"""Compose file and manifests: hardened, complete, without a secret, and at one with each other."""

import pathlib
import re
import tomllib
import unittest

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "deploy/compose"
KUBERNETES = ROOT / "deploy/kubernetes"
BASE = KUBERNETES / "base"


def manifests():
    for path in sorted(BASE.glob("*.yaml")):
        if path.name != "kustomization.yaml":
            yield from yaml.safe_load_all(path.read_text())


def of_kind(kind):
    return [it for it in manifests() if it["kind"] == kind]


def pods():
    return [it["spec"]["template"] for it in of_kind("StatefulSet") + of_kind("Job")]


class Kubernetes(unittest.TestCase):
    def test_the_kustomization_lists_every_manifest(self):
        listed = yaml.safe_load((BASE / "kustomization.yaml").read_text())
        there = {it.name for it in BASE.glob("*.yaml")} - {"kustomization.yaml"}
        self.assertEqual(set(listed["resources"]), there)
        generated = {it["name"]: it["files"] for it in listed["configMapGenerator"]}
        for files in generated.values():
            for file in files:
                self.assertTrue((BASE / file).exists(), file)

    def test_every_container_has_as_few_rights_as_can_be(self):
        for pod in pods():
            self.assertTrue(pod["spec"]["securityContext"]["runAsNonRoot"])
            self.assertEqual(pod["spec"]["securityContext"]["seccompProfile"], {"type": "RuntimeDefault"})
            self.assertIs(pod["spec"]["automountServiceAccountToken"], False)
            for container in pod["spec"]["containers"]:
                rights = container["securityContext"]
                self.assertTrue(rights["readOnlyRootFilesystem"])
                self.assertIs(rights["allowPrivilegeEscalation"], False)
                self.assertEqual(rights["capabilities"], {"drop": ["ALL"]})
                self.assertIn("memory", container["resources"]["limits"])
                self.assertIn("cpu", container["resources"]["requests"])

    def test_secrets_come_by_reference_and_the_documents_say_how_they_are_made(self):
        self.assertEqual(of_kind("Secret"), [])
        page = (KUBERNETES / "README.md").read_text()
        for pod in pods():
            self.assertFalse([it for container in pod["spec"]["containers"] for it in container.get("env", [])])
            volumes = pod["spec"]["volumes"]
            for name in [it["secret"]["secretName"] for it in volumes if "secret" in it]:
                self.assertRegex(page, rf"create secret \w+ {name}\b")
            own = {it["name"] for it in yaml.safe_load((BASE / "kustomization.yaml").read_text())["configMapGenerator"]}
            for name in {it["configMap"]["name"] for it in volumes if "configMap" in it} - own:
                self.assertRegex(page, rf"create configmap {name}\b")

    def test_what_is_mounted_is_a_volume_and_what_the_settings_name_is_mounted(self):
        server = of_kind("StatefulSet")[0]["spec"]
        container = server["template"]["spec"]["containers"][0]
        mounted = {it["name"]: it["mountPath"] for it in container["volumeMounts"]}
        volumes = {it["name"] for it in server["template"]["spec"]["volumes"]}
        claims = {it["metadata"]["name"] for it in server["volumeClaimTemplates"]}
        self.assertEqual(set(mounted), volumes | claims)
        for path in re.findall(r'"(/[^"]+)"', (BASE / "assent.toml").read_text()):
            self.assertTrue(any(path.startswith(f"{it}/") for it in mounted.values()), path)

    def test_selectors_find_the_pods_and_ports_have_the_names_that_are_used(self):
        labels = of_kind("StatefulSet")[0]["spec"]["template"]["metadata"]["labels"]
        ports = {it["name"] for it in of_kind("StatefulSet")[0]["spec"]["template"]["spec"]["containers"][0]["ports"]}
        for service in of_kind("Service"):
            self.assertLessEqual(service["spec"]["selector"].items(), labels.items())
            self.assertLessEqual({it["targetPort"] for it in service["spec"]["ports"]}, ports)
        for budget in of_kind("PodDisruptionBudget"):
            self.assertLessEqual(budget["spec"]["selector"]["matchLabels"].items(), labels.items())
        chosen = [it["spec"]["podSelector"]["matchLabels"] for it in of_kind("NetworkPolicy")]
        for pod in pods():
            found = [it for it in chosen if it.items() <= pod["metadata"]["labels"].items()]
            self.assertEqual(len(found), 1, "each pod has one network policy")

    def test_probes_tell_alive_from_ready(self):
        container = of_kind("StatefulSet")[0]["spec"]["template"]["spec"]["containers"][0]
        paths = {it: container[it]["httpGet"]["path"] for it in ["startupProbe", "livenessProbe", "readinessProbe"]}
        self.assertEqual(paths, {"startupProbe": "/livez", "livenessProbe": "/livez", "readinessProbe": "/readyz"})


class Compose(unittest.TestCase):
    def setUp(self):
        self.file = yaml.safe_load((COMPOSE / "compose.yaml").read_text())

    def test_three_replicas_serve_one_database(self):
        servers = [it for it in self.file["services"] if re.fullmatch(r"assent-\d", it)]
        self.assertEqual(len(servers), 3)
        for name in servers:
            service = self.file["services"][name]
            self.assertTrue(service["read_only"])
            self.assertEqual(service["cap_drop"], ["ALL"])
            self.assertNotIn(service["user"].split(":")[0], ["0", "root"])
            self.assertTrue(all(it.startswith("127.0.0.1:") for it in service["ports"]))

    def test_no_service_has_a_secret_in_its_environment(self):
        for name, service in self.file["services"].items():
            for variable, value in (service.get("environment") or {}).items():
                if re.search("PASSWORD|SECRET|TOKEN|KEY", variable):
                    self.assertTrue(str(value).startswith("/run/secrets/"), f"{name}: {variable}")

    def test_configurations_are_there_and_secrets_are_made_by_the_script(self):
        for name, it in self.file["configs"].items():
            self.assertTrue((COMPOSE / it["file"]).exists(), name)
        script = (COMPOSE / "make-secrets").read_text()
        for name, it in self.file["secrets"].items():
            self.assertIn(pathlib.Path(it["file"]).name, script, name)

    def test_what_the_settings_name_is_mounted(self):
        server = self.file["services"]["assent-1"]
        for path in re.findall(r'"/run/secrets/([^"]+)"', (COMPOSE / "assent.toml").read_text()):
            self.assertIn(path, server["secrets"])


class Systemd(unittest.TestCase):
    def test_the_keys_that_the_settings_name_are_loaded_as_credentials(self):
        unit = (ROOT / "deploy/systemd/assent.service").read_text()
        loaded = set(re.findall(r"^LoadCredential=([^:]+):/etc/assent/\1$", unit, re.MULTILINE))
        named = set(re.findall(r"/run/credentials/assent\.service/([^\"]+)", (ROOT / "deploy/systemd/assent.toml").read_text()))
        named |= set(re.findall(r"%d/(\S+)", unit))
        self.assertEqual(named, loaded)


class Settings(unittest.TestCase):
    def test_all_deployments_use_the_same_ports_and_none_is_a_developers(self):
        for path in [COMPOSE / "assent.toml", BASE / "assent.toml"]:
            settings = tomllib.loads(path.read_text())
            self.assertEqual(settings["listen"], "0.0.0.0:50051")
            self.assertEqual(settings["metrics_listen"], "0.0.0.0:9464")
            self.assertNotIn("dev", settings)
            self.assertIn("identity", settings)
