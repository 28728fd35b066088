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

GPT2 = dict(n_inner=12, n_positions=24, num_key_value_heads=None, intermediate_size=None, max_position_embeddings=24)

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
    "qwen2": dict(family="qwen2", config=dict(tie_word_embeddings=True), old_spelling=True, hooks=True),
    "qwen2-window": dict(family="qwen2", config=dict(use_sliding_window=True, sliding_window=3, max_window_layers=1), max_shard_size="3KB"),
    "qwen3": dict(family="qwen3", config=dict(head_dim=6, tie_word_embeddings=True), dtype=torch.bfloat16, hooks=True),
    "qwen3-bias": dict(family="qwen3", config=dict(head_dim=4, attention_bias=True, rope_parameters=LINEAR), old_spelling=True),
    "mistral": dict(family="mistral", config=dict(sliding_window=3, head_dim=6), hooks=True),
    "mistral-whole": dict(family="mistral", config=dict(sliding_window=None, hidden_act="relu"), dtype=torch.float16, old_spelling=True),
    "olmo2": dict(family="olmo2", hooks=True),
    "olmo2-bias": dict(family="olmo2", config=dict(attention_bias=True, tie_word_embeddings=True), max_shard_size="3KB"),
    "gemma3": dict(
        family="gemma3_text",
        config=dict(
            head_dim=6,
            sliding_window=3,
            layer_types=["sliding_attention", "full_attention"],
            rope_parameters={"full_attention": LINEAR, "sliding_attention": {"rope_type": "default", "rope_theta": 50.0}},
            query_pre_attn_scalar=9,
            final_logit_softcapping=3.0,
        ),
        hooks=True,
    ),
    "gemma3-old-spelling": dict(
        family="gemma3_text",
        config=dict(
            head_dim=4,
            sliding_window=2,
            layer_types=["sliding_attention", "sliding_attention", "full_attention"],
            num_hidden_layers=3,
            rope_parameters={"full_attention": LINEAR, "sliding_attention": {"rope_type": "default", "rope_theta": 50.0}},
            query_pre_attn_scalar=4,
            tie_word_embeddings=False,
        ),
        dtype=torch.bfloat16,
        old_spelling=True,
    ),
    "gpt2": dict(family="gpt2", config=GPT2, hooks=True),
    "gpt2-old-spelling": dict(family="gpt2", config=dict(GPT2, n_inner=None), dtype=torch.float16, old_spelling=True),
    "gpt2-scales": dict(
        family="gpt2",
        config=dict(GPT2, scale_attn_weights=False, scale_attn_by_inverse_layer_idx=True, tie_word_embeddings=False, activation_function="relu"),
        max_shard_size="3KB",
    ),
    "olmo2-old-spelling": dict(family="olmo2", dtype=torch.bfloat16, old_spelling=True),
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
    if model.config.model_type == "gpt2":
        del config["tie_word_embeddings"]
        # The first files have the names of the model without its head.
        tensors = {name.removeprefix("transformer."): tensor for name, tensor in tensors.items()}
        for layer in range(model.config.n_layer):
            tensors[f"h.{layer}.attn.bias"] = torch.ones(1, 1, 8, 8).tril()
    else:
        rope = config.pop("rope_parameters")
        if model.config.model_type == "gemma3_text":
            config["rope_local_base_freq"] = rope["sliding_attention"]["rope_theta"]
            config["sliding_window_pattern"] = config["num_hidden_layers"]
            del config["layer_types"]
            config.pop("_sliding_window_pattern", None)
            rope = rope["full_attention"]
        config["rope_theta"] = rope.pop("rope_theta")
        config["rope_scaling"] = None if rope["rope_type"] == "default" else rope
        if model.config.tie_word_embeddings:
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
