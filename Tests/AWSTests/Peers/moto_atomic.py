"""moto's server, whose conditional PUT is as indivisible as S3's: `moto_atomic.py HOST PORT`.

moto looks whether an object is there and then stores it, in threads that may come between each other; S3 promises that of many
`If-None-Match: *` exactly one succeeds. Everything else is moto as it comes.
"""

import sys
import threading

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple


class OnePutAtATime:
    def __init__(self, application):
        self.application, self.lock = application, threading.Lock()

    def __call__(self, environment, start_response):
        if environment["REQUEST_METHOD"] != "PUT":
            return self.application(environment, start_response)
        with self.lock:
            return self.application(environment, start_response)


host, port = sys.argv[1:]
run_simple(host, int(port), OnePutAtATime(DomainDispatcherApplication(create_backend_app)), threaded=True)
