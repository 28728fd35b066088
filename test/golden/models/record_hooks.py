"""Records what transformers has at the hook points of some of record.py's models, and what they compute with changed activations: python record_hooks.py"""
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

MODELS = ("neox-tied", "neox-sequential", "neox-rotary-full", "neo-window-5", "neo-old-spelling")
D_SAE, FEATURES, STRENGTH = 6, [0, 3], 2.0
PROMPT, NEW = 4, 12


def modules(model):
    """Each hook point's module: its output is attn_out, mlp_out or resid_post."""
    if hasattr(model, "gpt_neox"):
        return [dict(attn_out=block.attention, mlp_out=block.mlp, resid_post=block) for block in model.gpt_neox.layers]
    if hasattr(model, "transformer"):
        return [dict(attn_out=block.attn, mlp_out=block.mlp, resid_post=block) for block in model.transformer.h]
    return [dict(**added_to_stream(block), resid_post=block) for block in model.model.layers]


def added_to_stream(block):
    """What Llama's families add to the residual stream: of attention and MLP, or of the norms after them."""
    if hasattr(block, "post_feedforward_layernorm"):
        return dict(attn_out=block.post_attention_layernorm, mlp_out=block.post_feedforward_layernorm)
    return dict(attn_out=block.self_attn, mlp_out=block.mlp)


def tensor_of(output):
    return output[0] if isinstance(output, tuple) else output


def make_dictionary(d_model):
    w_dec = torch.randn(D_SAE, d_model)
    return dict(
        w_enc=torch.randn(d_model, D_SAE), b_enc=torch.randn(D_SAE), w_dec=w_dec / w_dec.norm(dim=1, keepdim=True), b_dec=torch.randn(d_model)
    )


def edited(x, kind, dictionary):
    codes = torch.relu((x - dictionary["b_dec"]) @ dictionary["w_enc"] + dictionary["b_enc"])
    named = torch.zeros(D_SAE)
    named[FEATURES] = 1
    if kind == "add":
        return x + STRENGTH * named @ dictionary["w_dec"]
    if kind == "subtractFeatures":
        return x - STRENGTH * (codes * named) @ dictionary["w_dec"]
    return (codes * (1 - named)) @ dictionary["w_dec"] + dictionary["b_dec"]


def changing(module, kind, dictionary):
    def hook(_module, _input, output):
        value = edited(tensor_of(output), kind, dictionary)
        return (value, *output[1:]) if isinstance(output, tuple) else value

    return module.register_forward_hook(hook)


def record(seed, name):
    torch.manual_seed(seed)
    folder = Path(__file__).parent / name
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    given = load_file(folder / "golden.safetensors")
    ids, mask = given["input_ids"], given["attention_mask"]
    blocks = modules(model)
    dictionary = make_dictionary(model.config.hidden_size)
    golden = dict(dictionary)

    def logits():
        return model(input_ids=ids, attention_mask=mask, position_ids=(mask.cumsum(-1) - 1).clamp(min=0)).logits

    def greedy():
        prompt = ids[:1, :PROMPT]
        return model.generate(prompt, attention_mask=torch.ones_like(prompt), max_new_tokens=NEW, do_sample=False, pad_token_id=0)

    reading = [
        module.register_forward_hook(lambda _module, _input, output, key=f"{site}.{layer}": golden.__setitem__(key, tensor_of(output)))
        for layer, sites in enumerate(blocks)
        for site, module in sites.items()
    ]
    real = mask.bool()
    assert torch.allclose(logits()[real], given["logits"][real], atol=1e-5)
    for hook in reading:
        hook.remove()
    assert torch.equal(greedy(), given["greedy"])
    # The first block: what is changed there passes through attention and its cache.
    for site, module in blocks[0].items():
        for kind in ("subtractFeatures", "add", "replace"):
            hook = changing(module, kind, dictionary)
            golden[f"logits.{site}.{kind}"] = logits()[:, -1]
            if kind == "replace":
                golden[f"greedy.{site}.{kind}"] = greedy()
                assert not torch.equal(golden[f"greedy.{site}.{kind}"], given["greedy"])
            hook.remove()
    save_file({key: value.contiguous() for key, value in golden.items()}, folder / "hooks.safetensors")


if __name__ == "__main__":
    with torch.no_grad():
        for seed, name in enumerate(MODELS):
            record(seed, name)
