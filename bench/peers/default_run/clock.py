"""Seconds of each stage, amounts of work that prove what was done, and results; printed as one line of JSON."""

import json
import resource
import time
from collections import Counter
from contextlib import contextmanager


class Record:
    def __init__(self):
        self.seconds, self.processor, self.results = {}, {}, {}
        self.amounts = {}
        self.counter = Counter()

    @contextmanager
    def stage(self, name):
        self.counter.clear()
        wall, processor = time.monotonic(), time.process_time()
        yield
        self.seconds[name] = round(time.monotonic() - wall, 2)
        self.processor[name] = round(time.process_time() - processor, 2)
        self.amounts[name] = dict(self.counter)
        print(f"{name}: {self.seconds[name]} s, {self.processor[name]} s of processor time", flush=True)

    def count(self, what, number):
        """Adds to an amount of the current stage."""
        self.counter[what] += int(number)

    def line(self):
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        parts = {"seconds": self.seconds, "processor": self.processor, "peakGiB": round(peak, 3)}
        return json.dumps({**parts, "amounts": self.amounts, "results": self.results}, default=float)


record = Record()
