"""Where botocore sends to STS: standard input is a list of {"region", "environment"}, standard output one of [url, signing region]."""
import json
import os
import sys

import botocore.session
from botocore.awsrequest import AWSResponse


def place(case):
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(AWS_CONFIG_FILE="/dev/null", AWS_SHARED_CREDENTIALS_FILE="/dev/null", **case["environment"])
    client = botocore.session.Session().create_client(
        "sts", region_name=case["region"], aws_access_key_id="AKID", aws_secret_access_key="x")
    seen = []

    def capture(request, **kwargs):
        scope = request.headers["Authorization"]
        scope = scope.decode() if isinstance(scope, bytes) else scope
        seen.append([request.url.rstrip("/"), scope.split("/")[2]])
        return AWSResponse(request.url, 200, {}, None)

    client.meta.events.register("before-send", capture)
    try:
        client.get_caller_identity()
    except Exception:
        if not seen:
            raise
    return seen[0]


if __name__ == "__main__":
    json.dump([place(case) for case in json.load(sys.stdin)], sys.stdout)
