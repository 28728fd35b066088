"""Makes LoRA adapters of tiny random models, and records the weights that peft merges: python record.py

Every folder is an adapter as peft saves it, with `merged.safetensors` beside it. Those of gpt_neox change the model of
../models/neox-sequential; `gpt2` has its base model's weights in `base.safetensors`, since only GPT-2 stores matrices as [in, out].
"""
import json
import shutil
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, GPT2Config, GPT2LMHeadModel

HERE = Path(__file__).parent
BASE = HERE.parent / "models" / "neox-sequential"

CASES = {
    "attention": dict(r=2, lora_alpha=3, target_modules=["query_key_value", "dense"], bias="all"),
    "patterns": dict(
        r=3,
        lora_alpha=5,
        target_modules="all-linear",
        use_rslora=True,
        rank_pattern={"dense": 1, "layers.1.mlp.dense_.*": 2},
        modules_to_save=["lm_head"],
        alpha_pattern={"layers.0.attention.query_key_value": 7},
    ),
    "embedding": dict(r=2, lora_alpha=4, target_modules=["embed_in", "query_key_value"], modules_to_save=["final_layer_norm"]),
    "one-layer": dict(r=2, lora_alpha=4, target_modules=["dense_h_to_4h"], lora_bias=True, layers_to_transform=[1], layers_pattern="layers"),
    "gpt2": dict(r=2, lora_alpha=3, target_modules=["c_attn", "c_proj"], fan_in_fan_out=True),
}


def tensors_of(model):
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def base_model(name):
    if name != "gpt2":
        return AutoModelForCausalLM.from_pretrained(BASE)
    return GPT2LMHeadModel(GPT2Config(vocab_size=19, n_embd=8, n_layer=1, n_head=2, n_positions=16, n_inner=12))


def restored(name, tensors):
    model = base_model(name)
    model.load_state_dict(tensors)
    return model


for seed, (name, settings) in enumerate(CASES.items()):
    torch.manual_seed(seed)
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    base = base_model(name)
    base_tensors = tensors_of(base)
    model = get_peft_model(base, LoraConfig(task_type="CAUSAL_LM", **settings))
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.add_(0.3 * torch.randn_like(parameter))
    model.save_pretrained(folder)
    (folder / "README.md").unlink()
    config = json.loads((folder / "adapter_config.json").read_text())
    config["base_model_name_or_path"] = "" if name == "gpt2" else "test/golden/models/neox-sequential"
    # peft writes a set, in another order each time.
    config["target_modules"] = sorted(config["target_modules"])
    (folder / "adapter_config.json").write_text(json.dumps(config, indent=1, sort_keys=True) + "\n")
    # Loaded anew, since peft does not save all that it trains, such as a head beside an embedding that has a pair of matrices.
    merged = tensors_of(PeftModel.from_pretrained(restored(name, base_tensors), folder).merge_and_unload())
    save_file({key: tensor.contiguous() for key, tensor in merged.items()}, folder / "merged.safetensors")
    if name == "gpt2":
        save_file(base_tensors, folder / "base.safetensors")
