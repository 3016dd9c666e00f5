"""Everything that hands out AWS credentials, on one loopback port: STS, SSO's portal and token endpoint, ECS, IMDS.

It writes its port on the first line of standard output (`--port N` chooses one). Each key that it hands out has a secret of
its own, and a signed request counts only if botocore would have signed it so with that secret. The name of a key tells how
it was come by: `ASIA.deploy.by.AKIDBASE.g3` is the third one handed out, for the role deploy, to AKIDBASE. A key `AKID…` is
known from the start, with the secret `secret/AKID…` and, where a session token comes along, `token/AKID…`.

`GET /requests` tells what was asked for, `GET /secrets` what must never be seen, `GET /set?name=value` changes how it behaves:
`now` (seconds since 1970; real time by default), `lifetime` (seconds), `fail` (`Action:status`, or empty), `revoke` (all keys
handed out so far expire), `imds` (`ok`, `v1`, `no-role`, `failed`), `forward` (where requests to other services than STS go once
their signature has been found good). What is handed out for a signed request is good from that request's time on.
"""
import datetime
import json
import secrets
import sys
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

import signatures
from parent import leave_with_parent

ACCOUNT = "123456789012"
WEB_TOKEN, CONTAINER_TOKEN, MFA_CODE = "web/identity+token", "container token=", "987123"
CLIENT_SECRET, REFRESH_TOKEN, SSO_TOKEN = "client/secret", "refresh/token", "sso/bearer+token"


