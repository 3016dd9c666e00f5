"""The life of stacks in the sandbox, as boto3 and the AWS CLI see it."""

import json
import os
import subprocess
import sys
import time

import pytest
from botocore.exceptions import ClientError, WaiterError

from conftest import REPOSITORY, body, settled, wait

PIPELINE = (REPOSITORY / "stacks/image-pipeline/pipeline.yml").read_text()
PIPELINE_PARAMETERS = {
    "GithubAccount": "acme", "GithubRepository": "greeter", "GithubBranch": "develop", "GithubAuthToken": "made-up-token-4711",
}


def topic(display="one", **properties):
    return {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": display, **properties}}


def refusal(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def events(cloudformation, stack):
    """Events, the oldest first: what, its status, why."""
    pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack)
    found = [event for page in pages for event in page["StackEvents"]]
    return [(e["LogicalResourceId"], e["ResourceStatus"], e.get("ResourceStatusReason")) for e in reversed(found)]


@pytest.fixture(scope="session")
def aws(endpoint):
    environment = {
        "PATH": os.environ["PATH"], "AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": "sandbox", "AWS_SECRET_ACCESS_KEY": "sandbox",
        "AWS_DEFAULT_REGION": "us-east-1", "AWS_CONFIG_FILE": "/dev/null", "AWS_EC2_METADATA_DISABLED": "true",
    }
    program = os.path.join(os.path.dirname(sys.executable), "aws")
    return lambda *arguments: subprocess.Popen(
        [program if os.path.exists(program) else "aws", *arguments], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True)


@pytest.fixture(scope="session", autouse=True)
def deployment(aws, tmp_path_factory):
    """`aws cloudformation deploy` polls every 30 s, so it runs beside the other tests."""
    template = tmp_path_factory.mktemp("deploy") / "pipeline.yml"
    template.write_text(PIPELINE)
    process = aws(
        "cloudformation", "deploy", "--stack-name", "deployed-by-cli", "--template-file", str(template), "--capabilities",
        "CAPABILITY_IAM", "--tags", "project=image-pipeline", "--parameter-overrides",
        *[f"{key}={value}" for key, value in PIPELINE_PARAMETERS.items()])
    yield process
    process.kill()


def test_the_image_pipeline_is_created_changed_and_deleted(cloudformation, deploy, name):
    created = deploy(name, PIPELINE, PIPELINE_PARAMETERS, Capabilities=["CAPABILITY_IAM"])
    assert created["StackStatus"] == "CREATE_COMPLETE"
    outputs = {output["OutputKey"]: output["OutputValue"] for output in created["Outputs"]}
    assert outputs["RepositoryUri"] == f"123456789012.dkr.ecr.us-east-1.amazonaws.com/{name}/greeter"
    assert {"ParameterKey": "GithubAuthToken", "ParameterValue": "****"} in created["Parameters"]

    changed = PIPELINE.replace("TimeoutInMinutes: 20", "TimeoutInMinutes: 25")
    assert deploy(name, changed, PIPELINE_PARAMETERS, Capabilities=["CAPABILITY_IAM"])["StackStatus"] == "UPDATE_COMPLETE"
    after = events(cloudformation, name)[len(events(cloudformation, name)) - 5:]
    assert after == [
        (name, "UPDATE_IN_PROGRESS", "User Initiated"), ("CodeBuildProject", "UPDATE_IN_PROGRESS", None),
        ("CodeBuildProject", "UPDATE_COMPLETE", None), (name, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", None),
        (name, "UPDATE_COMPLETE", None),
    ]

    cloudformation.delete_stack(StackName=name)
    wait(cloudformation, "stack_delete_complete", StackName=created["StackId"])
    deleted = events(cloudformation, created["StackId"])
    assert ("EcrRepository", "DELETE_SKIPPED", None) in deleted
    assert deleted[-1] == (name, "DELETE_COMPLETE", None)
    assert refusal(cloudformation.describe_stacks, StackName=name) == ("ValidationError", f"Stack with id {name} does not exist")


def test_a_change_set_goes_through_its_states(cloudformation, name):
    template = {"Resources": {"Topic": topic()}}
    made = cloudformation.create_change_set(StackName=name, ChangeSetName="first", ChangeSetType="CREATE", TemplateBody=body(template))
    pending = cloudformation.describe_change_set(ChangeSetName=made["Id"])
    assert (pending["Status"], pending["ExecutionStatus"]) in [
        ("CREATE_PENDING", "UNAVAILABLE"), ("CREATE_IN_PROGRESS", "UNAVAILABLE"), ("CREATE_COMPLETE", "AVAILABLE")]
    assert cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"] == "REVIEW_IN_PROGRESS"
    wait(cloudformation, "change_set_create_complete", StackName=name, ChangeSetName="first")
    ready = cloudformation.describe_change_set(StackName=name, ChangeSetName="first")
    assert ready["ExecutionStatus"] == "AVAILABLE"
    assert ready["Changes"] == [
        {"Type": "Resource", "ResourceChange": {
            "Action": "Add", "LogicalResourceId": "Topic", "ResourceType": "AWS::SNS::Topic", "Scope": [], "Details": []}}]

    cloudformation.execute_change_set(ChangeSetName=made["Id"])
    wait(cloudformation, "stack_create_complete", StackName=name)
    assert cloudformation.describe_change_set(ChangeSetName=made["Id"])["ExecutionStatus"] == "EXECUTE_COMPLETE"
    assert events(cloudformation, name) == [
        (name, "REVIEW_IN_PROGRESS", "User Initiated"), (name, "CREATE_IN_PROGRESS", "User Initiated"),
        ("Topic", "CREATE_IN_PROGRESS", None), ("Topic", "CREATE_IN_PROGRESS", "Resource creation Initiated"),
        ("Topic", "CREATE_COMPLETE", None), (name, "CREATE_COMPLETE", None),
    ]


def test_a_change_set_without_changes_fails_and_cannot_be_executed(cloudformation, deploy, name):
    template = {"Resources": {"Topic": topic()}}
    deploy(name, template)
    made = cloudformation.create_change_set(StackName=name, ChangeSetName="none", TemplateBody=body(template))
    with pytest.raises(WaiterError):
        wait(cloudformation, "change_set_create_complete", ChangeSetName=made["Id"])
    described = cloudformation.describe_change_set(ChangeSetName=made["Id"])
    assert (described["Status"], described["ExecutionStatus"], described["StatusReason"]) == (
        "FAILED", "UNAVAILABLE",
        "The submitted information didn't contain changes. Submit different information to create a change set.")
    assert refusal(cloudformation.execute_change_set, ChangeSetName=made["Id"])[0] == "InvalidChangeSetStatus"
    cloudformation.delete_change_set(ChangeSetName=made["Id"])
    assert refusal(cloudformation.describe_change_set, ChangeSetName=made["Id"])[0] == "ChangeSetNotFound"


def test_outputs_alone_are_a_change_without_resources(cloudformation, deploy, name):
    deploy(name, {"Resources": {"Topic": topic()}})
    with_output = {"Resources": {"Topic": topic()}, "Outputs": {"Arn": {"Value": {"Ref": "Topic"}}}}
    made = cloudformation.create_change_set(StackName=name, ChangeSetName="outputs", TemplateBody=body(with_output))
    wait(cloudformation, "change_set_create_complete", ChangeSetName=made["Id"])
    assert cloudformation.describe_change_set(ChangeSetName=made["Id"])["Changes"] == []
    cloudformation.execute_change_set(ChangeSetName=made["Id"])
    assert settled(cloudformation, name)["Outputs"][0]["OutputValue"].startswith("arn:aws:sns:us-east-1:123456789012:")


def test_new_tags_of_the_stack_go_to_what_takes_tags(cloudformation, deploy, name):
    template = {"Resources": {"Topic": topic(), "Policy": {"Type": "AWS::SNS::TopicPolicy", "Properties": {
        "PolicyDocument": {}, "Topics": [{"Ref": "Topic"}]}}}}
    deploy(name, template)
    made = cloudformation.create_change_set(
        StackName=name, ChangeSetName="tags", TemplateBody=body(template), Tags=[{"Key": "stage", "Value": "test"}])
    wait(cloudformation, "change_set_create_complete", ChangeSetName=made["Id"])
    changes = [entry["ResourceChange"] for entry in cloudformation.describe_change_set(ChangeSetName=made["Id"])["Changes"]]
    assert [(change["LogicalResourceId"], change["Scope"], change["Replacement"]) for change in changes] == [("Topic", ["Tags"], "False")]
    cloudformation.execute_change_set(ChangeSetName=made["Id"])
    settled(cloudformation, name)
    assert ("Topic", "UPDATE_COMPLETE", None) in events(cloudformation, name)


def test_a_replacement_makes_the_new_one_first_and_deletes_the_old_one_last(cloudformation, deploy, name):
    deploy(name, {"Resources": {"Topic": topic(TopicName=f"{name}-a")}})
    template = {"Resources": {"Topic": topic(TopicName=f"{name}-b")}}
    made = cloudformation.create_change_set(StackName=name, ChangeSetName="replace", TemplateBody=body(template))
    wait(cloudformation, "change_set_create_complete", ChangeSetName=made["Id"])
    change = cloudformation.describe_change_set(ChangeSetName=made["Id"], IncludePropertyValues=True)["Changes"][0]["ResourceChange"]
    arn = f"arn:aws:sns:us-east-1:123456789012:{name}"
    assert change == {
        "PolicyAction": "ReplaceAndDelete", "Action": "Modify", "LogicalResourceId": "Topic", "PhysicalResourceId": f"{arn}-a",
        "ResourceType": "AWS::SNS::Topic", "Replacement": "True", "Scope": ["Properties"],
        "Details": [{
            "Target": {
                "Attribute": "Properties", "Name": "TopicName", "RequiresRecreation": "Always", "Path": "/Properties/TopicName",
                "BeforeValue": f"{name}-a", "AfterValue": f"{name}-b", "AttributeChangeType": "Modify"},
            "Evaluation": "Static", "ChangeSource": "DirectModification"}],
        "BeforeContext": change["BeforeContext"], "AfterContext": change["AfterContext"],
    }
    assert json.loads(change["BeforeContext"]) == {"Properties": {"DisplayName": "one", "TopicName": f"{name}-a"}}
    cloudformation.execute_change_set(ChangeSetName=made["Id"])
    wait(cloudformation, "stack_update_complete", StackName=name)
    assert events(cloudformation, name)[6:] == [
        (name, "UPDATE_IN_PROGRESS", "User Initiated"),
        ("Topic", "UPDATE_IN_PROGRESS",
         "Requested update requires the creation of a new physical resource; hence creating one."),
        ("Topic", "UPDATE_IN_PROGRESS", "Resource creation Initiated"), ("Topic", "UPDATE_COMPLETE", None),
        (name, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", None), ("Topic", "DELETE_IN_PROGRESS", None),
        ("Topic", "DELETE_COMPLETE", None), (name, "UPDATE_COMPLETE", None),
    ]
    resources = cloudformation.list_stack_resources(StackName=name)["StackResourceSummaries"]
    assert [resource["PhysicalResourceId"] for resource in resources] == [f"{arn}-b"]


def test_a_failing_creation_is_rolled_back_with_its_root_cause_first(cloudformation, deploy, name, faults):
    faults(resources=[{"stack": name, "logicalId": "Second", "on": "create", "message": "No more topics"}],
           resourceSeconds={"Slow": 5})
    template = {"Resources": {
        "First": topic(), "Second": topic(**{"KmsMasterKeyId": {"Ref": "First"}}), "Slow": topic(), "Third": topic(**{"KmsMasterKeyId": {"Ref": "Second"}})}}
    assert deploy(name, template)["StackStatus"] == "ROLLBACK_COMPLETE"
    found = events(cloudformation, name)
    failed = [event for event in found if event[1] == "CREATE_FAILED"]
    assert failed == [("Second", "CREATE_FAILED", "No more topics"), ("Slow", "CREATE_FAILED", "Resource creation cancelled")]
    assert (name, "ROLLBACK_IN_PROGRESS",
            "The following resource(s) failed to create: [Second, Slow]. Rollback requested by user.") in found
    assert not any(event[0] == "Third" for event in found)
    assert found[-1] == (name, "ROLLBACK_COMPLETE", None)
    assert refusal(cloudformation.create_change_set, StackName=name, ChangeSetName="again", TemplateBody=body(template)) == (
        "ValidationError",
        f"Stack:{cloudformation.describe_stacks(StackName=name)['Stacks'][0]['StackId']} is in ROLLBACK_COMPLETE state and can not be updated.")


def test_a_failing_update_returns_to_what_was(cloudformation, deploy, name, faults):
    deploy(name, {"Resources": {"First": topic(), "Second": topic()}}, Tags=[{"Key": "stage", "Value": "old"}])
    faults(resources=[{"logicalId": "Second", "on": "update", "message": "Not now"}], resourceSeconds={"Second": 0.2})
    changed = {"Resources": {"First": topic("two"), "Second": topic("two"), "New": topic()}}
    ended = deploy(name, changed, Tags=[{"Key": "stage", "Value": "new"}])
    assert (ended["StackStatus"], ended["Tags"]) == ("UPDATE_ROLLBACK_COMPLETE", [{"Key": "stage", "Value": "old"}])
    found = events(cloudformation, name)
    begin = found.index((name, "UPDATE_IN_PROGRESS", "User Initiated"))
    assert ("Second", "UPDATE_FAILED", "Not now") in found[begin:]
    assert found[-8:] == [
        (name, "UPDATE_ROLLBACK_IN_PROGRESS", "The following resource(s) failed to update: [Second]. "),
        ("First", "UPDATE_IN_PROGRESS", None), ("Second", "UPDATE_IN_PROGRESS", None), ("First", "UPDATE_COMPLETE", None),
        ("Second", "UPDATE_COMPLETE", None), (name, "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", None),
        ("New", "DELETE_IN_PROGRESS", None), ("New", "DELETE_COMPLETE", None), (name, "UPDATE_ROLLBACK_COMPLETE", None),
    ][-8:]
    resources = cloudformation.describe_stack_resources(StackName=name)["StackResources"]
    assert [resource["LogicalResourceId"] for resource in resources] == ["First", "Second"]
    assert cloudformation.get_template(StackName=name)["TemplateBody"]["Resources"].keys() == {"First", "Second"}


def test_a_failed_rollback_is_continued(cloudformation, deploy, name, faults):
    deploy(name, {"Resources": {"Topic": topic()}})
    faults(resources=[{"logicalId": "Topic", "on": "update", "message": "Not now"},
                      {"logicalId": "Topic", "on": "rollback", "message": "Nor back"}])
    assert deploy(name, {"Resources": {"Topic": topic("two")}})["StackStatus"] == "UPDATE_ROLLBACK_FAILED"
    faults()
    cloudformation.continue_update_rollback(StackName=name)
    assert settled(cloudformation, name)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"


def test_a_failure_without_rollback_can_be_retried_or_rolled_back(cloudformation, name, faults):
    faults(resources=[{"logicalId": "Topic", "on": "create", "message": "Not yet"}])
    cloudformation.create_stack(StackName=name, TemplateBody=body({"Resources": {"Topic": topic()}}), DisableRollback=True)
    assert settled(cloudformation, name)["StackStatus"] == "CREATE_FAILED"
    faults()
    cloudformation.update_stack(StackName=name, TemplateBody=body({"Resources": {"Topic": topic()}}), DisableRollback=True)
    assert settled(cloudformation, name)["StackStatus"] == "UPDATE_COMPLETE"
    faults(resources=[{"logicalId": "Topic", "on": "update", "message": "Not now"}])
    cloudformation.update_stack(StackName=name, TemplateBody=body({"Resources": {"Topic": topic("two")}}), DisableRollback=True)
    assert settled(cloudformation, name)["StackStatus"] == "UPDATE_FAILED"
    cloudformation.rollback_stack(StackName=name)
    assert settled(cloudformation, name)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"


def test_an_update_is_cancelled(cloudformation, deploy, name, faults):
    deploy(name, {"Resources": {"Slow": topic()}})
    faults(resourceSeconds={"Slow": 3})
    cloudformation.update_stack(StackName=name, TemplateBody=body({"Resources": {"Slow": topic("two")}}))
    while ("Slow", "UPDATE_IN_PROGRESS", None) not in events(cloudformation, name):
        pass
    faults()
    cloudformation.cancel_update_stack(StackName=name)
    assert settled(cloudformation, name)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert ("Slow", "UPDATE_FAILED", "Resource update cancelled") in events(cloudformation, name)


def test_what_cannot_be_deleted_can_be_retained(cloudformation, deploy, name, faults):
    deploy(name, {"Resources": {"Topic": topic(), "Other": topic()}})
    faults(resources=[{"logicalId": "Topic", "on": "delete", "message": "Still subscribed"}])
    cloudformation.delete_stack(StackName=name)
    failed = settled(cloudformation, name)
    assert (failed["StackStatus"], failed["StackStatusReason"]) == (
        "DELETE_FAILED", "The following resource(s) failed to delete: [Topic]. ")
    cloudformation.delete_stack(StackName=name, RetainResources=["Topic"])
    assert settled(cloudformation, failed["StackId"])["StackStatus"] == "DELETE_COMPLETE"


def test_termination_protection_keeps_a_stack(cloudformation, deploy, name):
    deploy(name, {"Resources": {"Topic": topic()}})
    cloudformation.update_termination_protection(StackName=name, EnableTerminationProtection=True)
    assert refusal(cloudformation.delete_stack, StackName=name) == (
        "ValidationError", f"Stack [{name}] cannot be deleted while TerminationProtection is enabled")
    cloudformation.update_termination_protection(StackName=name, EnableTerminationProtection=False)
    cloudformation.delete_stack(StackName=name)
    wait(cloudformation, "stack_delete_complete", StackName=name)


def test_a_stack_policy_keeps_a_resource(cloudformation, deploy, name):
    deploy(name, {"Resources": {"Topic": topic(TopicName=f"{name}-a"), "Other": topic()}})
    policy = {"Statement": [
        {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": "Update:Replace", "Principal": "*", "Resource": "LogicalResourceId/Topic"}]}
    cloudformation.set_stack_policy(StackName=name, StackPolicyBody=json.dumps(policy))
    assert json.loads(cloudformation.get_stack_policy(StackName=name)["StackPolicyBody"]) == policy
    assert deploy(name, {"Resources": {"Topic": topic("two", TopicName=f"{name}-a"), "Other": topic()}})["StackStatus"] == "UPDATE_COMPLETE"
    assert deploy(name, {"Resources": {"Topic": topic(TopicName=f"{name}-b"), "Other": topic()}})["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert ("Topic", "UPDATE_FAILED",
            "Action denied by stack policy: Statement [#2] does not allow [Update:Replace] for resource [LogicalResourceId/Topic]") in events(
        cloudformation, name)
    assert refusal(cloudformation.set_stack_policy, StackName=name, StackPolicyBody="no policy") == (
        "ValidationError", "Error validating stack policy: Invalid stack policy")


def test_an_export_in_use_can_be_neither_changed_nor_deleted(cloudformation, deploy, name):
    exporting = {"Resources": {"Topic": topic()}, "Outputs": {"Arn": {"Value": {"Ref": "Topic"}, "Export": {"Name": f"{name}:arn"}}}}
    importing = {"Resources": {"Topic": topic({"Fn::ImportValue": f"{name}:arn"})}}
    deploy(name, exporting)
    deploy(f"{name}-user", importing)
    assert cloudformation.list_imports(ExportName=f"{name}:arn")["Imports"] == [f"{name}-user"]
    assert f"{name}:arn" in [export["Name"] for export in cloudformation.list_exports()["Exports"]]

    cloudformation.delete_stack(StackName=name)
    kept = settled(cloudformation, name)
    assert (kept["StackStatus"], kept["StackStatusReason"]) == (
        "CREATE_COMPLETE", f"Delete canceled. Cannot delete export {name}:arn as it is in use by {name}-user.")
    assert deploy(name, {"Resources": {"Topic": topic()}})["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert (name, "UPDATE_ROLLBACK_IN_PROGRESS", f"Export {name}:arn cannot be deleted as it is in use by {name}-user") in events(
        cloudformation, name)
    second = deploy(f"{name}-second", exporting)
    assert second["StackStatus"] == "ROLLBACK_COMPLETE"
    missing = deploy(f"{name}-third", {"Resources": {"Topic": topic({"Fn::ImportValue": f"{name}:no"})}})
    assert missing["StackStatus"] == "ROLLBACK_COMPLETE"
    assert (f"{name}-third", "ROLLBACK_IN_PROGRESS", f"No export named {name}:no found. Rollback requested by user.") in events(
        cloudformation, f"{name}-third")


def test_a_name_that_is_taken_fails_the_resource(cloudformation, deploy, name):
    named = {"Resources": {"Topic": topic(TopicName=name)}}
    first = deploy(name, named)
    assert deploy(f"{name}-second", named)["StackStatus"] == "ROLLBACK_COMPLETE"
    arn = f"arn:aws:sns:us-east-1:123456789012:{name}"
    assert ("Topic", "CREATE_FAILED", f"{arn} already exists in stack {first['StackId']}") in events(cloudformation, f"{name}-second")


def test_pages_are_complete_and_none_comes_twice(cloudformation, deploy, name):
    template = {"Resources": {f"Topic{number:03}": topic() for number in range(230)}}
    deploy(name, template)
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=name)
    resources = [resource["LogicalResourceId"] for page in pages for resource in page["StackResourceSummaries"]]
    assert resources == sorted(template["Resources"])
    found = events(cloudformation, name)
    assert len(found) == 3 * 230 + 3
    made = cloudformation.create_change_set(
        StackName=name, ChangeSetName="all", TemplateBody=body({"Resources": {key: topic("two") for key in template["Resources"]}}))
    wait(cloudformation, "change_set_create_complete", ChangeSetName=made["Id"])
    pages = cloudformation.get_paginator("describe_change_set").paginate(ChangeSetName=made["Id"])
    assert [change["ResourceChange"]["LogicalResourceId"] for page in pages for change in page["Changes"]] == resources


def test_a_secret_is_masked_everywhere_and_a_change_of_it_is_noticed(cloudformation, deploy, name, served):
    template = {
        "Parameters": {"Token": {"Type": "String", "NoEcho": True}},
        "Conditions": {"IsOpen": {"Fn::Equals": [{"Ref": "Token"}, "open-sesame-9321"]}},
        "Resources": {"Topic": topic({"Fn::Sub": "token ${Token}"}), "Extra": {**topic(), "Condition": "IsOpen"}},
        "Outputs": {"Token": {"Value": {"Ref": "Token"}}},
    }
    created = deploy(name, template, {"Token": "open-sesame-9321"})
    assert created["Outputs"] == [{"OutputKey": "Token", "OutputValue": "****"}]
    resources = cloudformation.describe_stack_resources(StackName=name)["StackResources"]
    assert [resource["LogicalResourceId"] for resource in resources] == ["Extra", "Topic"]
    same = cloudformation.create_change_set(
        StackName=name, ChangeSetName="same", TemplateBody=body(template),
        Parameters=[{"ParameterKey": "Token", "ParameterValue": "open-sesame-9321"}])
    with pytest.raises(WaiterError):
        wait(cloudformation, "change_set_create_complete", ChangeSetName=same["Id"])
    previous = cloudformation.create_change_set(
        StackName=name, ChangeSetName="previous", TemplateBody=body(template),
        Parameters=[{"ParameterKey": "Token", "UsePreviousValue": True}])
    with pytest.raises(WaiterError):
        wait(cloudformation, "change_set_create_complete", ChangeSetName=previous["Id"])
    other = cloudformation.create_change_set(
        StackName=name, ChangeSetName="other", TemplateBody=body(template),
        Parameters=[{"ParameterKey": "Token", "ParameterValue": "close-sesame-9322"}])
    wait(cloudformation, "change_set_create_complete", ChangeSetName=other["Id"])
    listed = cloudformation.describe_change_set(ChangeSetName=other["Id"], IncludePropertyValues=True)
    assert {(change["ResourceChange"]["LogicalResourceId"], change["ResourceChange"]["Action"]) for change in listed["Changes"]} == {
        ("Topic", "Modify"), ("Extra", "Remove")}
    assert "sesame" not in json.dumps(listed, default=str)
    cloudformation.execute_change_set(ChangeSetName=other["Id"])
    settled(cloudformation, name)
    assert "sesame" not in json.dumps(cloudformation.describe_stack_events(StackName=name), default=str)
    if served[1]:
        for file in served[1].iterdir():
            assert b"close-sesame" not in file.read_bytes(), file


def test_stacks_of_regions_are_apart(endpoint, cloudformation, deploy, name):
    from conftest import client

    deploy(name, {"Resources": {"Topic": topic()}})
    elsewhere = client("cloudformation", endpoint, region="eu-central-1")
    assert refusal(elsewhere.describe_stacks, StackName=name)[0] == "ValidationError"
    elsewhere.create_stack(StackName=name, TemplateBody=body({"Resources": {"Topic": topic()}}))
    assert ":eu-central-1:" in settled(elsewhere, name)["StackId"]


def test_a_token_makes_a_repeated_request_harmless(cloudformation, name):
    arguments = dict(
        StackName=name, ChangeSetName="once", ChangeSetType="CREATE", TemplateBody=body({"Resources": {"Topic": topic()}}),
        ClientToken=name)
    first = cloudformation.create_change_set(**arguments)
    second = cloudformation.create_change_set(**arguments)
    assert first["Id"] == second["Id"]
    wait(cloudformation, "change_set_create_complete", ChangeSetName=first["Id"])
    for _ in range(2):
        cloudformation.execute_change_set(ChangeSetName=first["Id"], ClientRequestToken=name)
    assert settled(cloudformation, name)["StackStatus"] == "CREATE_COMPLETE"
    starts = [event for event in events(cloudformation, name) if event[1:] == ("CREATE_IN_PROGRESS", "User Initiated")]
    assert len(starts) == 1


def test_drift_is_detected(cloudformation, deploy, name):
    deploy(name, {"Resources": {"Topic": topic()}})
    detection = cloudformation.detect_stack_drift(StackName=name)["StackDriftDetectionId"]
    deadline = time.monotonic() + 30
    while True:
        status = cloudformation.describe_stack_drift_detection_status(StackDriftDetectionId=detection)
        if status["DetectionStatus"] != "DETECTION_IN_PROGRESS":
            break
        assert time.monotonic() < deadline, "the detection does not end"
    assert (status["DetectionStatus"], status["StackDriftStatus"], status["DriftedStackResourceCount"]) == (
        "DETECTION_COMPLETE", "IN_SYNC", 0)
    drifts = cloudformation.describe_stack_resource_drifts(StackName=name)["StackResourceDrifts"]
    assert [(drift["LogicalResourceId"], drift["StackResourceDriftStatus"]) for drift in drifts] == [("Topic", "IN_SYNC")]


def test_the_aws_cli_deploys(deployment, cloudformation):
    output, _ = deployment.communicate(timeout=120)
    assert (deployment.returncode, output.strip().splitlines()[-1]) == (
        0, "Successfully created/updated stack - deployed-by-cli")
    stack = cloudformation.describe_stacks(StackName="deployed-by-cli")["Stacks"][0]
    assert (stack["StackStatus"], stack["Tags"]) == ("CREATE_COMPLETE", [{"Key": "project", "Value": "image-pipeline"}])
