"""A reverse proxy in front of another AWS endpoint, which counts calls and spoils those that its rules name.

    proxy.py --to http://127.0.0.1:4566 [--port PORT] [--rules FILE]

It writes its port on the first line of standard output. Rules are a JSON list of objects; the first one that names a call
counts:

    {"action": "CreateChangeSet", "stack": "shop", "calls": [1], "fault": "reset-after"}

`action` is the action of the query or JSON protocol, else the HTTP method; without it every call is named. `stack` is a part
of the value of StackName or ChangeSetName. `calls` are the numbers of the calls to spoil, from 1, among those that the rule
names, or `{"every": 3}`; without it all are spoilt. Faults are the methods of `Faults`, spelt with dashes. Those that end in
`-after` happen when the call has been carried out.

`PUT /-/rules` sets other rules, `GET /-/calls` answers with a list of all calls so far: action, stack, fault, status of the
real answer (null where the call was not passed on), what it says of the stack or change set, bytes of the request and of the
real answer, connection.
"""
import argparse
import http.client
import json
import re
import socket
import struct
import threading
import time
from urllib.parse import parse_qs, urlsplit

from parent import leave_with_parent

SILENCE = 600

# Where an answer has the status of what was asked about. Of events the newest is the first.
STATUS = {"DescribeChangeSet": b"Status", "DescribeStacks": b"StackStatus", "DescribeStackEvents": b"ResourceStatus"}


def error(code, message):
    return (
        "<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error>"
        "<RequestId>proxy-1</RequestId></ErrorResponse>" % (code, message)).encode()


def answer(status, body, headers=()):
    lines = ["HTTP/1.1 %s" % status, *("%s: %s" % header for header in headers), "Content-Length: %d" % len(body), "", ""]
    return "\r\n".join(lines).encode() + body


class Call:
    def __init__(self, method, target, headers, body, size):
        self.method, self.target, self.headers, self.body, self.size = method, target, headers, body, size
        names = {name.lower(): value for name, value in headers}
        form = parse_qs(body.decode("utf-8", "replace")) if "urlencoded" in names.get("content-type", "") else {}
        amazon_target = names.get("x-amz-target", "").rpartition(".")[2]
        self.action = form.get("Action", [amazon_target or method])[0]
        self.stack = " ".join(form.get("StackName", []) + form.get("ChangeSetName", []))


class Rule:
    def __init__(self, action=None, stack="", calls=None, fault=""):
        self.action, self.stack, self.calls, self.fault = action, stack, calls, fault.replace("-", "_")
        self.count = 0
        getattr(Faults, self.fault)

    def names(self, call):
        return self.action in (None, call.action) and self.stack in call.stack

    def spoils_next(self):
        self.count += 1
        if self.calls is None:
            return True
        return self.count % self.calls["every"] == 0 if isinstance(self.calls, dict) else self.count in self.calls


