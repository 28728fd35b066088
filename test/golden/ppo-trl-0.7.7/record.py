"""Writes golden.json and golden.safetensors: two PPO steps of TRL's PPOTrainer on a random model.

python record.py    (trl 0.7.7, torch 2.1.2, transformers 4.38.2)

Model, value head, queries, responses, scores, settings and permutations are those that the folder holds; all else is computed anew.
TRL is watched, not changed: its methods are wrapped to keep what they return.
"""

import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast
from tokenizers import Tokenizer, models
from trl import AutoModelForCausalLMWithValueHead, PPOConfig, PPOTrainer

HERE = Path(__file__).parent
torch.set_num_threads(1)
golden = json.loads((HERE / "golden.json").read_text())
given = load_file(HERE / "golden.safetensors")


def with_value_head() -> AutoModelForCausalLMWithValueHead:
    base = AutoModelForCausalLM.from_pretrained(HERE / "base", torch_dtype=torch.float32)
    # The record was made without dropout in this head; it is the same with TRL's 0.1, which no pass of its trainer applies.
    model = AutoModelForCausalLMWithValueHead.from_pretrained(base)
    model.v_head.load_state_dict(load_file(HERE / "value_head.safetensors"))
    return model


tokenizer = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.BPE()), eos_token="<e>", pad_token="<e>")
model = with_value_head()
trainer = PPOTrainer(PPOConfig(**golden["config"]), model, with_value_head(), tokenizer)

kept: dict[str, list] = {}


def watch(name: str, keep) -> None:
    method = getattr(trainer, name)

    def watched(*arguments, **keywords):
        result = method(*arguments, **keywords)
        keep(result)
        return result

    setattr(trainer, name, watched)


watch("batched_forward_pass", lambda result: kept.setdefault("passes", []).append(result))
watch("compute_rewards", lambda result: kept.setdefault("rewards", []).append(result[0]))
watch("compute_advantages", lambda result: kept.setdefault("advantages", []).append(result))
watch("loss", lambda result: golden["losses"].append({"pg": result[0].item(), "vf": result[1].item()}))
permutations = iter(golden["permutations"])
np.random.permutation = lambda _: np.array(next(permutations))

golden["losses"], golden["stats"], written = [], [], {}
for batch in range(2):
    kept.clear()
    rows = {name: [row[row >= 0] for row in given[f"{batch}.{name}"]] for name in ("queries", "responses")}
    stats = trainer.step(rows["queries"], rows["responses"], list(given[f"{batch}.scores"]))
    logprobs, _, _, masks = kept["passes"][0]
    values, advantages, returns = kept["advantages"][0]
    tensors = {
        "logprobs": logprobs, "ref_logprobs": kept["passes"][1][0], "masks": masks, "rewards": kept["rewards"][0],
        "values": values, "advantages": advantages, "returns": returns,
    }
    for name in ("queries", "responses", "scores"):
        written[f"{batch}.{name}"] = given[f"{batch}.{name}"]
    for name, tensor in tensors.items():
        written[f"{batch}.{name}"] = tensor.detach().contiguous().clone().to(given[f"{batch}.{name}"].dtype)
    state = {**model.pretrained_model.state_dict(), **{f"v_head.{n}": t for n, t in model.v_head.state_dict().items()}}
    for name, tensor in state.items():
        if f"{batch}.after.{name}" in given:
            written[f"{batch}.after.{name}"] = tensor.detach().contiguous().clone()
    scalars = {name: np.asarray(value) for name, value in stats.items() if not name.startswith("time/")}
    golden["stats"].append({name: value.item() if value.size == 1 else None for name, value in scalars.items()})

missing = set(given) - set(written)
assert not missing, f"not computed anew: {sorted(missing)}"
save_file(written, HERE / "golden.safetensors")
(HERE / "golden.json").write_text(json.dumps(golden, indent=1) + "\n")
