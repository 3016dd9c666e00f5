"""Makes a user who may do everything at MiniStack or moto, and prints access key, secret, and key, secret and token of a role
that the user assumed, one a line. moto is told to check signatures and permissions from then on.

    cloud_user.py ministack|moto http://127.0.0.1:5000
"""
import json
import sys
import urllib.request

import boto3

ALL = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
ANYONE = json.dumps({
    "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]})


def client(service, endpoint, key="test", secret="test"):
    return boto3.client(
        service, endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id=key, aws_secret_access_key=secret)


def main(kind, endpoint):
    iam = client("iam", endpoint)
    iam.create_user(UserName="ada")
    iam.put_user_policy(UserName="ada", PolicyName="all", PolicyDocument=ALL)
    key = iam.create_access_key(UserName="ada")["AccessKey"]
    role = iam.create_role(RoleName="deployer", AssumeRolePolicyDocument=ANYONE)["Role"]
    iam.put_role_policy(RoleName="deployer", PolicyName="all", PolicyDocument=ALL)
    session = client("sts", endpoint, key["AccessKeyId"], key["SecretAccessKey"]).assume_role(
        RoleArn=role["Arn"], RoleSessionName="test")["Credentials"]
    if kind == "moto":
        request = urllib.request.Request(
            endpoint + "/moto-api/reset-auth", data=b"0", headers={"Content-Type": "text/plain"}, method="POST")
        urllib.request.urlopen(request).read()
    for text in (
            key["AccessKeyId"], key["SecretAccessKey"], session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"]):
        print(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
