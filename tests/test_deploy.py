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


def manifests():
    files = sorted((DEPLOY / "kuberay").glob("*.yaml"))
    return [each for file in files for each in yaml.safe_load_all(file.read_text())]


def pods(job):
    cluster = job["spec"]["rayClusterSpec"]
    groups = [cluster["headGroupSpec"], *cluster["workerGroupSpecs"]]
    return [each["template"] for each in groups]


def the(kind):
    (found,) = [each for each in manifests() if each["kind"] == kind]
    return found


def test_each_manifest_says_what_it_is():
    kinds = [(each["apiVersion"], each["kind"]) for each in manifests()]
    assert kinds == [
        ("v1", "ConfigMap"),
        ("v1", "PersistentVolumeClaim"),
        ("networking.k8s.io/v1", "NetworkPolicy"),
        ("ray.io/v1", "RayJob"),
    ]
    assert all(each["metadata"]["name"].startswith("cohp-") for each in manifests())


def test_the_job_has_what_kuberay_requires_and_limits_to_scale_between():
    cluster = the("RayJob")["spec"]["rayClusterSpec"]
    assert cluster["authOptions"] == {"mode": "token"}
    assert cluster["enableInTreeAutoscaling"]
    assert cluster["headGroupSpec"]["rayStartParams"] == {"num-cpus": "0"}
    for group in cluster["workerGroupSpecs"]:
        assert group["groupName"]
        assert 1 <= group["minReplicas"] <= group["replicas"] <= group["maxReplicas"]
    for pod in pods(the("RayJob")):
        (container,) = pod["spec"]["containers"]
        assert container["name"]
        assert container["image"].startswith("cohp-ray")


def test_what_is_mounted_is_there():
    named = {each["metadata"]["name"] for each in manifests()}
    for pod in pods(the("RayJob")):
        volumes = {each["name"]: each for each in pod["spec"]["volumes"]}
        for mount in pod["spec"]["containers"][0]["volumeMounts"]:
            volume = volumes[mount["name"]]
            source = volume.get("persistentVolumeClaim", {}).get("claimName")
            assert (source or volume["configMap"]["name"]) in named


def test_ray_s_ports_are_closed_to_all_but_its_own():
    policy = the("NetworkPolicy")["spec"]
    own = policy["podSelector"]["matchLabels"]
    submitter = the("RayJob")["spec"]["submitterPodTemplate"]
    for pod in [*pods(the("RayJob")), submitter]:
        assert pod["metadata"]["labels"] == own
    (rule,) = policy["ingress"]
    assert rule["from"][0]["podSelector"]["matchLabels"] == own
    assert policy["policyTypes"] == ["Ingress"]


def test_the_job_s_command_is_in_the_image_and_its_options_exist():
    script, prompts, _, *options = the("RayJob")["spec"]["entrypoint"].split()[1:]
    image = (DEPLOY / "Dockerfile").read_text()
    assert script == "/home/ray/cohp/deploy/batch.sh"
    assert "WORKDIR /home/ray/cohp\n" in image
    assert " deploy ./deploy\n" in image
    assert Path(prompts).name in the("ConfigMap")["data"]
    known = {name for each in batch.params for name in each.opts}
    assert {each for each in options if each.startswith("--")} <= known


def test_one_version_of_ray_is_named_everywhere():
    pinned = re.search(r"^ray==(.*)$", (HOUSE / "constraints.txt").read_text(), re.MULTILINE)[1]
    assert the("RayJob")["spec"]["rayClusterSpec"]["rayVersion"] == pinned
    assert f"FROM rayproject/ray:{pinned}-py311" in (DEPLOY / "Dockerfile").read_text()
