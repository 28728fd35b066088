"""A table of a graph's operations by ONNX Runtime's profiler: medians over runs of each node, added by kind."""
import json
import statistics
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import onnxruntime as ort

RUNS, WARM = 9, 2
folder = Path(sys.argv[1])
given = json.loads((folder / "feeds.json").read_text())
options = ort.SessionOptions()
options.enable_profiling = True
options.profile_file_prefix = str(folder / "profile")
session = ort.InferenceSession(str(folder / "graph.onnx"), options)
rng = np.random.default_rng(0)
types = {"tensor(int64)": np.int64, "tensor(float)": np.float32, "tensor(int32)": np.int32, "tensor(bool)": np.bool_}


def value(wanted):
    feed = given["feeds"].get(wanted.name)
    if feed:
        return np.array(feed["data"], dtype=types[wanted.type]).reshape(feed["dims"])
    # Parameters, and one number a response token.
    dims = [size if isinstance(size, int) else given["rows"] for size in wanted.shape]
    return (0.02 * rng.standard_normal(dims)).astype(np.float32)


feeds = {wanted.name: value(wanted) for wanted in session.get_inputs()}
for _ in range(WARM + RUNS):
    session.run(None, feeds)
seconds = defaultdict(list)
kinds = {}
for event in json.loads(Path(session.end_profiling()).read_text()):
    if event.get("cat") == "Node" and event["name"].endswith("_kernel_time"):
        seconds[event["name"]].append(event["dur"] / 1e6)
        sizes = [size for shape in event["args"]["output_type_shape"] for dims in shape.values() for size in dims]
        product = event["args"]["op_name"] in ("MatMul", "FusedMatMul", "Gemm")
        vocabulary = max(sizes, default=1) > 50_000
        kinds[event["name"]] = (
            "matrix products" if product else "over the vocabulary: " + event["args"]["op_name"] if vocabulary else "all else"
        )
sums = defaultdict(lambda: [0, 0.0])
for name, durations in seconds.items():
    sums[kinds[name]][0] += 1
    sums[kinds[name]][1] += statistics.median(durations[WARM:])
total = sum(time for _, time in sums.values())
print("| operations | number | ms | share |\n| --- | ---: | ---: | ---: |")
for kind, (number, time) in sorted(sums.items(), key=lambda item: -item[1][1]):
    print(f"| {kind} | {number} | {1000 * time:.1f} | {100 * time / total:.0f}% |")
print(f"\n{1000 * total:.0f} ms in all by ONNX Runtime {ort.__version__}, medians of {RUNS} runs")
