"""One process of a bench: prepares its work, then does it once for every line that it receives, and answers with seconds."""
import sys
import time


def serve(work):
    work()
    print("ready", flush=True)
    for _ in sys.stdin:
        started = time.perf_counter()
        work()
        print(time.perf_counter() - started, flush=True)


class Draws:
    """The numbers of bench/worker.ts."""

    def __init__(self, state):
        self.state = state

    def integer(self, low, high):
        self.state = (self.state * 1103515245 + 12345) % 2147483648
        return low + int(self.state / 2147483648 * (high - low + 1))

    def integers(self, count, low, high):
        return [self.integer(low, high) for _ in range(count)]
