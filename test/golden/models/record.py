"""Makes tiny random models and records what transformers computes with them: python record.py"""
import json
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from transformers import GPTNeoConfig, GPTNeoForCausalLM, GPTNeoXConfig, GPTNeoXForCausalLM

HERE = Path(__file__).parent
VOCAB, LENGTH, PROMPT, NEW = 19, 7, 4, 12


def rope(share=0.5, theta=10000.0):
    return {"rope_type": "default", "rope_theta": theta, "partial_rotary_factor": share}


# Every case: settings of the config, and how the folder is saved.
CASES = {
    "neox-sequential": dict(config=dict(use_parallel_residual=False, hidden_act="silu")),
    "neox-tied": dict(config=dict(tie_word_embeddings=True, hidden_act="gelu_new")),
    "neox-rotary-full": dict(config=dict(rope_parameters=rope(1.0, 500.0), hidden_act="relu", attention_bias=False)),
    "neox-old-spelling": dict(config=dict(rope_parameters=rope(0.5, 500.0), layer_norm_eps=1e-3), old_spelling=True),
    "neox-bf16": dict(dtype=torch.bfloat16),
    "neox-f16": dict(dtype=torch.float16),
    "neox-sharded": dict(max_shard_size="3KB"),
    "neox-long": dict(config=dict(max_position_embeddings=1024, num_hidden_layers=1), long_row=900),
    "neo-window-1": dict(config=dict(window_size=1), dtype=torch.float16, gradients=False),
    "neo-window-2": dict(config=dict(window_size=2, activation_function="mish"), dtype=torch.bfloat16, gradients=False),
    "neo-window-5": dict(config=dict(window_size=5, tie_word_embeddings=False), max_shard_size="2KB"),
    "neo-window-wide": dict(config=dict(window_size=512, attention_types=[[["local"], 1], [["global"], 1]]), gradients=False),
    "neo-old-spelling": dict(config=dict(window_size=3, intermediate_size=None, activation_function="relu"), old_spelling=True),
    "neox-rotary-none": dict(config=dict(rope_parameters=rope(0.0), hidden_act="gelu_fast")),
}


def make_model(seed, name, settings):
    torch.manual_seed(seed)
    common = dict(vocab_size=VOCAB, hidden_size=8, intermediate_size=12, bos_token_id=0, eos_token_id=None, attn_implementation="eager")
    if name.startswith("neox-"):
        own = dict(num_hidden_layers=2, num_attention_heads=2, max_position_embeddings=64, rope_parameters=rope(), hidden_act="gelu")
        model = GPTNeoXForCausalLM(GPTNeoXConfig(**{**common, **own, **settings}))
    else:
        own = dict(num_layers=2, num_heads=2, max_position_embeddings=24, attention_types=[[["global", "local"], 1]])
        model = GPTNeoForCausalLM(GPTNeoConfig(**{**common, **own, **settings}))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            is_norm = "norm.weight" in name or ".ln_" in name and name.endswith("weight")
            parameter.normal_(1.0 if is_norm else 0.0, 0.4)
    return model.eval()


def use_old_spelling(folder, model):
    """config.json, and what stands in the file beside the parameters, as transformers 4 wrote them."""
    file = folder / "config.json"
    config = json.loads(file.read_text())
    config["torch_dtype"] = config.pop("dtype")
    tensors = load_file(folder / "model.safetensors")
    if isinstance(model, GPTNeoXForCausalLM):
        settings = config.pop("rope_parameters")
        config.update(rotary_pct=settings["partial_rotary_factor"], rotary_emb_base=int(settings["rope_theta"]), rope_scaling=None)
        for layer in range(model.config.num_hidden_layers):
            at = f"gpt_neox.layers.{layer}.attention"
            tensors[f"{at}.bias"] = torch.ones(1, 1, 8, 8, dtype=torch.bool).tril()
            tensors[f"{at}.masked_bias"] = torch.tensor(-1e9)
            tensors[f"{at}.rotary_emb.inv_freq"] = torch.ones(1)
    else:
        del config["attention_layers"], config["tie_word_embeddings"]
        tensors["lm_head.weight"] = tensors["transformer.wte.weight"].clone()
        for layer in range(model.config.num_layers):
            at = f"transformer.h.{layer}.attn.attention"
            tensors[f"{at}.bias"] = torch.ones(1, 1, 8, 8, dtype=torch.uint8).tril()
            tensors[f"{at}.masked_bias"] = torch.tensor(-1e9)
    file.write_text(json.dumps(config, indent=2) + "\n")
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def run(model, ids, mask):
    """Logits and MLP outputs; positions count real tokens."""
    outputs = {}
    hooks = [
        layer.mlp.register_forward_hook(lambda _module, _input, output, n=n: outputs.__setitem__(f"mlp.{n}", output.detach()))
        for n, layer in enumerate(model.gpt_neox.layers if hasattr(model, "gpt_neox") else model.transformer.h)
    ]
    positions = (mask.cumsum(-1) - 1).clamp(min=0)
    with torch.no_grad():
        outputs["logits"] = model(input_ids=ids, attention_mask=mask, position_ids=positions).logits
    for hook in hooks:
        hook.remove()
    return outputs


def record(seed, name, config={}, dtype=torch.float32, max_shard_size="1GB", old_spelling=False, long_row=0, gradients=True):
    folder = HERE / name
    folder.mkdir(exist_ok=True)
    for file in folder.iterdir():
        file.unlink()
    model = make_model(seed, name, config).to(dtype)
    model.save_pretrained(folder, max_shard_size=max_shard_size)
    # Computed in single precision with the weights as they were rounded.
    model = model.float()
    if old_spelling:
        use_old_spelling(folder, model)

    length = long_row or LENGTH
    ids = torch.randint(0, VOCAB, (1 if long_row else 3, length))
    mask = torch.ones_like(ids)
    if not long_row:
        mask[1, :2] = 0
        mask[2, :4] = 0
    golden = run(model, ids, mask)
    if long_row:
        golden = {key: value[:, -3:].contiguous() for key, value in golden.items()}
    else:
        prompt = ids[:1, :PROMPT]
        golden["greedy"] = model.generate(prompt, attention_mask=torch.ones_like(prompt), max_new_tokens=NEW, do_sample=False, pad_token_id=0)
    if gradients and not long_row:
        loss = torch.nn.functional.cross_entropy(model(input_ids=ids[:1]).logits[0, :-1], ids[0, 1:])
        loss.backward()
        golden["loss"] = loss.detach().reshape(1)
        for parameter_name, parameter in model.named_parameters():
            # transformers 5 has another name for GPT-NeoX's unembedding in memory than in the file.
            if name.startswith("neox-"):
                parameter_name = parameter_name.replace("lm_head", "embed_out")
            golden[f"grad.{parameter_name}"] = parameter.grad
    save_file({"input_ids": ids, "attention_mask": mask, **golden}, folder / "golden.safetensors")


for seed, (name, case) in enumerate(CASES.items()):
    record(seed, name, **case)
