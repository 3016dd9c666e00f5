"""What the servers here have in common: they end with the test that started them, however that ends."""
import os
import threading
import time


def leave_with_parent():
    parent = os.getppid()

    def watch():
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()
