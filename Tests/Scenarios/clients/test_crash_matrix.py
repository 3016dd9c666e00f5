"""A deployment whose process is killed before and after every request it makes, and the same command once more.

The sandbox is a process of its own that lives on; a proxy between counts the requests and sends SIGKILL. Whatever a process
wrote before it died is found by the next one: between two requests nothing else has an effect. In the end everything is as
without a cut: the stacks, what was executed at CloudFormation, and the records, of which there is one.
"""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest

from conftest import write_faults
from worlds import World

NETWORK = """
Resources:
  Topic: {Type: AWS::SNS::Topic}
Outputs:
  Arn: {Value: !Ref Topic}
"""
SHOP = """
Parameters:
  Token: {Type: String, NoEcho: true}
  Arn: {Type: String, Default: none}
Resources:
  Queue: {Type: AWS::SQS::Queue, Properties: {VisibilityTimeout: 60}}
  Pointer:
    Type: AWS::SSM::Parameter
    Properties: {Type: String, Value: !Sub "${Queue.QueueName} ${Arn} ${Token}"}
Outputs:
  Url: {Value: !Ref Queue}
"""
EDITED = SHOP.replace("60", "90") + "  Name: {Value: !GetAtt Queue.QueueName}\n"

# Per operation: the templates first deployed, those then deployed, and the command.
OPERATIONS = {
    "create": ({}, {"shop": SHOP}, "apply shop --auto-approve"),
    "update": ({"shop": SHOP}, {"shop": EDITED}, "apply shop --auto-approve"),
    "failing-update": ({"shop": SHOP}, {"shop": EDITED}, "apply shop --auto-approve"),
    "destroy": ({"shop": SHOP}, {}, "destroy shop --auto-approve"),
    "two-stacks": ({}, {"network": NETWORK, "shop": SHOP}, "apply --auto-approve"),
}
FAULTS = {"failing-update": {"resources": [{"logicalId": "Queue", "on": "update", "message": "It can't be done"}]}}


def write(world, templates):
    for name, template in templates.items():
        parameters = {"Token": {"env": "TOKEN"}} | ({"Arn": {"output": "network.Arn"}} if "network" in templates else {})
        world.write(name, template, json.dumps(parameters) if name == "shop" else None)


def begin(operation, folder):
    """The world before an operation."""
    before, after, _ = OPERATIONS[operation]
    world = World(folder)
    write_faults(folder / "sandbox", {})
    with world:
        if before:
            write(world, before)
            status, output = world.run("apply --auto-approve")
            assert status == 0, output
    write(world, after)
    write_faults(folder / "sandbox", FAULTS.get(operation, {}))
    return world


def cut_and_repeat(operation, base, folder, cut, uncut):
    """What is wrong after a cut and the same command once more; nothing, as it should be.

    How often a change set or a stack is asked for depends on how soon it is ready: a run may have ended a request or two before
    the one that it was to be cut at, and is then as good as uncut.
    """
    line = OPERATIONS[operation][2]
    with base.copy(folder) as world:
        status, output = world.run(line, cut)
        ended_before = status == uncut[0] and world.cutter.count < cut[0]
        if status != -9 and not ended_before:
            return f"{operation} {cut}: it was not cut, but exited with {status}\n{output}"
        # One that ended would be a further one: what failed is tried again.
        if not ended_before:
            status, output = world.run(line)
        end = world.end()
        leaks = world.secrets_at_rest()
    shutil.rmtree(folder)
    if (status, end) == uncut and not leaks:
        return None
    return f"{operation} {cut}: exit {status}, {json.dumps(end, indent=1)}\nuncut: {json.dumps(uncut, indent=1)}\n{leaks}\n{output}"


@pytest.mark.parametrize("operation", OPERATIONS)
def test_killed_at_any_request_the_same_command_once_more_ends_as_if_nothing_had_happened(operation, tmp_path, capsys):
    base = begin(operation, tmp_path / "base")
    with base.copy(tmp_path / "uncut") as world:
        status, output = world.run(OPERATIONS[operation][2])
        requests = world.cutter.count
        uncut = (status, world.end())
    assert status == (1 if operation == "failing-update" else 0), output
    cuts = [(number, when) for number in range(1, requests + 1) for when in ("before", "after")]
    with ThreadPoolExecutor(4) as pool:
        folders = [tmp_path / f"cut-{number}-{when}" for number, when in cuts]
        wrong = list(filter(None, pool.map(lambda folder, cut: cut_and_repeat(operation, base, folder, cut, uncut), folders, cuts)))
    with capsys.disabled():
        print(f" [{operation}: {len(cuts)} points]", end="", flush=True)
    assert not wrong, "\n\n".join(wrong[:3]) + f"\n\n{len(wrong)} of {len(cuts)} points"
