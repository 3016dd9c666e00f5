"""A port at which connections are never accepted: its queue is full, and the kernel lets nobody in.

It writes its port on the first line of standard output.
"""
import socket
import threading

from parent import leave_with_parent

if __name__ == "__main__":
    leave_with_parent()
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    waiting = []
    for _ in range(4):
        client = socket.socket()
        client.setblocking(False)
        client.connect_ex(listener.getsockname())
        waiting.append(client)
    print(listener.getsockname()[1], flush=True)
    threading.Event().wait()
