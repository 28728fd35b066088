"""Writes preferences with conversations and scores, as UltraFeedback's binarized rows: python record_preferences.py"""
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq


def said(role, content):
    return {"role": role, "content": content}


rows = [
    {
        "prompt": f"Number {i}?",
        "prompt_id": f"{i:032x}",
        "chosen": [said("user", f"Number {i}?"), said("assistant", f"It is {i}, \U0001f642.")],
        "rejected": [said("user", f"Number {i}?"), said("assistant", f"It is {i + 1}.")],
        "messages": [said("user", f"Number {i}?"), said("assistant", f"It is {i}, \U0001f642.")],
        "score_chosen": 8.5,
        "score_rejected": float(i),
    }
    for i in range(3)
]
pq.write_table(pa.Table.from_pylist(rows), Path(__file__).parent / "preferences.parquet", row_group_size=2)
