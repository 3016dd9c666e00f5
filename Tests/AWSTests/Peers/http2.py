"""A server that speaks HTTP/2 over TLS to those who ask for it, by hypercorn, and HTTP/1.1 to others.

It writes its port on the first line of standard output, and its certificate for 127.0.0.1 to the file that is its argument.
Each answer says which version of HTTP it came by and over which connection: `2 1`. With the argument `slow` an answer
comes only once four requests are waiting for one.
"""
import asyncio
import socket
import sys

from hypercorn.asyncio import serve
from hypercorn.config import Config

from faults import write_certificate
from parent import leave_with_parent

CONNECTIONS = {}


class Gathering:
    """Lets those who come wait until there are so many."""

    def __init__(self, size):
        self.size, self.present, self.full = size, 0, asyncio.Event()

    async def join(self):
        self.present += 1
        if self.present >= self.size:
            self.full.set()
        await self.full.wait()


def application(gathering):
    async def answer(scope, receive, send):
        if scope["type"] != "http":
            return
        while (await receive()).get("more_body"):
            pass
        await gathering.join()
        connection = CONNECTIONS.setdefault(tuple(scope["client"]), len(CONNECTIONS) + 1)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"%s %d" % (scope["http_version"].encode(), connection)})

    return answer


async def main(certificate, size):
    listener = socket.create_server(("127.0.0.1", 0))
    config = Config()
    config.bind = ["fd://%d" % listener.fileno()]
    config.certfile, config.keyfile = certificate, write_certificate(certificate)
    config.alpn_protocols = ["h2", "http/1.1"]
    config.loglevel = "CRITICAL"
    # On a busy machine there may be more than the usual five seconds between two requests.
    config.keep_alive_timeout = 600
    print(listener.getsockname()[1], flush=True)
    await serve(application(Gathering(size)), config)


if __name__ == "__main__":
    leave_with_parent()
    asyncio.run(main(sys.argv[1], 4 if "slow" in sys.argv else 1))
