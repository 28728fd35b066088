"""Executes a notebook on a run folder: run_notebook.py NOTEBOOK RUN. Prints the number of its figures; fails where a cell fails."""

import json
import os
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

notebook, run = Path(sys.argv[1]), Path(sys.argv[2])
os.environ["REWARDSCOPE_RUN"] = str(run.resolve())
content = nbformat.read(notebook, as_version=4)
NotebookClient(content, resources={"metadata": {"path": str(notebook.parent)}}).execute()
outputs = [output for cell in content.cells if cell.cell_type == "code" for output in cell.outputs]
print(json.dumps({"figures": sum("image/png" in output.get("data", {}) for output in outputs)}))
