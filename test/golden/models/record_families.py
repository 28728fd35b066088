"""Makes tiny random models of the families of Llama and of GPT-2, and records what transformers computes with them: python record_families.py [FOLDER...]

Files are of the form that record.py and record_hooks.py write; hooks.safetensors too, where a case asks for it."""
import json
import sys
from pathlib import Path

import torch
from record_hooks import record as record_hooks
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoModelForCausalLM

HERE = Path(__file__).parent
VOCAB, LENGTH, PROMPT, NEW = 19, 7, 4, 12

LLAMA3 = {"rope_type": "llama3", "rope_theta": 40.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 32}
LINEAR = {"rope_type": "linear", "rope_theta": 10000.0, "factor": 4.0}

# Every case: its family, settings of the config, and how the folder is saved.
CASES = {
    "llama": dict(family="llama", hooks=True),
    "llama3": dict(
        family="llama",
        config=dict(rope_parameters=LLAMA3, head_dim=8, max_position_embeddings=1 << 20, tie_word_embeddings=True),
        dtype=torch.bfloat16,
        old_spelling=True,
    ),
    "llama-linear": dict(family="llama", config=dict(rope_parameters=LINEAR, attention_bias=True, mlp_bias=True, head_dim=6), max_shard_size="3KB"),
}

COMMON = dict(
    vocab_size=VOCAB,
    hidden_size=8,
    intermediate_size=12,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    max_position_embeddings=64,
    bos_token_id=0,
    eos_token_id=None,
    pad_token_id=None,
    attn_implementation="eager",
)


def make_model(seed, family, settings):
    torch.manual_seed(seed)
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model(family, **{**COMMON, **settings}))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            is_norm = "norm" in name.split(".")[-2] or ".ln_" in name
            # Norms of Gemma multiply by 1 + weight.
            centre = 1.0 if is_norm and name.endswith("weight") and not family.startswith("gemma") else 0.0
            parameter.normal_(centre, 0.4)
    return model.eval()


def use_old_spelling(folder, model):
    """config.json, and what stands in the file beside the parameters, as transformers 4 wrote them."""
    file = folder / "config.json"
    config = json.loads(file.read_text())
    config["torch_dtype"] = config.pop("dtype")
    tensors = load_file(folder / "model.safetensors")
    rope = config.pop("rope_parameters")
    theta = rope.pop("rope_theta")
    config.update(rope_theta=theta, rope_scaling=None if rope["rope_type"] == "default" else rope)
    tensors["lm_head.weight"] = tensors["model.embed_tokens.weight"].clone()
    for layer in range(model.config.num_hidden_layers):
        tensors[f"model.layers.{layer}.self_attn.rotary_emb.inv_freq"] = torch.ones(1)
    file.write_text(json.dumps(config, indent=2) + "\n")
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def mlp_of(block):
    """The module whose output is what the MLP adds to the residual stream."""
    return getattr(block, "post_feedforward_layernorm", block.mlp)


def run(model, ids, mask):
    """Logits and MLP outputs; positions count real tokens."""
    outputs = {}
    blocks = model.model.layers if hasattr(model, "model") else model.transformer.h
    hooks = [
        mlp_of(block).register_forward_hook(lambda _module, _input, output, n=n: outputs.__setitem__(f"mlp.{n}", output.detach()))
        for n, block in enumerate(blocks)
    ]
    positions = (mask.cumsum(-1) - 1).clamp(min=0)
    with torch.no_grad():
        outputs["logits"] = model(input_ids=ids, attention_mask=mask, position_ids=positions).logits
    for hook in hooks:
        hook.remove()
    return outputs


def record(seed, name, family, config={}, dtype=torch.float32, max_shard_size="1GB", old_spelling=False, hooks=False):
    folder = HERE / name
    folder.mkdir(exist_ok=True)
    for file in folder.iterdir():
        file.unlink()
    model = make_model(seed, family, config).to(dtype)
    model.save_pretrained(folder, max_shard_size=max_shard_size)
    if old_spelling:
        use_old_spelling(folder, model)
    # Computed in single precision with the weights as they were rounded, and read from the folder as transformers reads it.
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()

    ids = torch.randint(0, VOCAB, (3, LENGTH))
    mask = torch.ones_like(ids)
    mask[1, :2] = 0
    mask[2, :4] = 0
    golden = run(model, ids, mask)
    prompt = ids[:1, :PROMPT]
    golden["greedy"] = model.generate(prompt, attention_mask=torch.ones_like(prompt), max_new_tokens=NEW, do_sample=False, pad_token_id=0)
    loss = torch.nn.functional.cross_entropy(model(input_ids=ids[:1]).logits[0, :-1], ids[0, 1:])
    loss.backward()
    golden["loss"] = loss.detach().reshape(1)
    for parameter_name, parameter in model.named_parameters():
        golden[f"grad.{parameter_name}"] = parameter.grad
    save_file({"input_ids": ids, "attention_mask": mask, **golden}, folder / "golden.safetensors")
    if hooks:
        with torch.no_grad():
            record_hooks(seed, name)


for seed, (name, case) in enumerate(CASES.items()):
    if len(sys.argv) == 1 or name in sys.argv[1:]:
        record(seed, name, **case)
