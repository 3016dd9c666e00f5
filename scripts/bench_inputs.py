"""What `scripts/bench` measures with: generated templates, recorded states, and the same graph for Terraform."""

import hashlib
import json
import pathlib
import sqlite3
import zlib

HEAD = """\
AWSTemplateFormatVersion: "2010-09-09"
Description: The shops of %, each with a topic, queues, a function and what that needs.

Parameters:
  Stage:
    Type: String
    AllowedValues: [develop, prod]
  Memory:
    Type: Number
    Default: 256
    MinValue: 128

Mappings:
  Stages:
    develop: {logDays: 14, level: DEBUG}
    prod: {logDays: 90, level: WARNING}

Conditions:
  IsProd: !Equals [!Ref Stage, prod]
  IsAlarmed: !And [!Condition IsProd, !Not [!Equals [!Ref "AWS::Region", us-west-1]]]

Resources:
"""

# Ten resources that are typical of a service. Each shop after the first reads a parameter of the one before it.
SHOP = """\
  Topic@:
    Type: AWS::SNS::Topic
    Properties:
      TopicName: !Sub ${AWS::StackName}-orders-@
      DisplayName: Orders of shop @
      Tags:
        - {Key: shop, Value: "@"}

  DeadLetters@:
    Type: AWS::SQS::Queue
    Properties:
      MessageRetentionPeriod: 1209600

  Queue@:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: 180
      RedrivePolicy:
        deadLetterTargetArn: !GetAtt DeadLetters@.Arn
        maxReceiveCount: 5
      Tags:
        - Key: stage
          Value: !Ref Stage

  Subscription@:
    Type: AWS::SNS::Subscription
    Properties:
      TopicArn: !Ref Topic@
      Protocol: sqs
      Endpoint: !GetAtt Queue@.Arn
      RawMessageDelivery: true

  Role@:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: {Service: lambda.amazonaws.com}
            Action: sts:AssumeRole
      ManagedPolicyArns:
        - !Sub arn:${AWS::Partition}:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole
      Policies:
        - PolicyName: queue
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Effect: Allow
                Action: [sqs:ReceiveMessage, sqs:DeleteMessage, sqs:GetQueueAttributes]
                Resource: !GetAtt Queue@.Arn
              - Effect: Allow
                Action: ssm:GetParameter
                Resource: !Sub arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter/shops/*

  Logs@:
    Type: AWS::Logs::LogGroup
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      LogGroupName: !Sub /aws/lambda/${AWS::StackName}-shop-@
      RetentionInDays: !FindInMap [Stages, !Ref Stage, logDays]

  Function@:
    Type: AWS::Lambda::Function
    DependsOn: Logs@
    Properties:
      FunctionName: !Sub ${AWS::StackName}-shop-@
      Handler: index.handler
      Runtime: python3.13
      Role: !GetAtt Role@.Arn
      MemorySize: !If [IsProd, !Ref Memory, 128]
      Timeout: 30
      Environment:
        Variables:
          LEVEL: !FindInMap [Stages, !Ref Stage, level]
          TOPIC: !Ref Topic@
          BEFORE: %
      Code:
        ZipFile: |
          def handler(event, context):
              for record in event["Records"]:
                  print(record["body"])

  Source@:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      EventSourceArn: !GetAtt Queue@.Arn
      FunctionName: !Ref Function@
      BatchSize: 10

  Settings@:
    Type: AWS::SSM::Parameter
    Properties:
      Name: !Sub /shops/${AWS::StackName}/@
      Type: String
      Value: !Sub
        - ${Function@.Arn} ${Topic@} ${days}
        - days: !FindInMap [Stages, !Ref Stage, logDays]

  Alarm@:
    Type: AWS::CloudWatch::Alarm
    Condition: IsAlarmed
    Properties:
      AlarmDescription: !Join [" ", [Letters of, !Ref "AWS::StackName", nobody could read]]
      Namespace: AWS/SQS
      MetricName: ApproximateNumberOfMessagesVisible
      Dimensions:
        - {Name: QueueName, Value: !GetAtt DeadLetters@.QueueName}
      Statistic: Maximum
      Period: 300
      EvaluationPeriods: 1
      Threshold: 0
      ComparisonOperator: GreaterThanThreshold
      AlarmActions: [!Ref Topic@]

"""

