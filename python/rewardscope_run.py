"""Run folders of rewardscope in Python: one file, to be copied beside a notebook.

    from rewardscope_run import Run
    run = Run("runs/default")
    run.names                                        # the tables of this run
    run.frame("tuning/metrics").plot("batch", "objective/scores")
    run.frame("features").query("related").nlargest(10, "density")
    run.results["implicitReward"]["lexicon"]         # everything that the report says
    run.dictionary("tuned", 3)["W_dec"]              # [d_sae, d_in]

Needs Python 3.9. `frame` and `features` need pandas, `tensors` and `dictionary` need numpy; `rows` needs neither.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import struct
from pathlib import Path

#: The format of run.json that this file reads.
FORMAT = 2

# What the parts of a feature's table have in common.
_KEY = ("model", "layer", "feature")
_INTEGER = re.compile(r"-?\d+")
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")
_SAFETENSORS = {"F32": ("<f4", 4), "F64": ("<f8", 8), "F16": ("<f2", 2), "I64": ("<i8", 8), "I32": ("<i4", 4)}


class RunError(Exception):
    """A folder that is not a run, a run of another format, or a file that was changed after it was written."""


class Run:
    """A run folder.

    record   -- run.json: configuration, versions, stages
    config   -- the configuration, every setting
    results  -- results.json: one entry per stage, what the report shows
    names    -- names of the tables: JSON Lines and CSV files without their ending, e.g. `tuning/metrics`
    """

    def __init__(self, folder: str | Path, check: bool = True):
        """Reads a run folder.

        folder -- written by `rewardscope run`, `audit` or `carry`
        check  -- compare every file that is read with the hash in run.json
        Raises RunError when the folder is not a run, or a run of another format.
        """
        self.folder = Path(folder)
        record = self.folder / "run.json"
        if not record.is_file():
            raise RunError(f"{record}: no such file; {self.folder} is not a run folder")
        self.record = _json(record)
        if self.record.get("format") != FORMAT:
            raise RunError(f"{record}: expected format {FORMAT}, received {self.record.get('format')}")
        if not all(isinstance(self.record.get(name), dict) for name in ("config", "stages")):
            raise RunError(f"{record}: is not the record of a run")
        self.config = self.record["config"]
        stages = self.record["stages"].values()
        self._outputs = {name: file for stage in stages for name, file in (stage.get("outputs") or {}).items()}
        self._check = check
        results = self.folder / "results.json"
        self.results = _json(results) if results.is_file() else {}

    @property
    def names(self) -> list[str]:
        found = [path for ending in ("jsonl", "csv") for path in self.folder.rglob(f"*.{ending}")]
        visible = [path.relative_to(self.folder) for path in found]
        return sorted(path.with_suffix("").as_posix() for path in visible if not str(path).startswith("."))

    def rows(self, name: str) -> list[dict]:
        """The rows of a table as dictionaries. In CSV files columns of numbers are numbers, and empty cells in them None."""
        for ending in ("jsonl", "csv"):
            if (self.folder / f"{name}.{ending}").is_file():
                text = self._read(f"{name}.{ending}").decode("utf-8-sig")
                if ending == "csv":
                    return _typed(list(csv.DictReader(io.StringIO(text, newline=""))))
                return [json.loads(line) for line in text.split("\n") if line.strip()]
        raise RunError(f"{self.folder}: has no table {name}; it has {', '.join(self.names)}")

    def frame(self, name: str):
        """The rows of a table as a pandas DataFrame; fields of objects become columns like `scores.pValue`."""
        import pandas as pd

        # Deeper objects stay objects: their keys are words.
        return pd.json_normalize(self.rows(name), max_level=2)

    def features(self):
        """One row per explained feature: its explanation, label and scores, as a pandas DataFrame."""
        frame = self.frame("features")
        for name in ("labels", "scores"):
            if name in self.names:
                frame = frame.merge(self.frame(name), on=list(_KEY), how="left", suffixes=("", f".{name}"))
        return frame

    def tensors(self, name: str) -> dict:
        """The tensors of a safetensors file as numpy arrays, e.g. `probe.safetensors`."""
        import numpy as np

        data = self._read(name)
        (size,) = struct.unpack("<Q", data[:8])
        header = json.loads(data[8 : 8 + size])
        tensors = {}
        for tensor, about in header.items():
            if tensor == "__metadata__":
                continue
            dtype, width = _SAFETENSORS[about["dtype"]]
            start, end = about["data_offsets"]
            values = np.frombuffer(data, dtype, (end - start) // width, 8 + size + start)
            tensors[tensor] = values.reshape(about["shape"]).copy()
        return tensors

    def dictionary(self, model: str, layer: int, size: str = "small") -> dict:
        """An autoencoder of a layer's MLP outputs in SAELens' names: W_enc [d_in, d_sae], b_enc, W_dec [d_sae, d_in], b_dec.

        model -- `base` or `tuned`, or `shared` for the one that was trained on both
        size  -- `small` or `large`; a shared dictionary has one size
        """
        inner = "" if model == "shared" else f"/{size}"
        return self.tensors(f"dictionaries/{model}/blocks.{layer}.hook_mlp_out{inner}/sae_weights.safetensors")

    def _read(self, name: str) -> bytes:
        path = self.folder / name
        if not path.is_file():
            raise RunError(f"{path}: no such file")
        data = path.read_bytes()
        written = self._outputs.get(name)
        if self._check and written and hashlib.sha256(data).hexdigest() != written["sha256"]:
            raise RunError(f"{path}: was changed after its stage wrote it; rewardscope run --resume --out {self.folder} mends it")
        return data


def _json(path: Path) -> dict:
    """The object of a JSON file."""
    try:
        value = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise RunError(f"{path}: is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise RunError(f"{path}: expected an object, received {type(value).__name__}")
    return value


def _typed(rows: list[dict]) -> list[dict]:
    """Columns that are all numbers, or all true and false, as such: in a column of words `nan` is a word."""
    read = {}
    for column in rows[0] if rows else ():
        cells = [row[column] for row in rows if row[column] != ""]
        if cells and all(_INTEGER.fullmatch(cell) for cell in cells):
            read[column] = int
        elif cells and all(_NUMBER.fullmatch(cell) for cell in cells):
            read[column] = float
        elif cells and all(cell in ("true", "false") for cell in cells):
            read[column] = lambda cell: cell == "true"
        else:
            read[column] = str
    return [{key: None if cell == "" and read[key] is not str else read[key](cell) for key, cell in row.items()} for row in rows]


if __name__ == "__main__":
    import sys

    opened = Run(sys.argv[1])
    for table in opened.names:
        print(f"{table}: {len(opened.rows(table))} rows")
