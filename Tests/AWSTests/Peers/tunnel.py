"""A proxy that lets through what asks with CONNECT and the user and password `ada:open sesame`.

It writes its port on the first line of standard output. `GET /requests` answers with the targets so far, refused ones with a
minus before them, as JSON.
"""
import base64
import json
import socket
import threading

from parent import leave_with_parent

WANTED = "Basic " + base64.b64encode(b"ada:open sesame").decode()


def pump(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass
    finally:
        target.close()


def talk(client, seen):
    head = b""
    while b"\r\n\r\n" not in head:
        data = client.recv(65536)
        if not data:
            return client.close()
        head += data
    lines = head.decode("latin-1").split("\r\n")
    method, target, _ = lines[0].split()
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    if method != "CONNECT":
        document = json.dumps(seen).encode()
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(document), document))
        return client.close()
    if headers.get("proxy-authorization") != WANTED:
        seen.append("-" + target)
        client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n")
        return client.close()
    seen.append(target)
    host, _, port = target.rpartition(":")
    server = socket.create_connection((host, int(port)))
    client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
    threading.Thread(target=pump, args=(server, client), daemon=True).start()
    pump(client, server)


if __name__ == "__main__":
    leave_with_parent()
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    SEEN = []
    while True:
        threading.Thread(target=talk, args=(listener.accept()[0], SEEN), daemon=True).start()
