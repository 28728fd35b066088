"""What datasets.load_dataset opens in the export of an invented run.

    node --import tsx test/golden/exports/write.ts FOLDER
    python test/golden/exports/record_dataset.py FOLDER/dataset test/golden/exports/dataset.json

Needs datasets.
"""

import hashlib
import json
import sys
from pathlib import Path

from datasets import get_dataset_config_names, get_dataset_default_config_name, load_dataset

folder, out = Path(sys.argv[1]), Path(sys.argv[2])
configurations = {}
for name in get_dataset_config_names(str(folder)):
    rows = load_dataset(str(folder), name, split="train")
    [(path, _)] = ((path, rows) for path in folder.rglob("*.parquet") if path.relative_to(folder / "data").with_suffix("").as_posix().replace("/", "-") == name)
    configurations[name] = {
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "columns": rows.column_names,
        "rows": rows.num_rows,
        "last": rows[-1],
    }
recorded = {"default": get_dataset_default_config_name(str(folder)), "configurations": configurations}
out.write_text(json.dumps(recorded, ensure_ascii=False) + "\n")