class Faults:
    """What can be done to a call. Each returns whether the connection stays open."""

    def __init__(self, client, forward):
        self.client, self.forward = client, forward

    # Refused before anything is done.

    def throttle(self):
        self.client.sendall(answer("400 Bad Request", error("Throttling", "Rate exceeded")))
        return True

    def too_many(self):
        self.client.sendall(answer("429 Too Many Requests", b"", [("Retry-After", "1")]))
        return True

    def unavailable(self):
        self.client.sendall(answer("503 Service Unavailable", error("ServiceUnavailable", "Try later")))
        return True

    def internal(self):
        self.client.sendall(answer("500 Internal Server Error", error("InternalFailure", "It broke")))
        return True

    def expired(self):
        self.client.sendall(answer("403 Forbidden", error("ExpiredToken", "The security token included in the request is expired")))
        return True

    def page(self):
        self.client.sendall(answer("200 OK", b"<html><body>Please log in</body></html>"))
        return True

    def reset(self):
        # Closing with this option set sends a reset instead of an end.
        self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False

    def close(self):
        return False

    def silence(self):
        self.client.settimeout(SILENCE)
        self.client.recv(1)
        return False

    # Passed on, but not as it was sent.

    def tamper(self):
        self.client.sendall(self.forward(lambda body: body + b"x"))
        return True

    # Carried out twice, as by a proxy that tries again.

    def twice(self):
        self.forward()
        self.client.sendall(self.forward())
        return True

    # Carried out, but the answer does not arrive.

    def reset_after(self):
        self.forward()
        return self.reset()

    def close_after(self):
        self.forward()
        return False

    def silence_after(self):
        self.forward()
        return self.silence()

    def internal_after(self):
        self.forward()
        return self.internal()

    def gateway_after(self):
        self.forward()
        self.client.sendall(answer("504 Gateway Time-out", b"<html><body>The server did not answer</body></html>"))
        return True

    def garbage_after(self):
        self.forward()
        self.client.sendall(answer("200 OK", b"\x00<<<&nbsp;"))
        return True

    def truncated_after(self):
        whole = self.forward()
        self.client.sendall(whole[: -max(1, len(whole) // 4)])
        return False

    def late_after(self):
        whole = self.forward()
        time.sleep(1)
        self.client.sendall(whole)
        return True

    def slow_after(self):
        for byte in self.forward():
            self.client.sendall(bytes([byte]))
            time.sleep(1)
        return True


class Proxy:
    def __init__(self, upstream, rules):
        self.upstream = urlsplit(upstream)
        self.rules = [Rule(**rule) for rule in rules]
        self.calls = []
        self.lock = threading.Lock()

    def serve(self, listener):
        number = 0
        while True:
            client, _ = listener.accept()
            number += 1
            threading.Thread(target=self.talk, args=(client, number), daemon=True).start()

    def talk(self, client, number):
        upstream = http.client.HTTPConnection(self.upstream.hostname, self.upstream.port, timeout=SILENCE)
        try:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            stream = client.makefile("rb")
            while (call := self.read(stream)) and self.handle(call, client, upstream, number):
                pass
            # The socket stays open as long as something holds it.
            stream.close()
        except OSError:
            pass
        finally:
            client.close()
            upstream.close()

    @staticmethod
    def read(stream):
        # Who speaks TLS waits for an answer before there is a line.
        if not stream.peek(1)[:1].isalpha():
            return None
        first = stream.readline()
        line = first.decode("latin-1").split()
        if len(line) < 2:
            return None
        size, headers = len(first), []
        while (header := stream.readline()).strip():
            size += len(header)
            name, _, value = header.decode("latin-1").partition(":")
            headers.append((name, value.strip()))
        length = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
        return Call(line[0], line[1], headers, stream.read(length), size + 2 + length)

    def handle(self, call, client, upstream, number):
        if call.target.startswith("/-/"):
            return self.control(call, client)
        with self.lock:
            rule = next((rule for rule in self.rules if rule.names(call)), None)
            fault = rule.fault if rule and rule.spoils_next() else None
            record = {
                "action": call.action, "stack": call.stack, "fault": fault and fault.replace("_", "-"), "status": None,
                "says": None, "sent": call.size, "received": 0, "connection": number}
            self.calls.append(record)

        def forward(change=lambda body: body):
            whole, record["status"] = self.forward(call, upstream, change(call.body))
            record["received"] = len(whole)
            if element := STATUS.get(call.action):
                found = re.search(b"<%s>([A-Z_]+)<" % element, whole)
                record["says"] = found and found[1].decode()
            return whole

        if fault:
            return getattr(Faults(client, forward), fault)()
        client.sendall(forward())
        return True

    @staticmethod
    def forward(call, upstream, body):
        """The whole real answer, and its status."""
        upstream.putrequest(call.method, call.target, skip_host=True, skip_accept_encoding=True)
        for name, value in call.headers:
            upstream.putheader(name, len(body) if name.lower() == "content-length" else value)
        upstream.endheaders(body)
        got = upstream.getresponse()
        body = got.read()
        hop = ("transfer-encoding", "connection", "keep-alive") + (() if call.method == "HEAD" else ("content-length",))
        headers = [header for header in got.getheaders() if header[0].lower() not in hop]
        if call.method == "HEAD":
            lines = ["HTTP/1.1 %d %s" % (got.status, got.reason), *("%s: %s" % header for header in headers), "", ""]
            return "\r\n".join(lines).encode(), got.status
        return answer("%d %s" % (got.status, got.reason), body, headers), got.status

    def control(self, call, client):
        with self.lock:
            if call.method == "PUT":
                self.rules = [Rule(**rule) for rule in json.loads(call.body)]
                self.calls = []
            document = json.dumps(self.calls).encode()
        client.sendall(answer("200 OK", document))
        return True


if __name__ == "__main__":
    leave_with_parent()
    parser = argparse.ArgumentParser()
    parser.add_argument("--to", required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--rules", type=argparse.FileType("r"))
    options = parser.parse_args()
    listener = socket.create_server(("127.0.0.1", options.port), backlog=128)
    print(listener.getsockname()[1], flush=True)
    Proxy(options.to, json.load(options.rules) if options.rules else []).serve(listener)
