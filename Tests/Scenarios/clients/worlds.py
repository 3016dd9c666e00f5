"""Projects with a sandbox that lives in a process of its own, and a proxy between that can kill who talks to it."""

import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading

from conftest import REPOSITORY, client

sys.path.insert(0, str(REPOSITORY / "Tests" / "AWSTests" / "Peers"))
from proxy import Proxy  # noqa: E402

PROGRAM = os.environ.get("PIPEPLAN_PROGRAM", str(REPOSITORY / ".build" / "debug" / "pipeplan"))
SECRET = "do-not-tell-4711"


class Cutter(Proxy):
    """Kills a process at one of the requests that pass."""

    def __init__(self, upstream):
        super().__init__(upstream, [])
        self.count, self.cut, self.victim = 0, None, None
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        threading.Thread(target=self.serve, args=(self.listener,), daemon=True).start()

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def handle(self, call, client, upstream, number):
        with self.lock:
            self.count += 1
            when = self.cut[1] if self.cut and self.cut[0] == self.count else None
        if when == "before":
            return self.kill()
        try:
            whole, _ = self.forward(call, upstream, call.body)
        except http.client.HTTPException:
            # The sandbox was told to break it.
            return False
        if when == "after":
            return self.kill()
        client.sendall(whole)
        return True

    def kill(self):
        self.victim.kill()
        self.victim.wait()
        return False


class World:
    """A project and the sandbox that it deploys to."""

    def __init__(self, folder):
        self.folder, self.secret = folder, SECRET
        (folder / "sandbox").mkdir(parents=True, exist_ok=True)
        (folder / "project" / "stacks").mkdir(parents=True, exist_ok=True)

    def __enter__(self):
        self.server = subprocess.Popen(
            [PROGRAM, "sandbox", "serve", "--port", "0", "--folder", str(self.folder / "sandbox")], stdout=subprocess.PIPE,
            text=True, cwd=self.folder)
        self.endpoint = re.search(r"http://[0-9.:]+", self.server.stdout.readline()).group()
        self.cutter = Cutter(self.endpoint)
        return self

    def __exit__(self, *_):
        self.cutter.listener.close()
        self.server.kill()
        self.server.wait()
        self.server.stdout.close()

    def write(self, name, template, parameters=None):
        """A stack's files; template and parameters as YAML or JSON."""
        stack = self.folder / "project" / "stacks" / name
        stack.mkdir(exist_ok=True)
        (stack / "template.yml").write_text(template)
        (stack / "stack.yml").write_text("region: us-east-1\n" + (f"parameters: {parameters}\n" if parameters else ""))

    def run(self, line, cut=None):
        environment = {
            "PATH": os.environ["PATH"], "HOME": str(self.folder), "USER": "tester", "TOKEN": self.secret,
            "AWS_ENDPOINT_URL": self.cutter.endpoint, "AWS_ACCESS_KEY_ID": "sandbox", "AWS_SECRET_ACCESS_KEY": "sandbox",
            "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}
        self.cutter.count, self.cutter.cut = 0, cut
        with open(self.folder / "output", "w+") as output:
            process = subprocess.Popen(
                [PROGRAM, *line.split()], cwd=self.folder / "project", env=environment, stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT)
            self.cutter.victim = process
            status = process.wait(timeout=120)
            output.seek(0)
            return status, output.read()

    def secrets_at_rest(self):
        """The files of the state that hold what no file may hold."""
        files = [path for path in (self.folder / "project" / "state").rglob("*") if path.is_file()]
        return [str(path) for path in files if SECRET.encode() in path.read_bytes()]

    def end(self):
        """Everything that must not depend on a cut."""
        cloudformation = client("cloudformation", self.endpoint)
        stacks = []
        for stack in cloudformation.list_stacks()["StackSummaries"]:
            stack_id = stack["StackId"]
            events = cloudformation.describe_stack_events(StackName=stack_id)["StackEvents"][::-1]
            gone = stack["StackStatus"] == "DELETE_COMPLETE"
            resources = [] if gone else cloudformation.list_stack_resources(StackName=stack_id)["StackResourceSummaries"]
            left = [] if gone else cloudformation.list_change_sets(StackName=stack_id)["Summaries"]
            stacks.append((
                stack["StackName"], stack["StackStatus"],
                [(found["LogicalResourceId"], found["ResourceType"], found["ResourceStatus"]) for found in resources],
                # What was executed shows here: each operation begins and ends once.
                [event["ResourceStatus"] for event in events if event["ResourceType"] == "AWS::CloudFormation::Stack"],
                [change_set["ExecutionStatus"] for change_set in left]))
        _, history = self.run("history --json")
        records = [
            (record["stack"], record["serial"], record["kind"], record["status"], (record["failure"] or {}).get("message"))
            for record in json.loads(history)["deployments"]]
        return {"stacks": sorted(stacks), "records": sorted(records, key=str)}

    def copy(self, folder):
        shutil.copytree(self.folder, folder, ignore=shutil.ignore_patterns("output"))
        return World(folder)
