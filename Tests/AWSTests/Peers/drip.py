"""A server that answers every request with the body in its first argument, one byte after the other, each a chunk of its own.

It writes its port on the first line of standard output.
"""
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from parent import leave_with_parent

BODY = sys.argv[1].encode()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for byte in BODY:
            self.wfile.write(b"1\r\n%c\r\n" % byte)
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")

    do_GET = do_POST = answer

    def log_message(self, *arguments):
        pass


if __name__ == "__main__":
    leave_with_parent()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)
    server.serve_forever()
