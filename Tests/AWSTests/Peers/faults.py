"""A server that does to each request what its arguments say, one after the other; the last stays.

It writes its port on the first line of standard output. With `--tls FILE` it speaks TLS with a certificate that it makes
for 127.0.0.1 and writes to FILE. `GET /requests` answers with what it got so far, as JSON, and takes no argument.
"""
import json
import os
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
from urllib.parse import parse_qs

from parent import leave_with_parent

RESULT = "<Id>id</Id><StackId>stack</StackId><Account>123456789012</Account><Arn>arn</Arn><UserId>user</UserId>"


def error(code, message):
    return "<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error>" \
        "<RequestId>request-1</RequestId></ErrorResponse>" % (code, message)


def http(status, document, headers=()):
    data = document.encode()
    lines = ["HTTP/1.1 %s" % status, "Content-Length: %d" % len(data), *headers, "", ""]
    return "\r\n".join(lines).encode() + data


class Server:
    def __init__(self, faults):
        self.faults = faults
        self.requests = []
        self.connections = 0
        self.lock = threading.Lock()

    def serve(self, listener, context):
        while True:
            connection, _ = listener.accept()
            with self.lock:
                self.connections += 1
                number = self.connections
            threading.Thread(target=self.talk, args=(connection, number, context), daemon=True).start()

    def talk(self, connection, number, context):
        try:
            if context:
                connection = context.wrap_socket(connection, server_side=True)
            stream = connection.makefile("rb")
            while self.answer(connection, stream, number):
                pass
        except OSError:
            pass
        finally:
            connection.close()

    def answer(self, connection, stream, number):
        """One request and its answer; whether the connection stays open."""
        line = stream.readline().decode("latin-1").split()
        if not line:
            return False
        headers = {}
        while True:
            header = stream.readline().decode("latin-1").strip()
            if not header:
                break
            name, _, value = header.partition(":")
            headers[name.lower()] = value.strip()
        body = stream.read(int(headers.get("content-length", 0)))
        if line[1] == "/requests":
            with self.lock:
                connection.sendall(http("200 OK", json.dumps(self.requests)))
            return True
        action = parse_qs(body.decode("utf-8", "replace")).get("Action", ["?"])[0]
        with self.lock:
            fault = self.faults[min(len(self.requests), len(self.faults) - 1)]
            self.requests.append({"method": line[0], "target": line[1], "action": action, "connection": number, "fault": fault})
        good = "<%sResponse><%sResult>%s</%sResult></%sResponse>" % (action, action, RESULT, action, action)
        return getattr(self, fault.replace("-", "_"))(connection, good)

    def ok(self, connection, good):
        connection.sendall(http("200 OK", good))
        return True

    def unavailable(self, connection, good):
        connection.sendall(http("503 Service Unavailable", "busy"))
        return True

    def internal(self, connection, good):
        connection.sendall(http("500 Internal Server Error", error("InternalFailure", "it broke")))
        return True

    def too_many(self, connection, good):
        connection.sendall(http("429 Too Many Requests", "", ["Retry-After: 2"]))
        return True

    def throttle(self, connection, good):
        connection.sendall(http("400 Bad Request", error("Throttling", "Rate exceeded")))
        return True

    def expired(self, connection, good):
        connection.sendall(http("403 Forbidden", error("ExpiredToken", "The security token is expired")))
        return True

    def garbage(self, connection, good):
        connection.sendall(http("200 OK", "\x00<<<&nbsp;"))
        return True

    def page(self, connection, good):
        connection.sendall(http("200 OK", "<html><body>Please log in</body></html>"))
        return True

    def no_http(self, connection, good):
        connection.sendall(b"220 mail.example.com ESMTP\r\n" * 3)
        return False

    def truncated(self, connection, good):
        connection.sendall(http("200 OK", good)[:-20])
        return False

    def drop(self, connection, good):
        return False

    def reset(self, connection, good):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False

    def large(self, connection, good):
        connection.sendall(http("200 OK", "x" * 200_000))
        return True

    def hang(self, connection, good):
        connection.recv(1)
        return False

    def half(self, connection, good):
        connection.sendall(http("200 OK", good)[:40])
        connection.recv(1)
        return False


def write_certificate(path):
    """Makes a certificate for 127.0.0.1 and returns the path of its key."""
    key = os.path.join(tempfile.mkdtemp(), "key.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", path, "-days", "2",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"],
        check=True, capture_output=True)
    return key


def certificate(path):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, write_certificate(path))
    return context


if __name__ == "__main__":
    leave_with_parent()
    arguments = sys.argv[1:]
    context = None
    if arguments[0] == "--tls":
        context = certificate(arguments[1])
        arguments = arguments[2:]
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    Server(arguments).serve(listener, context)
