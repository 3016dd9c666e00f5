"""What `scripts/bench --apply` measures: a stack of three resources, deployed by pipeplan and by the programs people use
today, to MiniStack and moto.

Every request goes through a proxy that counts (Tests/AWSTests/Peers/proxy.py). The other programs are installed from PyPI,
pinned in scripts/bench-peers/, each into an environment of its own below .build/.
"""

import json
import os
import pathlib
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[1]
PINS = ROOT / "scripts/bench-peers"
PEERS = ROOT / ".build/bench-peers"
OWN = ROOT / ".venv/bin"

TEMPLATE = """\
Resources:
  Files:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: !Sub ${AWS::StackName}-files
  Orders:
    Type: AWS::SNS::Topic
    Properties:
      TopicName: !Sub ${AWS::StackName}-orders
  Pointer:
    Type: AWS::SSM::Parameter
    Properties:
      Type: String
      Name: !Sub /bench/${AWS::StackName}
      Value: !Ref Orders
"""

STARTING = {"CreateChangeSet", "ExecuteChangeSet", "CreateStack", "UpdateStack"}
ASKING = {"DescribeChangeSet", "DescribeStacks", "DescribeStackEvents"}


def installed(package, program):
    """The path of a program in an environment that holds exactly what its file of pins names."""
    pins, place = PINS / f"{package}.txt", PEERS / package
    recipe = place / "recipe"
    if not recipe.exists() or recipe.read_bytes() != pins.read_bytes():
        print(f"(installing {package} into {place.relative_to(ROOT)})", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", place], check=True)
        subprocess.run(
            [place / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "-r", pins],
            check=True)
        shutil.copy(pins, recipe)
    return str(place / "bin" / program)


class Server:
    """A server on a loopback port, for as long as it is entered."""

    def __init__(self, arguments, environment=None):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.arguments = [str(argument).replace("PORT", str(self.port)) for argument in arguments]
        self.environment = {
            **os.environ, **{name: value.replace("PORT", str(self.port)) for name, value in (environment or {}).items()}}

    def __enter__(self):
        self.process = subprocess.Popen(
            self.arguments, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            except OSError:
                if time.monotonic() > end or self.process.poll() is not None:
                    sys.exit(f"{self.arguments[0]} did not start")
                time.sleep(0.05)

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


class Tool:
    """A program that deploys, and what was measured of it."""

    def __init__(self, name, prepare):
        self.name, self.prepare = name, prepare
        self.walls, self.cpus, self.peaks, self.calls = [], [], [], []

    def deploy(self, stack, proxy, environment, counted):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "template.yml").write_text(TEMPLATE)
            # sam asks PyPI for a newer version of itself once a week.
            (folder / ".aws-sam").mkdir()
            (folder / ".aws-sam/metadata.json").write_text(json.dumps({"lastVersionCheck": time.time(), "telemetryEnabled": False}))
            arguments = self.prepare(folder, stack)
            ask(proxy, "rules", [])
            with open(folder / "output", "w+") as output:
                start = time.perf_counter()
                process = subprocess.Popen(
                    arguments, cwd=folder, env={**environment, "HOME": name}, stdin=subprocess.DEVNULL, stdout=output,
                    stderr=subprocess.STDOUT)
                _, status, usage = os.wait4(process.pid, 0)
                wall = time.perf_counter() - start
                process.returncode = os.waitstatus_to_exitcode(status)
                if process.returncode:
                    output.seek(0)
                    sys.exit(f"{' '.join(map(str, arguments))} exited with {process.returncode}:\n{output.read()}")
        if counted:
            self.walls.append(wall)
            self.cpus.append(usage.ru_utime + usage.ru_stime)
            self.peaks.append(usage.ru_maxrss / (1024 if sys.platform == "linux" else 1024 * 1024))
            self.calls.append(ask(proxy, "calls"))

    @property
    def row(self):
        def median(values):
            return statistics.median(values)

        asked, early = zip(*map(polling, self.calls))
        return (
            f"{self.name:28} {median(self.walls):8.2f} {median(self.cpus):8.2f} {max(self.peaks):8.1f}"
            f" {median(map(len, self.calls)):7.0f} {median(asked):7.0f} {median(early):7.0f}"
            f" {median(sum(call['sent'] for call in calls) for calls in self.calls):9,.0f}"
            f" {median(sum(call['received'] for call in calls) for calls in self.calls):9,.0f} {len(self.walls):5}")


def polling(calls):
    """How many calls ask whether something has ended, up to the one that is told so, and how many are told "not yet"."""
    asked = early = 0
    is_waiting = False
    for call in calls:
        if call["action"] in STARTING:
            is_waiting = True
        elif is_waiting and call["action"] in ASKING:
            asked += 1
            is_waiting = (call["says"] or "").endswith(("_IN_PROGRESS", "_PENDING"))
            early += is_waiting
    return asked, early


def ask(proxy, what, document=None):
    data = None if document is None else json.dumps(document).encode()
    request = urllib.request.Request(f"{proxy}/-/{what}", data=data, method="PUT" if data else "GET")
    # Not by a proxy that the environment may name.
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
        return json.load(answer)


def tools(pipeplan):
    aws, sam, sceptre = installed("awscli", "aws"), installed("aws-sam-cli", "sam"), installed("sceptre", "sceptre")

    def with_pipeplan(folder, stack):
        place = folder / "stacks/shop"
        place.mkdir(parents=True)
        shutil.copy(folder / "template.yml", place)
        (place / "stack.yml").write_text(f"template: template.yml\nstackName: {stack}\nregion: us-east-1\n")
        return [pipeplan, "apply", "shop", "--auto-approve"]

    def with_aws(folder, stack):
        return [aws, "cloudformation", "deploy", "--stack-name", stack, "--template-file", "template.yml"]

    def with_sam(folder, stack):
        return [sam, "deploy", "--stack-name", stack, "--template-file", "template.yml", "--no-confirm-changeset"]

    def with_sceptre(folder, stack):
        for name in ("config/dev", "templates"):
            (folder / name).mkdir(parents=True)
        shutil.copy(folder / "template.yml", folder / "templates/shop.yaml")
        (folder / "config/config.yaml").write_text("project_code: bench\nregion: us-east-1\n")
        (folder / "config/dev/shop.yaml").write_text(f"template:\n  path: shop.yaml\n  type: file\nstack_name: {stack}\n")
        return [sceptre, "launch", "-y", "dev/shop.yaml"]

    return [
        Tool("pipeplan apply", with_pipeplan), Tool("aws cloudformation deploy", with_aws), Tool("sam deploy", with_sam),
        Tool("sceptre launch", with_sceptre)]


def measure(pipeplan, runs):
    """Prints a table for each cloud. The programs take turns, so that what else the machine does meets all of them."""
    clouds = [
        ("MiniStack", Server([OWN / "ministack"], {"BIND_HOST": "127.0.0.1", "GATEWAY_PORT": "PORT"})),
        ("moto", Server([OWN / "moto_server", "-H", "127.0.0.1", "-p", "PORT"]))]
    for name, cloud in clouds:
        proxy = Server([OWN / "python", "-B", ROOT / "Tests/AWSTests/Peers/proxy.py", "--to", cloud.url, "--port", "PORT"])
        with cloud, proxy:
            environment = {
                "PATH": os.environ["PATH"], "AWS_ENDPOINT_URL": proxy.url, "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1",
                "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "SAM_CLI_TELEMETRY": "0",
                "SAM_CLI_POLL_DELAY": "0.5"}
            competing = tools(pipeplan)
            for run in range(runs + 1):
                for number, tool in enumerate(competing):
                    # The first run of each warms the caches.
                    tool.deploy(f"bench-{run}-{number}", proxy.url, environment, counted=run > 0)
            print(
                f"\n{'apply of 3 resources, ' + name:28} {'wall s':>8} {'CPU s':>8} {'MiB':>8} {'calls':>7} {'asking':>7} {'early':>7}"
                f" {'sent':>9} {'received':>9} {'runs':>5}", flush=True)
            for tool in competing:
                print(tool.row, flush=True)
