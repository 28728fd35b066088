"""What TensorBoard, pandas and SAEDashboard read in exports of invented runs.

    node --import tsx test/golden/exports/write.ts FOLDER
    python test/golden/exports/record.py FOLDER test/golden/exports/readings.json

Needs tensorboard, pandas, pyarrow and sae-dashboard (its file neuronpedia_dashboard.py alone needs numpy).
"""

import hashlib
import json
import sys
from pathlib import Path

import pandas as pd
from sae_dashboard.neuronpedia.neuronpedia_dashboard import NeuronpediaDashboardBatch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

folder, out = Path(sys.argv[1]), Path(sys.argv[2])
sha256 = lambda path: hashlib.sha256(path.read_bytes()).hexdigest()

events = next((folder / "tensorboard").iterdir())
read = EventAccumulator(str(folder / "tensorboard"), size_guidance={"scalars": 0, "tensors": 0})
read.Reload()
tags = read.Tags()

tables = {}
for path in sorted((folder / "tables").rglob("*.parquet")):
    name = path.relative_to(folder / "tables").with_suffix("").as_posix()
    frame = pd.read_parquet(path)
    rows = json.loads(path.with_suffix(".json").read_text())
    for column in frame.columns:
        for ours, theirs in zip([row[column] for row in rows], frame[column]):
            same = theirs is None or theirs != theirs if ours is None else ours == theirs
            assert same, (name, column, ours, theirs)
    assert len(pd.read_csv(path.with_suffix(".csv"), keep_default_na=False)) == len(rows), name
    tables[name] = {"parquet": sha256(path), "rows": len(frame)}

dashboards = {}
for path in sorted((folder / "saedashboard").rglob("batch-0.json")):
    raw = json.loads(path.read_text())
    read_back = NeuronpediaDashboardBatch(**raw)
    assert [feature.to_dict() for feature in read_back.features] == raw["features"], path
    dashboards[path.parent.name] = [feature.feature_index for feature in read_back.features]

out.write_text(
    json.dumps(
        {
            "tensorboard": {
                "sha256": sha256(events),
                "scalars": {tag: [[e.step, e.value] for e in read.Scalars(tag)] for tag in tags["scalars"]},
                "texts": {
                    tag: [e.tensor_proto.string_val[0].decode() for e in read.Tensors(tag)] for tag in tags["tensors"]
                },
            },
            "tables": tables,
            "saedashboard": dashboards,
        },
        indent=1,
        ensure_ascii=False,
    )
    + "\n"
)
