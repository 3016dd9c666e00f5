"""A server that accepts only what botocore would have signed the same way.

It writes its port on the first line of standard output. A request with a good signature gets 200 and an empty result of
its action, any other 403 with AWS's error code. Clock, key, secret and token are those of the tests.
"""
import datetime
import hashlib
import re
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.utils import percent_encode
from parent import leave_with_parent

KEY, SECRET, TOKEN = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "to/ken+with=signs"
NOW = "20260131T120000Z"
HEADER = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<day>\d{8})/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request, "
    r"SignedHeaders=(?P<names>[a-z0-9;-]+), Signature=(?P<signature>[0-9a-f]{64})"
)


def fault(method, target, headers, body, key=KEY, secret=SECRET, tokens=(None, TOKEN), now=NOW):
    """None, or the code and message of what is wrong with a request's signature."""
    match = HEADER.fullmatch(headers.get("Authorization", ""))
    if not match:
        return "MissingAuthenticationToken", "no signature"
    if match["key"] != key or headers.get("X-Amz-Security-Token") not in tokens:
        return "InvalidClientTokenId", "an unknown key or token"
    if headers.get("X-Amz-Date") != now or match["day"] != now[:8]:
        return "SignatureDoesNotMatch", "Signature expired: %s is now earlier than %s" % (headers.get("X-Amz-Date"), now)
    names = match["names"].split(";")
    unsigned = {name.lower() for name in headers if name.lower().startswith("x-amz-")} | {"host", "content-type"} & {
        name.lower() for name in headers
    }
    unsigned -= set(names)
    if unsigned:
        return "SignatureDoesNotMatch", "not signed: %s" % sorted(unsigned)
    is_s3 = match["service"] == "s3"
    if is_s3 and headers.get("X-Amz-Content-SHA256") != hashlib.sha256(body).hexdigest():
        return "XAmzContentSHA256Mismatch", "another body"

    parts = urlsplit(target)
    # botocore is given the decoded path for S3 to encode anew, and the sent path for all others.
    path = parts.path
    if is_s3:
        path = percent_encode(unquote(parts.path), safe="/~")
    request = AWSRequest(
        method=method,
        url="http://%s%s" % (headers["Host"], path),
        params=parse_qsl(parts.query, keep_blank_values=True),
        data=body,
        headers={name: headers[name] for name in names if name != "host"},
    )
    signer = (S3SigV4Auth if is_s3 else SigV4Auth)(
        Credentials(key, secret, headers.get("X-Amz-Security-Token")), match["service"], match["region"]
    )
    request.context["timestamp"] = now
    canonical = signer.canonical_request(request)
    signed_names = canonical.split("\n")[-2].split(";")
    if signed_names != names:
        return "SignatureDoesNotMatch", "botocore signs %s, not %s" % (signed_names, names)
    wanted = signer.signature(signer.string_to_sign(request, canonical), request)
    if wanted != match["signature"]:
        return "SignatureDoesNotMatch", canonical
    return None


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        wrong = fault(self.command, self.path, self.headers, body)
        if wrong:
            status = 403
            code, message = (text.replace("&", "&amp;").replace("<", "&lt;") for text in wrong)
            document = "<ErrorResponse><Error><Code>%s</Code><Message>%s</Message></Error></ErrorResponse>" % (code, message)
        else:
            status = 200
            action = parse_qs(body.decode("utf-8", "replace")).get("Action", [None])[0]
            document = "<%sResponse/>" % action if action else "<ListBucketResult/>"
        data = b"" if self.command == "HEAD" else document.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = answer

    def date_time_string(self, timestamp=None):
        """The `Date` header: the time at which signatures are checked."""
        return datetime.datetime.strptime(NOW, "%Y%m%dT%H%M%SZ").strftime("%a, %d %b %Y %H:%M:%S GMT")

    def log_message(self, *arguments):
        pass


if __name__ == "__main__":
    leave_with_parent()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)
    server.serve_forever()