def iso(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class Refused(Exception):
    def __init__(self, status, code, message):
        super().__init__(message)
        self.status, self.code = status, code


class Forwarded(Exception):
    pass


class Cloud:
    def __init__(self):
        self.lock = threading.Lock()
        self.keys = {}
        self.tokens = {SSO_TOKEN}
        self.refresh_tokens = {REFRESH_TOKEN}
        self.instance_tokens = set()
        self.seen = {WEB_TOKEN, CONTAINER_TOKEN, MFA_CODE, CLIENT_SECRET, REFRESH_TOKEN, SSO_TOKEN}
        self.requests = []
        self.settings = {"now": "", "lifetime": "3600", "fail": "", "imds": "ok", "forward": ""}
        self.count = 0
        self.asked = None

    def now(self):
        return self.asked or float(self.settings["now"] or time.time())

    def secret(self, kind):
        value = "%s/%s+%s=" % (kind, secrets.token_hex(12), secrets.token_hex(4))
        self.seen.add(value)
        return value

    def issue(self, name, session, lifetime=None):
        self.count += 1
        key = "ASIA.%s.g%d" % (name, self.count)
        expires = self.now() + float(lifetime or self.settings["lifetime"])
        self.keys[key] = (self.secret("issued-secret"), self.secret("issued-token"), expires, session)
        return key

    def signer(self, handler, body):
        """The key that a request is signed with, once it is certain that it is."""
        match = signatures.HEADER.fullmatch(handler.headers.get("Authorization", ""))
        if not match:
            raise Refused(403, "MissingAuthenticationToken", "Request is missing Authentication Token")
        key, token = match["key"], handler.headers.get("X-Amz-Security-Token")
        if key in self.keys:
            secret, wanted, expires, _ = self.keys[key]
            tokens = (wanted,)
        else:
            secret, expires, tokens = "secret/" + key, None, (None, "token/" + key)
            self.seen.update((secret, "token/" + key))
        date = handler.headers.get("X-Amz-Date", "")
        wrong = signatures.fault(handler.command, handler.path, handler.headers, body, key, secret, tokens, date)
        if wrong:
            raise Refused(403, *wrong)
        asked = datetime.datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc).timestamp()
        if expires is not None and asked >= expires:
            raise Refused(403, "ExpiredToken", "The security token included in the request is expired")
        self.asked = asked
        return key

    @staticmethod
    def stem(key):
        return key.rsplit(".g", 1)[0] if key.startswith("ASIA") else key

    def document(self, name, **more):
        key = self.issue(name, name)
        secret, token, expires, _ = self.keys[key]
        return dict(more, AccessKeyId=key, SecretAccessKey=secret, Token=token, Expiration=iso(expires))

    # STS and every other service of the query protocol

    def query(self, handler, body):
        form = dict(parse_qsl(body.decode()))
        action = form.get("Action", "?")
        entry = {"action": action, "key": None, "parameters": {
            name: value for name, value in form.items() if name not in ("Action", "Version", "WebIdentityToken", "TokenCode")}}
        self.requests.append(entry)
        self.failing(action)
        if action == "AssumeRoleWithWebIdentity":
            if handler.headers.get("Authorization"):
                raise Refused(400, "InvalidRequest", "this request is not signed")
            if form["WebIdentityToken"] != WEB_TOKEN:
                raise Refused(400, "InvalidIdentityToken", "No OpenIDConnect provider found")
            return action, self.assumed(form, "web.%s" % form["RoleArn"].rsplit("/", 1)[-1])
        key = entry["key"] = self.signer(handler, body)
        if action == "AssumeRole":
            role = form["RoleArn"].rsplit("/", 1)[-1]
            denied = role == "denied" or ("external" in role and form.get("ExternalId") != "ext")
            if "mfa" in role:
                denied |= (form.get("SerialNumber"), form.get("TokenCode")) != ("arn:aws:iam::123456789012:mfa/me", MFA_CODE)
            if denied:
                raise Refused(403, "AccessDenied", "User: %s is not authorized to perform: sts:AssumeRole" % key)
            return action, self.assumed(form, "%s.by.%s" % (role, self.stem(key).replace("ASIA.", "")))
        if action == "GetCallerIdentity":
            account = "999999999999" if "OTHER" in key else ACCOUNT
            arn = "arn:aws:iam::%s:user/%s" % (account, key)
            if key in self.keys:
                arn = "arn:aws:sts::%s:assumed-role/%s" % (account, self.keys[key][3])
            return action, "<Arn>%s</Arn><UserId>%s</UserId><Account>%s</Account>" % (arn, key, account)
        if self.settings["forward"]:
            raise Forwarded(self.settings["forward"])
        return action, ""

    def assumed(self, form, name):
        session = "%s/%s" % (form["RoleArn"].rsplit("/", 1)[-1], form["RoleSessionName"])
        key = self.issue(name, session, form.get("DurationSeconds"))
        secret, token, expires, _ = self.keys[key]
        return (
            "<Credentials><AccessKeyId>%s</AccessKeyId><SecretAccessKey>%s</SecretAccessKey><SessionToken>%s</SessionToken>"
            "<Expiration>%s</Expiration></Credentials><AssumedRoleUser><Arn>arn:aws:sts::%s:assumed-role/%s</Arn>"
            "<AssumedRoleId>AROA:x</AssumedRoleId></AssumedRoleUser>" % (key, secret, token, iso(expires), ACCOUNT, session)
        )

    def failing(self, action):
        name, _, status = self.settings["fail"].partition(":")
        if name == action:
            raise Refused(int(status), "ServiceUnavailable" if int(status) >= 500 else "AccessDenied", "it fails as it was told to")

    def note(self, action, **parameters):
        self.requests.append({"action": action, "key": None, "parameters": parameters})
        self.failing(action)

    # SSO

    def role_credentials(self, handler, query):
        account, role = query["account_id"], query["role_name"]
        self.note("GetRoleCredentials", account=account, role=role)
        if handler.headers.get("Authorization"):
            raise Refused(400, "InvalidRequestException", "this request is not signed")
        if handler.headers.get("x-amz-sso_bearer_token") not in self.tokens:
            raise Refused(401, "UnauthorizedException", "Session token not found or invalid")
        if role == "Unassigned":
            raise Refused(403, "ForbiddenException", "No access")
        key = self.issue("sso.%s.%s" % (account, role), role)
        secret, token, expires, _ = self.keys[key]
        return {"roleCredentials": {
            "accessKeyId": key, "secretAccessKey": secret, "sessionToken": token, "expiration": int(expires * 1000)}}

    def create_token(self, body):
        form = json.loads(body)
        self.note("CreateToken", grantType=form["grantType"])
        if (form["clientId"], form["clientSecret"]) != ("client", CLIENT_SECRET):
            raise Refused(401, "InvalidClientException", "invalid client")
        if form["grantType"] != "refresh_token" or form["refreshToken"] not in self.refresh_tokens:
            raise Refused(400, "InvalidGrantException", "invalid refresh token")
        access, refresh = self.secret("sso-token"), self.secret("refresh-token")
        self.tokens.add(access)
        self.refresh_tokens.add(refresh)
        return {"accessToken": access, "tokenType": "Bearer", "expiresIn": 3600, "refreshToken": refresh}

    # The neighbours of a machine

    def container(self, handler, path):
        self.note("ContainerCredentials", path=path)
        if path.endswith("/authorized") and handler.headers.get("Authorization") != CONTAINER_TOKEN:
            raise Refused(401, "Unauthorized", "no or another token")
        return self.document("container", RoleArn="arn:aws:iam::123456789012:role/task")

    def instance(self, handler, path):
        mode = self.settings["imds"]
        if handler.command == "PUT":
            self.note("InstanceToken")
            if mode == "v1":
                raise Refused(403, "Forbidden", "")
            if not 0 < int(handler.headers.get("x-aws-ec2-metadata-token-ttl-seconds", "0")) <= 21600:
                raise Refused(400, "BadRequest", "")
            token = self.secret("instance-token")
            self.instance_tokens.add(token)
            return token
        name = path.rsplit("/", 1)[-1]
        self.note("InstanceMetadata", name=name)
        if handler.headers.get("x-aws-ec2-metadata-token") not in self.instance_tokens:
            raise Refused(401, "Unauthorized", "")
        if mode == "no-role":
            raise Refused(404, "NotFound", "")
        if not name:
            return "instance-role"
        if mode == "failed":
            return {"Code": "AssumeRoleUnauthorizedAccess", "Message": "EC2 cannot assume the role"}
        return self.document("instance", Code="Success", Type="AWS-HMAC")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    cloud = Cloud()

    def route(self, body):
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query))
        cloud, path = self.cloud, parts.path
        if path == "/requests":
            return cloud.requests
        if path == "/secrets":
            return sorted(cloud.seen)
        if path == "/set":
            if "revoke" in query:
                cloud.keys = {key: (*value[:2], 0, value[3]) for key, value in cloud.keys.items()}
            cloud.settings.update(parse_qsl(parts.query, keep_blank_values=True))
            return {}
        if path == "/federation/credentials":
            return cloud.role_credentials(self, query)
        if path == "/token":
            return cloud.create_token(body)
        if path.startswith("/container"):
            return cloud.container(self, path)
        if path.startswith("/latest/"):
            return cloud.instance(self, path)
        action, result = cloud.query(self, body)
        return "<%sResponse><%sResult>%s</%sResult></%sResponse>" % (action, action, result, action, action)

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        is_query = b"Action=" in body
        with self.cloud.lock:
            self.cloud.asked = None
            try:
                status, content = 200, self.route(body)
            except Forwarded as forwarded:
                status, content = self.forward(str(forwarded), body)
            except Refused as refused:
                status = refused.status
                content = {"message": str(refused), "__type": refused.code}
                if is_query:
                    content = "<ErrorResponse><Error><Code>%s</Code><Message>%s</Message></Error></ErrorResponse>" % (
                        refused.code, str(refused).replace("&", "&amp;").replace("<", "&lt;"))
        data = (content if isinstance(content, str) else json.dumps(content)).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain" if isinstance(content, str) else "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def forward(self, url, body):
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "content-length")}
        try:
            with urllib.request.urlopen(urllib.request.Request(url + self.path, body, headers, method=self.command)) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    do_GET = do_PUT = do_POST = answer

    def log_message(self, *arguments):
        pass


if __name__ == "__main__":
    leave_with_parent()
    port = int(sys.argv[sys.argv.index("--port") + 1]) if "--port" in sys.argv else 0
    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    print(server.server_port, flush=True)
    server.serve_forever()
