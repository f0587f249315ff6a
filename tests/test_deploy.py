"""The scripts and manifests of deploy/: what they name is there, and they go on by themselves."""

from __future__ import annotations

import os
import re
import subprocess
import time
from pathlib import Path

import pytest
import yaml

from cohp.commands.batch import batch
from cohp.commands.serve import serve

HOUSE = Path(__file__).parents[1]
DEPLOY = HOUSE / "deploy"


@pytest.fixture
def on_path(tmp_path, monkeypatch):
    """Return a maker of commands that write down how they are called."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))

    def made(name, script=""):
        file = folder / name
        file.write_text(f'#!/bin/bash\necho "{name} $*" >> "$CALLS"\n{script}\n')
        file.chmod(0o755)

    return made


def called():
    calls = Path(os.environ["CALLS"])
    return calls.read_text().splitlines() if calls.exists() else []


def run(script, *words, code=0):
    command = [DEPLOY / script, *words]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == code, done.stderr
    return called()


@pytest.fixture
def allocation(on_path, monkeypatch, tmp_path):
    """Have Slurm give three nodes; as many are up as have begun."""
    slurm = {"JOB_ID": 7, "JOB_NODELIST": "n[1-3]", "JOB_NUM_NODES": 3}
    for name, value in {**slurm, "CPUS_PER_TASK": 8, "GPUS_ON_NODE": 4}.items():
        monkeypatch.setenv(f"SLURM_{name}", str(value))
    names = 'printf "n1\\nn2\\nn3\\n"'
    on_path("scontrol", f'[ "$2" = job ] && echo "   Command={DEPLOY}/slurm.sh p" || {names}')
    on_path("srun", f'[[ "$*" == *hostname* ]] && echo 10.0.0.1 || echo up >> {tmp_path}/nodes')
    on_path("ray", f'sed "s/.*/ 1 node_a/" {tmp_path}/nodes')


def test_a_batch_that_is_there_goes_on(on_path):
    on_path("cohp", "exit 0")
    assert run("batch.sh", "p.jsonl", "out", "--models", "sdxl") == [
        "cohp batch --ray --resume --out out"
    ]


def test_a_batch_that_is_not_there_is_begun(on_path):
    on_path("cohp", '[[ " $* " == *" --resume "* ]] && exit 2; exit 0')
    assert run("batch.sh", "p.jsonl", "out", "--models", "a b") == [
        "cohp batch --ray --resume --out out",
        "cohp batch p.jsonl --ray --out out --models a b",
    ]


@pytest.mark.parametrize(("ended", "code"), [(5, 0), (1, 1), (4, 4), (130, 130)])
def test_what_another_start_would_not_help_counts_as_done(on_path, ended, code):
    on_path("cohp", f"exit {ended}")
    run("batch.sh", "p.jsonl", "out", code=code)


def test_an_allocation_has_ray_on_each_node_before_the_batch(allocation, on_path):
    on_path("cohp", "exit 0")
    calls = [call for call in run("slurm.sh", "p.jsonl", "out") if not call.startswith("ray")]
    begun = [call for call in calls if "ray start" in call]
    assert {re.search(r"-w (\w+)", call)[1] for call in begun} == {"n1", "n2", "n3"}
    assert "-w n1 ray start --block --num-cpus 8 --num-gpus 4 --head" in begun[0]
    assert "--node-ip-address 10.0.0.1 --port 20007" in begun[0]
    assert all("--address 10.0.0.1:20007" in call for call in begun[1:])
    assert calls[-1] == "cohp batch --ray --resume --out out"


def test_warned_of_the_end_the_batch_may_finish_what_is_in_hand(allocation, on_path):
    at_the_end = 'trap "sleep 1; echo recorded >> $CALLS; exit 130" TERM; echo ready >> $CALLS'
    on_path("cohp", f"{at_the_end}; while :; do sleep 0.1; done")
    slurm = subprocess.Popen([DEPLOY / "slurm.sh", "p.jsonl", "out"], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while called()[-1:] != ["ready"]:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    slurm.terminate()
    assert slurm.wait(60) == 130
    assert called()[-1] == "recorded"


class Manifest:
    """What one file gives Kubernetes, by its kind."""

    def __init__(self, name):
        self.all = list(yaml.safe_load_all((DEPLOY / f"kuberay/{name}.yaml").read_text()))
        self.by_kind = {each["kind"]: each for each in self.all}
        self.job = self.by_kind["RayJob"]["spec"]
        self.cluster = self.job["rayClusterSpec"]
        groups = [self.cluster["headGroupSpec"], *self.cluster["workerGroupSpecs"]]
        self.pods = [each["template"] for each in groups]


@pytest.fixture(params=["batch", "serve"])
def manifest(request):
    return Manifest(request.param)


VERSIONS = {
    "ConfigMap": "v1",
    "NetworkPolicy": "networking.k8s.io/v1",
    "PersistentVolumeClaim": "v1",
    "RayJob": "ray.io/v1",
    "Service": "v1",
}


def test_each_manifest_says_what_it_is(manifest):
    for each in manifest.all:
        assert each["apiVersion"] == VERSIONS[each["kind"]]
        assert each["metadata"]["name"].startswith("cohp-")


def test_the_job_has_what_kuberay_requires_and_limits_to_scale_between(manifest):
    assert manifest.cluster["authOptions"] == {"mode": "token"}
    assert manifest.cluster["enableInTreeAutoscaling"]
    assert "num-cpus" in manifest.cluster["headGroupSpec"]["rayStartParams"]
    for group in manifest.cluster["workerGroupSpecs"]:
        assert group["groupName"]
        assert 1 <= group["minReplicas"] <= group["replicas"] <= group["maxReplicas"]
    for pod in manifest.pods:
        (container,) = pod["spec"]["containers"]
        assert container["name"]
        assert container["image"].startswith("cohp-ray")


def test_what_is_mounted_is_there(manifest):
    every = [each for name in ("batch", "serve") for each in Manifest(name).all]
    named = {(each["kind"], each["metadata"]["name"]) for each in every}
    for pod in manifest.pods:
        volumes = {each["name"]: each for each in pod["spec"]["volumes"]}
        for mount in pod["spec"]["containers"][0]["volumeMounts"]:
            volume = volumes[mount["name"]]
            claim = volume.get("persistentVolumeClaim", {}).get("claimName")
            source = ("PersistentVolumeClaim", claim)
            assert (source if claim else ("ConfigMap", volume["configMap"]["name"])) in named


def test_ray_s_ports_are_closed_to_all_but_its_own(manifest):
    policy = manifest.by_kind["NetworkPolicy"]["spec"]
    own = policy["podSelector"]["matchLabels"]
    for pod in [*manifest.pods, manifest.job["submitterPodTemplate"]]:
        assert own.items() <= pod["metadata"]["labels"].items()
    assert policy["policyTypes"] == ["Ingress"]
    rule, *others = policy["ingress"]
    assert rule["from"][0]["podSelector"]["matchLabels"] == own
    # What is open to all is the server's own port, which asks for a token.
    assert [each["ports"] for each in others] in ([], [[{"port": 8484}]])


def test_the_server_is_reached_where_it_listens():
    manifest = Manifest("serve")
    service = manifest.by_kind["Service"]["spec"]
    head = manifest.pods[0]
    assert service["selector"].items() <= head["metadata"]["labels"].items()
    assert not service["selector"].items() <= manifest.pods[1]["metadata"]["labels"].items()
    assert [each["port"] for each in service["ports"]] == [8484]
    assert "--host 0.0.0.0 --port 8484" in manifest.job["entrypoint"]


def test_the_batch_s_command_is_in_the_image():
    manifest = Manifest("batch")
    script, prompts = manifest.job["entrypoint"].split()[1:3]
    image = (DEPLOY / "Dockerfile").read_text()
    assert script == "/home/ray/cohp/deploy/batch.sh"
    assert "WORKDIR /home/ray/cohp\n" in image
    assert " deploy ./deploy\n" in image
    assert Path(prompts).name in manifest.by_kind["ConfigMap"]["data"]


@pytest.mark.parametrize(("name", "command"), [("batch", batch), ("serve", serve)])
def test_the_options_of_a_job_exist(name, command):
    known = {option for each in command.params for option in each.opts}
    given = Manifest(name).job["entrypoint"].split()
    assert {each for each in given if each.startswith("--")} <= known


def test_one_version_of_ray_is_named_everywhere(manifest):
    pinned = re.search(r"^ray==(.*)$", (HOUSE / "constraints.txt").read_text(), re.MULTILINE)[1]
    assert manifest.cluster["rayVersion"] == pinned
    assert f"FROM rayproject/ray:{pinned}-py311" in (DEPLOY / "Dockerfile").read_text()
