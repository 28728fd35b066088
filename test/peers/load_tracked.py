"""Prints what three trackers have of a series, as pairs of step and value: load_tracked.py RUN PROJECT KEY."""

import json
import sys
from pathlib import Path

import mlflow
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from trackio.sqlite_storage import SQLiteStorage

run, project, key = Path(sys.argv[1]), sys.argv[2], sys.argv[3]

events = EventAccumulator(str(run / "tensorboard" / "tune"), size_guidance={"scalars": 0})
events.Reload()

client = mlflow.MlflowClient()
run_id = json.loads((run / "tracking" / "mlflow.json").read_text())["id"]
assert client.get_run(run_id).info.status == "FINISHED"
assert client.get_run(run_id).data.params == {"ppo.batches": "64"}

names = SQLiteStorage.get_runs(project)
assert len(names) == 1, names

print(
    json.dumps(
        {
            "tensorboard": [[event.step, event.value] for event in events.Scalars(key)],
            "mlflow": [[metric.step, metric.value] for metric in client.get_metric_history(run_id, key)],
            "trackio": [[row["step"], row[key]] for row in SQLiteStorage.get_logs(project, names[0])],
        }
    )
)
