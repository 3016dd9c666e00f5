"""Requests that are refused, odd or broken, and what the sandbox says to them."""

import http.client
import json
import socket
import time
import urllib.parse

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, HTTPClientError

from conftest import body, client, settled, wait

AUTHORIZATION = "AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/cloudformation/aws4_request, SignedHeaders=host, Signature=0"


def refusal(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def template(resources=None, **sections):
    return {"Resources": resources or {"Topic": {"Type": "AWS::SNS::Topic"}}, **sections}


# What is proposed, and the words in which AWS refuses it.
REFUSED_TEMPLATES = {
    "no resources": ({}, "Template format error: At least one Resources member must be defined."),
    "no type": (template({"A": {"Properties": {}}}), "Template format error: [/Resources/A] Every Resources object must contain a Type member."),
    "unknown attribute": (template({"A": {"Type": "AWS::SNS::Topic", "Invalid": 10}}), "Invalid template resource property 'Invalid'"),
    "bad logical ID": (
        template({"my-topic": {"Type": "AWS::SNS::Topic"}}), "Template format error: Resource name my-topic is non alphanumeric."),
    "bad parameter name": (
        template(Parameters={"AWS::NoValue": {"Type": "String"}}), "Template format error: Parameter name AWS::NoValue is non alphanumeric."),
    "unknown reference": (
        template({"A": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Ref": "Nobody"}}}}),
        "Template format error: Unresolved resource dependencies [Nobody] in the Resources block of the template"),
    "unknown reference in outputs": (
        template(Outputs={"A": {"Value": {"Ref": "Nobody"}}}),
        "Template format error: Unresolved resource dependencies [Nobody] in the Outputs block of the template"),
    "reference to what a condition leaves out": (
        template(
            {"A": {"Type": "AWS::SNS::Topic", "Condition": "Never"}, "B": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": "A"}}}},
            Conditions={"Never": {"Fn::Equals": ["a", "b"]}}),
        "Template format error: Unresolved resource dependencies [A] in the Resources block of the template"),
    "unknown attribute of a resource": (
        template(Outputs={"A": {"Value": {"Fn::GetAtt": ["Topic", "Colour"]}}}),
        "Template error: resource Topic does not support attribute type Colour in Fn::GetAtt"),
    "unknown condition": (
        template({"A": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Fn::If": ["No", "a", "b"]}}}}),
        "Template error: unresolved condition dependency No in Fn::If"),
    "bad Equals": (
        template(Conditions={"C": {"Fn::Equals": ["a"]}}), "Template error: every Fn::Equals object requires a list of 2 string parameters."),
    "bad Select": (
        template({"A": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Fn::Select": ["bad", ["x"]]}}}}),
        "Template error: Fn::Select requires a list argument with two elements: an integer index and a list"),
    "missing mapping": (
        template(
            {"A": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Fn::FindInMap": ["Map", "C", "Suffix"]}}}},
            Mappings={"Map": {"A": {"Suffix": "a"}}}),
        "Template error: Unable to get mapping for Map::C::Suffix"),
    "mapping too deep": (
        template(Mappings={"Map": {"A": {"Suffix": {"Ref": "x"}}}}),
        "Template format error: Every Mappings attribute must be a String or a List."),
    "null": (template(Outputs={"MyOutput": {"Value": None}}), "[/Outputs/MyOutput/Value] 'null' values are not allowed in templates"),
    "unknown types": (
        template({"A": {"Type": "Acme::Thing::Other"}}), "Template format error: Unrecognized resource types: [Acme::Thing::Other]"),
    "cycle": (
        template({key: {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": other}}} for key, other in [("A", "B"), ("B", "A")]}),
        "Circular dependency between resources: [A, B]"),
    "bad JSON": ('{"this is no JSON"="bobbins"}', "Template format error: JSON not well-formed. (line 1, column 20)"),
    "bad YAML": (
        "Resources:\n  A:\n    Type: AWS::S3::Bucket\n    Properties:\n        BucketName: test\n      Versioning:\n        Status: x\n",
        "Template format error: YAML not well-formed."),
}


@pytest.mark.parametrize("case", REFUSED_TEMPLATES)
def test_a_bad_template_is_refused_in_the_words_of_aws(cloudformation, name, case):
    proposed, message = REFUSED_TEMPLATES[case]
    assert refusal(
        cloudformation.create_change_set, StackName=name, ChangeSetName="bad", ChangeSetType="CREATE", TemplateBody=body(proposed),
    ) == ("ValidationError", message)
    assert refusal(cloudformation.describe_stacks, StackName=name)[0] == "ValidationError"


# A parameter's declaration, what it is given, and the refusal.
REFUSED_PARAMETERS = {
    "missing": ({"Type": "String"}, {}, "Parameters: [P] must have values"),
    "unknown": ({"Type": "String", "Default": "x"}, {"Q": "x"}, "Parameters: [Q] do not exist in the template"),
    "not allowed": ({"Type": "String", "AllowedValues": ["a"]}, {"P": "b"}, "Parameter 'P' must be one of AllowedValues"),
    "pattern": ({"Type": "String", "AllowedPattern": "[a-z]+"}, {"P": "B"}, "Parameter 'P' must match pattern [a-z]+"),
    "described": (
        {"Type": "String", "AllowedPattern": "[a-z]+", "ConstraintDescription": "small letters"}, {"P": "B"},
        "Parameter P failed to satisfy constraint: small letters"),
    "too short": ({"Type": "String", "MinLength": 3}, {"P": "B"}, "Parameter 'P' must contain at least 3 characters"),
    "no number": ({"Type": "Number"}, {"P": "B"}, "Parameter 'P' must be a number."),
    "too small": ({"Type": "Number", "MinValue": 3}, {"P": "2"}, "Parameter 'P' must be a number not less than 3"),
    "not in the store": (
        {"Type": "AWS::SSM::Parameter::Value<String>"}, {"P": "/none"},
        "Unable to fetch parameters [/none] from parameter store for this account."),
}


@pytest.mark.parametrize("case", REFUSED_PARAMETERS)
def test_a_bad_parameter_is_refused_in_the_words_of_aws(cloudformation, name, case):
    declaration, given, message = REFUSED_PARAMETERS[case]
    assert refusal(
        cloudformation.create_stack, StackName=name, TemplateBody=body(template(Parameters={"P": declaration})),
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()]) == ("ValidationError", message)


def test_capabilities_are_required(cloudformation, name):
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}}}
    unnamed = dict(StackName=name, TemplateBody=body(template({"Role": role})))
    assert refusal(cloudformation.create_stack, **unnamed) == (
        "InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_IAM]")
    role["Properties"]["RoleName"] = name
    named = dict(StackName=name, TemplateBody=body(template({"Role": role})))
    assert refusal(cloudformation.create_stack, **named, Capabilities=["CAPABILITY_IAM"]) == (
        "InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_NAMED_IAM]")


def test_what_is_not_there_is_told_in_each_actions_own_words(cloudformation):
    assert refusal(cloudformation.describe_stacks, StackName="none") == ("ValidationError", "Stack with id none does not exist")
    assert refusal(cloudformation.describe_stack_events, StackName="none") == ("ValidationError", "Stack [none] does not exist")
    assert refusal(cloudformation.describe_stack_resource, StackName="none", LogicalResourceId="A") == (
        "ValidationError", "Stack 'none' does not exist")
    assert refusal(cloudformation.get_template, StackName="none") == ("ValidationError", "Stack with id none does not exist")
    assert refusal(cloudformation.delete_change_set, ChangeSetName="none") == (
        "ValidationError", "StackName must be specified if ChangeSetName is not specified as an ARN.")
    assert refusal(cloudformation.update_stack, StackName="none", TemplateBody="{}") == ("ValidationError", "Stack [none] does not exist")
    cloudformation.delete_stack(StackName="none")


def test_a_stack_that_exists_is_not_created_again(cloudformation, deploy, name):
    deploy(name, template())
    assert refusal(cloudformation.create_stack, StackName=name, TemplateBody=body(template())) == (
        "AlreadyExistsException", f"Stack [{name}] already exists")
    assert refusal(
        cloudformation.create_change_set, StackName=name, ChangeSetName="again", ChangeSetType="CREATE", TemplateBody=body(template())) == (
        "ValidationError", f"Stack [{name}] already exists and cannot be created again with the changeSet [again].")
    assert refusal(cloudformation.update_stack, StackName=name, TemplateBody=body(template())) == (
        "ValidationError", "No updates are to be performed.")


def test_a_large_template_comes_from_s3(cloudformation, s3, endpoint, name):
    large = template({f"Topic{number}": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "x" * 200}} for number in range(300)})
    assert "length less than or equal to 51200" in refusal(
        cloudformation.create_stack, StackName=name, TemplateBody=body(large))[1]
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="templates/large one.json", Body=body(large).encode())
    key = urllib.parse.quote("templates/large one.json")
    cloudformation.create_stack(StackName=name, TemplateURL=f"{endpoint}/{name}/{key}")
    assert settled(cloudformation, name)["StackStatus"] == "CREATE_COMPLETE"
    cloudformation.validate_template(TemplateURL=f"https://{name}.s3.us-east-1.amazonaws.com/{key}")
    assert refusal(cloudformation.create_stack, StackName="other", TemplateURL="https://example.com/a.yml") == (
        "ValidationError", "TemplateURL must be a supported URL.")


def test_s3_creates_only_what_is_absent(s3, name):
    s3.create_bucket(Bucket=name)
    first = s3.put_object(Bucket=name, Key="lease", Body=b"mine", IfNoneMatch="*")
    assert refusal(s3.put_object, Bucket=name, Key="lease", Body=b"yours", IfNoneMatch="*")[0] == "PreconditionFailed"
    found = s3.get_object(Bucket=name, Key="lease")
    assert (found["Body"].read(), found["ETag"]) == (b"mine", first["ETag"])
    assert s3.head_object(Bucket=name, Key="lease")["ContentLength"] == 4
    for number in range(5):
        s3.put_object(Bucket=name, Key=f"stacks/{number}.json", Body=b"{}")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=name, PaginationConfig={"PageSize": 2})
    keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
    assert keys == ["lease", *[f"stacks/{number}.json" for number in range(5)]]
    grouped = s3.list_objects_v2(Bucket=name, Delimiter="/")
    assert [group["Prefix"] for group in grouped["CommonPrefixes"]] == ["stacks/"]
    s3.delete_object(Bucket=name, Key="lease")
    assert refusal(s3.get_object, Bucket=name, Key="lease")[0] == "NoSuchKey"


def test_a_client_that_waits_for_100_continue_is_answered_at_once(endpoint, s3, name):
    s3.create_bucket(Bucket=name)
    begin = time.monotonic()
    s3.put_object(Bucket=name, Key="body", Body=b"x" * 200_000)  # botocore asks for 100-continue on each
    assert time.monotonic() - begin < 0.8, "botocore goes on by itself after a second"
    host, port = endpoint.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        scope = AUTHORIZATION.replace("cloudformation", "s3")
        connection.sendall(
            f"PUT /{name}/other HTTP/1.1\r\nHost: {host}\r\nAuthorization: {scope}\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n".encode())
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"body")
        assert connection.recv(1000).startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize("case", [
    ("no HTTP", b"\x00\x01\x02\r\n\r\n", 400),
    ("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    ("no length", f"POST / HTTP/1.1\r\nAuthorization: {AUTHORIZATION}\r\n\r\n".encode(), 400),
    ("length is no number", b"POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n", 400),
    ("too large", b"POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", 413),
    ("head too long", b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000 + b"\r\n\r\n", 431),
    ("other version", b"GET / HTTP/9.9\r\n\r\n", 505),
    ("bad chunk", f"POST / HTTP/1.1\r\nAuthorization: {AUTHORIZATION}\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n".encode(), 400),
    ("no authorization", b"POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n", 403),
    ("bad form", f"POST / HTTP/1.1\r\nAuthorization: {AUTHORIZATION}\r\nContent-Length: 9\r\n\r\nAction=%x".encode(), 400),
    ("binary form", f"POST / HTTP/1.1\r\nAuthorization: {AUTHORIZATION}\r\nContent-Length: 4\r\n\r\n".encode() + b"\xff\xfe\x00\x01", 400),
    ("unknown action", f"POST / HTTP/1.1\r\nAuthorization: {AUTHORIZATION}\r\nContent-Length: 14\r\n\r\nAction=DoMagic".encode(), 400),
    ("bad scope", b"POST / HTTP/1.1\r\nAuthorization: Bearer x\r\nContent-Length: 0\r\n\r\n", 403),
], ids=lambda case: case[0])
def test_garbage_is_refused_and_the_server_lives_on(endpoint, cloudformation, case):
    _, request, status = case
    host, port = endpoint.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(request)
        assert int(connection.recv(4000).split()[1]) == status
    cloudformation.list_stacks()


def test_a_missing_authorization_is_said_as_aws_says_it(endpoint):
    host, port = endpoint.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port))
    connection.request("POST", "/", "Action=ListStacks")
    answer = connection.getresponse()
    assert (answer.status, b"<Code>MissingAuthenticationToken</Code>" in answer.read()) == (403, True)


def test_faults_hit_requests(endpoint, faults):
    impatient = client("cloudformation", endpoint)
    faults(requests=[{"action": "ListStacks", "kind": "throttle", "every": 3}])
    codes = []
    for _ in range(6):
        try:
            impatient.list_stacks()
            codes.append("done")
        except ClientError as error:
            codes.append(error.response["Error"]["Code"])
    assert codes == ["done", "done", "Throttling"] * 2
    faults(requests=[{"action": "ListStacks", "kind": "dropAfter", "times": 1}])
    with pytest.raises(HTTPClientError):
        impatient.list_stacks()
    impatient.list_stacks()
    faults(requests=[{"action": "ListStacks", "kind": "garbage", "times": 1}])
    with pytest.raises(HTTPClientError):
        impatient.list_stacks()
    faults(requests=[{"action": "ListStacks", "kind": "late", "seconds": 0.5}])
    begin = time.monotonic()
    impatient.list_stacks()
    assert time.monotonic() - begin >= 0.5


def test_a_change_set_can_differ_from_what_was_asked(cloudformation, name, faults):
    faults(changeSets=[{"stack": name, "adding": [
        {"action": "Remove", "logicalID": "Table", "type": "AWS::DynamoDB::Table", "physicalID": "table", "scope": [], "details": []}]}])
    made = cloudformation.create_change_set(StackName=name, ChangeSetName="more", ChangeSetType="CREATE", TemplateBody=body(template()))
    wait(cloudformation, "change_set_create_complete", ChangeSetName=made["Id"])
    listed = cloudformation.describe_change_set(ChangeSetName=made["Id"])["Changes"]
    assert [(c["ResourceChange"]["Action"], c["ResourceChange"]["LogicalResourceId"]) for c in listed] == [("Add", "Topic"), ("Remove", "Table")]


def test_ssm_parameters_are_read(endpoint, cloudformation, deploy, name):
    ssm = client("ssm", endpoint)
    ssm.put_parameter(Name=f"/{name}/image", Value="ami-1", Type="String")
    proposed = template(
        {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": "Image"}}}},
        Parameters={"Image": {"Type": "AWS::SSM::Parameter::Value<String>"}})
    created = deploy(name, proposed, {"Image": f"/{name}/image"})
    assert created["Parameters"] == [{"ParameterKey": "Image", "ParameterValue": f"/{name}/image", "ResolvedValue": "ami-1"}]
    ssm.put_parameter(Name=f"/{name}/image", Value="ami-2", Type="String", Overwrite=True)
    made = cloudformation.create_change_set(
        StackName=name, ChangeSetName="new", TemplateBody=body(proposed), Parameters=[{"ParameterKey": "Image", "ParameterValue": f"/{name}/image"}])
    wait(cloudformation, "change_set_create_complete", ChangeSetName=made["Id"])
    details = cloudformation.describe_change_set(ChangeSetName=made["Id"])["Changes"][0]["ResourceChange"]["Details"]
    assert [(detail["Evaluation"], detail["ChangeSource"]) for detail in details] == [("Static", "DirectModification")]
    assert refusal(ssm.get_parameter, Name="/none") == ("ParameterNotFound", "")
    assert ssm.get_parameters(Names=["/none", f"/{name}/image"])["InvalidParameters"] == ["/none"]
    assert refusal(ssm.get_parameters, Names=[f"/{number}" for number in range(11)])[0] == "ValidationException"


def test_there_is_no_secrets_manager_and_it_says_so(endpoint):
    code, message = refusal(client("secretsmanager", endpoint).get_secret_value, SecretId="any")
    assert (code, message) == ("UnsupportedOperation", "The sandbox has no Secrets Manager: it keeps no secrets.")


def test_the_caller_is_told_who_it_is(endpoint):
    assert client("sts", endpoint).get_caller_identity()["Account"] == "123456789012"
