"""What `scripts/bench --share` measures: syncs of a log of many deployments that a team shares in S3."""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

from bench_apply import ROOT, Server, ask

RESOURCES = 5
PEERS = ROOT / "Tests/AWSTests/Peers"


class Machine:
    """A project folder with a copy of the log."""

    def __init__(self, pipeplan, folder, endpoint):
        self.pipeplan, self.folder = pipeplan, folder
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": str(folder), "USER": "bench", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": endpoint}

    def run(self, *arguments):
        answer = subprocess.run(
            [self.pipeplan, *arguments], cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if answer.returncode:
            sys.exit(f"{' '.join(arguments)} exited with {answer.returncode}:\n{answer.stdout}{answer.stderr}")
        return answer.stdout


def measure(pipeplan, filler, stacks, lengths):
    """Shares a log of each length, and has a second machine take it over."""
    print(f"\n{'Syncs of ' + str(stacks) + ' stacks, shared on S3 (moto)':52} {'calls':>9} {'received':>13} {'sent':>11} {'seconds':>9}", flush=True)
    for length in lengths:
        with tempfile.TemporaryDirectory() as name, Server([
                sys.executable, "-B", PEERS / "moto_atomic.py", "127.0.0.1", "PORT"]) as store, Server([
                sys.executable, "-B", PEERS / "proxy.py", "--to", store.url, "--port", "PORT"]) as proxy:
            sync(pipeplan, filler, pathlib.Path(name), store, proxy, stacks, length)


def sync(pipeplan, filler, folder, store, proxy, stacks, length):
    import boto3

    boto3.client(
        "s3", endpoint_url=store.url, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    ).create_bucket(Bucket="team")
    subprocess.run([filler, "fill", folder / "first", str(stacks), str(RESOURCES)], check=True)
    if length > 1:
        subprocess.run([filler, "grow", folder / "first", str(length - 1)], check=True)
    first = Machine(pipeplan, folder / "first", proxy.url)
    (folder / "second/stacks").mkdir(parents=True)
    (folder / "second/stacks/pipeplan.yml").write_text("share: s3://team/log\n")
    second = Machine(pipeplan, folder / "second", proxy.url)

    def timed(what, machine, *arguments):
        ask(proxy.url, "rules", [])
        start = time.perf_counter()
        machine.run(*arguments)
        seconds = time.perf_counter() - start
        calls = ask(proxy.url, "calls")
        print(
            f"{what + f', {length} deployments of each':52} {len(calls):9,} {sum(call['received'] for call in calls):13,}"
            f" {sum(call['sent'] for call in calls):11,} {seconds:9.2f}", flush=True)
        return len(calls)

    timed("first push", first, "state", "share", "s3://team/log")
    timed("first sync", second, "state", "sync")
    none = timed("no news", second, "state", "sync")
    # Whoever has pushed looks once at what became of it.
    first.run("state", "sync")
    subprocess.run([filler, "grow", folder / "first", "1", "shop-0"], check=True)
    timed("one new deployment, pushed", first, "state", "sync")
    one = timed("one new deployment, taken over", second, "state", "sync")
    if none >= 5 or one >= 10:
        sys.exit("A sync costs more than what is new.")

    def logs(machine):
        return re.sub(r'"(finishedAt|startedAt)": "[^"]*"', "", machine.run("history", "--json", "shop-0"))

    if logs(first) != logs(second) or not json.loads(second.run("state", "verify", "--json"))["isSound"]:
        sys.exit("The two machines do not have the same log.")
