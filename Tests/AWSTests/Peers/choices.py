"""What botocore chooses: standard input is {"base", "cases"}, standard output a list of what it found in each case.

`base` is an environment that all cases share, a case {"environment", "profile"}. A choice is {"method", "key"}, `method` being
null where there are no credentials, or {"error"}. An access key is given without the number that the peer ends it with.
"""
import getpass
import json
import os
import re
import sys

QUESTION = json.load(sys.stdin)
# Before botocore is loaded: it looks for its folders, and for who asks for MFA codes, right then.
os.environ.clear()
os.environ.update(QUESTION["base"])
getpass.getpass = lambda prompt: "987123"

import botocore.session  # noqa: E402


def choice(case):
    os.environ.clear()
    os.environ.update(QUESTION["base"])
    os.environ.update(case["environment"])
    try:
        credentials = botocore.session.Session(profile=case.get("profile")).get_credentials()
        if credentials is None:
            return {"method": None}
        key = credentials.get_frozen_credentials().access_key
    except Exception as error:
        return {"error": type(error).__name__}
    return {"method": credentials.method, "key": re.sub(r"\.g\d+$", "", key)}


if __name__ == "__main__":
    json.dump([choice(case) for case in QUESTION["cases"]], sys.stdout)