OUTPUTS = """\
Outputs:
  Topic:
    Value: !Ref Topic1
  Queue:
    Value: !GetAtt Queue1.Arn
    Export: {Name: !Sub "${AWS::StackName}-queue"}
"""

STACK = """\
template: template.yml
region: us-east-1
capabilities: [CAPABILITY_NAMED_IAM]
parameters: {Stage: prod}
tags: {project: bench}
"""


def write_template(path, resources, changed=False, owner="one town"):
    """Writes a template of so many resources, a multiple of ten; one property of the first is another where it is `changed`."""
    with open(path, "w") as file:
        file.write(HEAD.replace("%", owner))
        for shop in range(1, resources // 10 + 1):
            before = f"!Ref Settings{shop - 1}" if shop > 1 else "none"
            text = SHOP.replace("@", str(shop)).replace("%", before)
            if changed and shop == 1:
                text = text.replace("Orders of shop", "New orders of shop")
            file.write(text)
        file.write(OUTPUTS)


def write_project(folder, stacks, resources, changed=False):
    """Makes a project of so many stacks of so many resources."""
    for number in range(stacks):
        stack = pathlib.Path(folder, "stacks", f"shops{number + 1}")
        stack.mkdir(parents=True)
        (stack / "stack.yml").write_text(STACK)
        write_template(stack / "template.yml", resources, changed, owner=f"town {number + 1}")


def grow_record(database, project):
    """Makes the recorded stacks those of a larger project, as if that had been applied.

    Deploying thousands of resources takes minutes even in a sandbox. What a plan reads of a deployment is its template and the
    rows of its resources (docs/state-schema.md), so those are put in the place of a small deployment's.
    """
    connection = sqlite3.connect(database)
    with connection:
        for key, name, template in connection.execute(
                "SELECT s.id, s.stack, d.template FROM stacks s JOIN deployments d ON d.id = s.in_effect").fetchall():
            body = pathlib.Path(project, "stacks", name, "template.yml").read_bytes()
            connection.execute(
                "UPDATE blobs SET digest = ?, size = ?, body = ? WHERE id = ?",
                (hashlib.sha256(body).digest(), len(body), zlib.compress(body), template))
            first = connection.execute(
                "SELECT logical_id, since, physical_id, type, status, updated_at FROM resources WHERE stack_key = ? AND until IS NULL",
                (key,)).fetchall()
            for shop in range(2, body.count(b"Type: AWS::SNS::Topic\n") + 1):
                connection.executemany(
                    "INSERT INTO resources (stack_key, logical_id, since, physical_id, type, status, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
                    [(key, f"{logical_id[:-1]}{shop}", since, f"{physical_id}-{shop}", *rest)
                     for logical_id, since, physical_id, *rest in first])
    connection.close()


def write_terraform(folder, resources, recorded):
    """Makes a Terraform configuration of so many `terraform_data`, of which nine in ten read the one before.

    Where it is `recorded`, with the state that applying it leaves, which Terraform itself takes minutes to make.
    """
    pathlib.Path(folder).mkdir(parents=True)
    kind = ["object", {"before": "string", "name": "string"}]
    entries = []
    with open(pathlib.Path(folder, "main.tf"), "w") as file:
        for number in range(1, resources + 1):
            reads = (number - 1) % 10 > 0
            before = f"terraform_data.r{number - 1}.id" if reads else '"none"'
            file.write(f'resource "terraform_data" "r{number}" {{\n  input = {{ name = "shop-{number}", before = {before} }}\n}}\n\n')
            value = {"value": {"before": f"id-{number - 1}" if reads else "none", "name": f"shop-{number}"}, "type": kind}
            instance = {
                "schema_version": 0, "sensitive_attributes": [],
                "attributes": {"id": f"id-{number}", "input": value, "output": value, "triggers_replace": None},
                "dependencies": [f"terraform_data.r{needed}" for needed in range(number - (number - 1) % 10, number)]}
            entries.append({
                "mode": "managed", "type": "terraform_data", "name": f"r{number}",
                "provider": 'provider["terraform.io/builtin/terraform"]', "instances": [instance]})
    if recorded:
        state = {
            "version": 4, "terraform_version": "1.5.0", "serial": 1, "lineage": "00000000-0000-0000-0000-000000000000",
            "outputs": {}, "resources": entries, "check_results": None}
        pathlib.Path(folder, "terraform.tfstate").write_text(json.dumps(state))
