"""What TensorBoard reads in the event files of a series that was killed and went on.

    node --import tsx test/golden/tracking/write.ts FOLDER
    python test/golden/tracking/record.py FOLDER test/golden/tracking/readings.json

Needs tensorboard.
"""

import hashlib
import json
import sys
from pathlib import Path

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

folder, out = Path(sys.argv[1]), Path(sys.argv[2])
place = folder / "tensorboard" / "tune"
read = EventAccumulator(str(place), size_guidance={"scalars": 0, "tensors": 0})
read.Reload()
tags = read.Tags()
text = lambda event: event.tensor_proto.string_val[0].decode()
out.write_text(
    json.dumps(
        {
            "files": {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(place.iterdir())},
            "scalars": {tag: [[event.step, event.value] for event in read.Scalars(tag)] for tag in tags["scalars"]},
            "texts": {tag: [[event.step, text(event)] for event in read.Tensors(tag)] for tag in tags["tensors"]},
        },
        indent=1,
    )
    + "\n"
)
