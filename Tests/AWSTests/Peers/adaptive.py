"""botocore's adaptive retry mode on a clock of its own.

Standard input: a JSON list of [sent, answered, throttled], in order, times in seconds. Standard output: for each the rate
that may be sent after it, the rate that was measured, and how long botocore would have it wait before it is sent.
"""
import json
import sys

from botocore.retries.adaptive import ClientRateLimiter, RateClocker
from botocore.retries.bucket import TokenBucket
from botocore.retries.throttling import CubicCalculator


class Clock:
    def __init__(self, now):
        self.now = now

    def current_time(self):
        return self.now


class Detector:
    def is_throttling_error(self, throttled):
        return throttled


def follow(start, requests):
    clock = Clock(start)
    bucket = TokenBucket(max_rate=1, clock=clock)
    clocker = RateClocker(clock)
    limiter = ClientRateLimiter(CubicCalculator(0, start), clocker, bucket, Detector(), clock)
    for sent, answered, throttled in requests:
        clock.now, wait = sent, 0
        if limiter._enabled:
            # What its `acquire` does, but for sleeping: the caller has done so by `sent` or not.
            bucket._refill()
            wait = max(0, bucket._sleep_amount(1))
            bucket._current_capacity -= 1
        clock.now = answered
        limiter.on_receiving_response(throttled=throttled)
        yield [bucket.max_rate, clocker.measured_rate, wait]


if __name__ == "__main__":
    history = json.load(sys.stdin)
    json.dump(list(follow(history[0][0], history)), sys.stdout)
