"""A sandbox for the tests of this folder, and the clients that talk to it.

PIPEPLAN_SANDBOX_ENDPOINT names one that runs already (with PIPEPLAN_SANDBOX_FOLDER, where its faults.json is read);
without it, `pipeplan sandbox serve` of the debug build is started (PIPEPLAN_PROGRAM names another program).
"""

import json
import os
import pathlib
import re
import subprocess
import uuid

import boto3
import pytest
from botocore.config import Config

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def served(tmp_path_factory):
    """The endpoint and the folder of the sandbox under test."""
    endpoint = os.environ.get("PIPEPLAN_SANDBOX_ENDPOINT")
    if endpoint:
        folder = os.environ.get("PIPEPLAN_SANDBOX_FOLDER")
        yield endpoint, pathlib.Path(folder) if folder else None
        return
    program = os.environ.get("PIPEPLAN_PROGRAM", str(REPOSITORY / ".build" / "debug" / "pipeplan"))
    folder = tmp_path_factory.mktemp("sandbox")
    process = subprocess.Popen(
        [program, "sandbox", "serve", "--port", "0", "--folder", str(folder)], stdout=subprocess.PIPE, text=True, cwd=folder)
    try:
        address = re.search(r"http://[0-9.:]+", process.stdout.readline())
        assert address, f"{program} did not say where it listens"
        yield address.group(), folder
    finally:
        process.terminate()
        process.wait(timeout=10)


@pytest.fixture(scope="session")
def endpoint(served):
    if served[1]:
        write_faults(served[1], {})
    return served[0]


def write_faults(folder, faults):
    """Quick resources, and whatever is to go wrong. Renamed into place, since the server may read at any time."""
    document = {**faults, "resourceSeconds": {"*": 0.03, **faults.get("resourceSeconds", {})}}
    partial = folder / "faults.json.new"
    partial.write_text(json.dumps(document))
    partial.rename(folder / "faults.json")


@pytest.fixture
def faults(served):
    """Sets what goes wrong; taken back after the test."""
    folder = served[1]
    if folder is None:
        pytest.skip("PIPEPLAN_SANDBOX_FOLDER is not set")
    yield lambda **given: write_faults(folder, given)
    write_faults(folder, {})


def client(service, endpoint, region="us-east-1", attempts=1):
    return boto3.client(
        service, endpoint_url=endpoint, region_name=region, aws_access_key_id="sandbox", aws_secret_access_key="sandbox",
        config=Config(retries={"total_max_attempts": attempts}, s3={"addressing_style": "path"}, parameter_validation=False))


@pytest.fixture(scope="session")
def cloudformation(endpoint):
    return client("cloudformation", endpoint)


@pytest.fixture(scope="session")
def s3(endpoint):
    return client("s3", endpoint)


@pytest.fixture
def name():
    """A name that no other test has."""
    return f"stack-{uuid.uuid4().hex[:10]}"


def wait(cloudformation, waiter, **arguments):
    cloudformation.get_waiter(waiter).wait(**arguments, WaiterConfig={"Delay": 0.1, "MaxAttempts": 100})


@pytest.fixture
def deploy(cloudformation):
    """Creates or updates a stack by a change set, to its end; returns the stack's description."""

    def deploy(name, template, parameters=None, kind=None, **settings):
        if kind is None:
            stacks = [stack["StackName"] for stack in cloudformation.describe_stacks()["Stacks"]]
            kind = "UPDATE" if name in stacks else "CREATE"
        change_set = cloudformation.create_change_set(
            StackName=name, ChangeSetName=f"set-{uuid.uuid4().hex[:8]}", ChangeSetType=kind, TemplateBody=body(template),
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in (parameters or {}).items()], **settings)
        wait(cloudformation, "change_set_create_complete", ChangeSetName=change_set["Id"])
        cloudformation.execute_change_set(ChangeSetName=change_set["Id"])
        return settled(cloudformation, change_set["StackId"])

    return deploy


def body(template):
    return template if isinstance(template, str) else json.dumps(template)


def settled(cloudformation, stack):
    """The stack's description once nothing is in progress any more."""
    import time

    for _ in range(200):
        found = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
        if not found["StackStatus"].endswith("_IN_PROGRESS"):
            return found
        time.sleep(0.05)
    raise AssertionError(f"{stack} stays {found['StackStatus']}")
