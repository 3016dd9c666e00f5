"""The sandbox's change sets beside those that AWS has answered.

PIPEPLAN_AWS_RECORDINGS names a folder of recordings: each a template and its successor, with what AWS listed for both.
"""

import json
import os
import pathlib
import re

import pytest
from botocore.exceptions import WaiterError

from conftest import body, client, settled, wait

FOLDER = os.environ.get("PIPEPLAN_AWS_RECORDINGS")
RECORDINGS = sorted(pathlib.Path(FOLDER).glob("*.json")) if FOLDER else []
PLACEHOLDER = re.compile(r"<[a-z-]+(:\d+)?>")


def listed(described):
    """Changes as comparable values: AWS orders neither them nor their details."""
    return {
        (
            change["Action"], change["LogicalResourceId"], change["ResourceType"],
            # Recordings before 2025-05-19 have a replacement for what is added.
            change.get("Replacement") if change["Action"] != "Add" else None, change.get("PolicyAction"),
            frozenset(change["Scope"]), frozenset(detail(entry) for entry in change["Details"]),
        )
        for change in (entry["ResourceChange"] for entry in described["Changes"])
    }


def detail(entry):
    target = entry["Target"]
    return (
        target["Attribute"], target.get("Name"), target.get("Path"), target.get("RequiresRecreation"),
        target.get("AttributeChangeType"), entry["Evaluation"], entry["ChangeSource"], entry.get("CausingEntity"),
    )


def values(described, placeholders):
    """What each property was and will be. A value that a placeholder of the recording stands in is left out."""

    def known(text):
        for placeholder, value in placeholders.items():
            text = text.replace(placeholder, value) if text else text
        return text if text and not PLACEHOLDER.search(text) and "arn:" not in text else None

    found = {}
    for entry in described["Changes"]:
        change = entry["ResourceChange"]
        for item in change["Details"]:
            target = item["Target"]
            for side in ("BeforeValue", "AfterValue"):
                value = known(target.get(side))
                if value is not None:
                    found[change["LogicalResourceId"], target.get("Path"), side] = value
    return found


def updated(events):
    """The resources that were really updated, of events by logical ID."""
    return {
        logical_id for logical_id, of_resource in events.items()
        if any(
            event["ResourceStatus"].startswith("UPDATE") and event.get("ResourceType") != "AWS::CloudFormation::Stack"
            for event in of_resource)}


def propose(cloudformation, name, kind, template, parameters, number):
    made = cloudformation.create_change_set(
        StackName=name, ChangeSetName=f"set-{number}", ChangeSetType=kind, TemplateBody=body(template),
        Parameters=[{"ParameterKey": key, "ParameterValue": str(value)} for key, value in (parameters or {}).items()],
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"])
    try:
        wait(cloudformation, "change_set_create_complete", ChangeSetName=made["Id"])
    except WaiterError:
        pass
    return made["Id"]


def read_parameters(template):
    """The parameters of a template that is given as JSON; those given as text need no store."""
    return template.get("Parameters", {}) if isinstance(template, dict) else {}


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda path: path.stem)
def test_change_sets_are_those_of_aws(cloudformation, endpoint, name, recording):
    recorded = json.loads(recording.read_text())
    aws = recorded["aws"]
    if recorded.get("template_1") is None or recorded.get("template_2") is None or not aws.get("change_set_2"):
        pytest.skip("records no update")
    if "Fn::Transform" in json.dumps(recorded) or "Transform" in json.dumps(recorded["template_2"]):
        pytest.skip("needs a macro")
    for key, declaration in read_parameters(recorded["template_1"]).items():
        if declaration["Type"].startswith("AWS::SSM::Parameter::Value"):
            client("ssm", endpoint).put_parameter(Name=recorded["parameters_1"][key], Value="stored", Type="String", Overwrite=True)
    first = propose(cloudformation, name, "CREATE", recorded["template_1"], recorded["parameters_1"], 1)
    cloudformation.execute_change_set(ChangeSetName=first)
    assert settled(cloudformation, name)["StackStatus"] == "CREATE_COMPLETE"
    second = propose(cloudformation, name, "UPDATE", recorded["template_2"], recorded["parameters_2"], 2)
    for key, with_values in [("without_values", False), ("with_values", True)]:
        expected = aws["change_set_2"].get(key)
        if not expected:
            continue
        described = cloudformation.describe_change_set(ChangeSetName=second, IncludePropertyValues=with_values)
        assert (described["Status"], described["ExecutionStatus"]) == (expected["Status"], expected["ExecutionStatus"])
        assert listed(described) == listed(expected), key
        ours, theirs = values(described, {}), values(expected, recorded["placeholders"])
        assert {place: ours.get(place) for place in theirs if place in ours} == {
            place: value for place, value in theirs.items() if place in ours}, key
    if aws.get("events") and described["ExecutionStatus"] == "AVAILABLE":
        cloudformation.execute_change_set(ChangeSetName=second)
        assert settled(cloudformation, name)["StackStatus"] == "UPDATE_COMPLETE"
        events = {}
        for event in cloudformation.describe_stack_events(StackName=name)["StackEvents"]:
            if event["LogicalResourceId"] != name:
                events.setdefault(event["LogicalResourceId"], []).append(event)
        assert updated(events) == updated(aws["events"])
    cloudformation.delete_stack(StackName=name)
    settled(cloudformation, described["StackId"])
