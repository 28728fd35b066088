"""What TensorBoard, pandas, SAEDashboard and Neuronpedia's client read in exports of invented runs.

    node --import tsx test/golden/exports/write.ts FOLDER
    python test/golden/exports/record.py FOLDER test/golden/exports/readings.json

Needs tensorboard, pandas, pyarrow, neuronpedia and sae-dashboard (its file neuronpedia_dashboard.py alone needs numpy).
"""

import dataclasses
import gzip
import hashlib
import json
import sys
from pathlib import Path

import pandas as pd
from neuronpedia.np_source_set import SourceSet
from neuronpedia.requests.feature_request import FeatureRequest
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



class FromBundle(FeatureRequest):
    """Neuronpedia's client, with the rows of a bundle in place of the server's answer."""

    def __init__(self, folder):
        super().__init__(api_key="none")
        texts = {
            table: gzip.decompress((folder / table / "batch-0.jsonl.gz").read_bytes())
            for table in ["features", "activations", "explanations"]
        }
        self.digests = {table: hashlib.sha256(text).hexdigest() for table, text in texts.items()}
        self.tables = {table: [json.loads(line) for line in text.splitlines()] for table, text in texts.items()}

    def send_request(self, uri="", method="POST", **_):
        assert method == "GET"
        # What the tables call `layer` the client reads as `source` in excerpts and explanations.
        of = lambda table: [
            {**row, "source": row["layer"]}
            for row in self.tables[table]
            if f"{row['modelId']}/{row['layer']}/{row['index']}" == uri
        ]
        (feature,) = of("features")
        return {**feature, "activations": of("activations"), "explanations": of("explanations")}


row_of = lambda folder, table: json.loads((folder / f"{table}.jsonl").read_text())
bundles = {}
for path in sorted((folder / "neuronpedia").glob("*/*")):
    read_set = SourceSet.from_np_db_json({**row_of(path, "sourceset"), "sources": [row_of(path, "source")]})
    client = FromBundle(path)
    features = [
        client.get(read_set.model_id, read_set.sources[0].id, int(row["index"])) for row in client.tables["features"]
    ]
    bundles[path.relative_to(folder / "neuronpedia").as_posix()] = {
        "sha256": client.digests,
        "set": dataclasses.asdict(read_set),
        "features": [dataclasses.asdict(feature) for feature in features],
    }

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
            "neuronpedia": bundles,
        },
        indent=1,
        ensure_ascii=False,
    )
    + "\n"
)
