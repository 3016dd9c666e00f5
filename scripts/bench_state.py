"""What `scripts/bench --state` measures: a state database of many deployments, and one whose writer is killed."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

STACKS, RESOURCES, DEPLOYMENTS = 100, 50, 100


def measure(pipeplan, filler, Measure, take_turns, heading, runs, kills):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        environment = {"PATH": os.environ["PATH"], "HOME": name, "USER": "bench"}
        once, often = folder / "once", folder / "often"
        subprocess.run([filler, "fill", once, str(STACKS), str(RESOURCES)], check=True)
        shutil.copytree(once, often)
        size = (often / "state/pipeplan.sqlite").stat().st_size
        subprocess.run([filler, "grow", often, str(DEPLOYMENTS - 1)], check=True)
        grown = (often / "state/pipeplan.sqlite").stat().st_size

        heading(f"{STACKS * DEPLOYMENTS:,} deployments of {STACKS} stacks")
        take_turns(
            [
                Measure("history, one stack", [pipeplan, "history", "shop-7"], often, environment),
                Measure("history, all stacks", [pipeplan, "history"], often, environment),
                Measure("history --all", [pipeplan, "history", "--all"], often, environment),
                Measure("history show", [pipeplan, "history", "show", "shop-7", "50"], often, environment),
                Measure("plan, one stack", [pipeplan, "plan", "shop-7", "--detailed-exitcode"], often, environment),
                Measure("plan, one stack, one deployment of each", [pipeplan, "plan", "shop-7", "--detailed-exitcode"], once, environment),
                Measure("plan, all stacks", [pipeplan, "plan", "--detailed-exitcode"], often, environment),
                Measure("plan, all stacks, one deployment of each", [pipeplan, "plan", "--detailed-exitcode"], once, environment),
            ], runs)
        start = time.perf_counter()
        answer = subprocess.run([pipeplan, "state", "verify", "--json"], cwd=often, env=environment, capture_output=True, text=True)
        took = time.perf_counter() - start
        report = json.loads(answer.stdout)
        if not report["isSound"]:
            sys.exit(f"The database is not sound: {report['faults']}")
        print(f"verify: {report['records']:,} records, {report['deployments']:,} deployments, in {took:.2f} s: {report['records'] / took:,.0f} a second")
        print(f"bytes a deployment that changes one property: {(grown - size) / (STACKS * (DEPLOYMENTS - 1)):,.0f}")
        for count in 1000, 10_000:
            seconds = float(subprocess.run([filler, "outcome", str(count)], check=True, capture_output=True, text=True).stdout)
            print(f"outcome of {count:,} resources: {seconds:.3f} s")
        kill(pipeplan, filler, folder, environment, kills)


def kill(pipeplan, filler, folder, environment, kills):
    """Kills a process that records, one millisecond later each time, and verifies what it has left."""
    project = folder / "killed"
    (project / "stacks").mkdir(parents=True)
    deployments = 0
    for number in range(kills):
        if number % 100 == 0:
            shutil.rmtree(project / "state", ignore_errors=True)
        process = subprocess.Popen([filler, "loop", project / "state"], stdout=subprocess.PIPE)
        process.stdout.readline()
        time.sleep(number % 100 / 1000)
        process.send_signal(signal.SIGKILL)
        process.wait()
        answer = subprocess.run([pipeplan, "state", "verify", "--json"], cwd=project, env=environment, capture_output=True, text=True)
        if answer.returncode:
            sys.exit(f"After kill {number + 1} the database is not sound:\n{answer.stdout}{answer.stderr}")
        deployments += json.loads(answer.stdout)["deployments"] if number % 100 == 99 or number == kills - 1 else 0
    if kills and not deployments:
        sys.exit("Nothing was recorded before the kills: they show nothing.")
    print(f"killed {kills:,} times while recording {deployments:,} deployments: sound each time")
