"""Computes golden.safetensors again for the two folders that record.py did not make, from their models and token ids: python record_given.py"""
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

PROMPT, NEW = 9, 20

for name in ("neox-pythia-like", "neo-local-global"):
    folder = Path(__file__).parent / name
    given = load_file(folder / "golden.safetensors")
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    ids, mask = given["input_ids"], given["attention_mask"]
    prompt = ids[:1, :PROMPT]
    greedy = model.generate(prompt, attention_mask=torch.ones_like(prompt), max_new_tokens=NEW, do_sample=False, pad_token_id=0)
    golden = {"input_ids": ids, "attention_mask": mask, "greedy": greedy}
    blocks = model.gpt_neox.layers if hasattr(model, "gpt_neox") else model.transformer.h
    outputs = {}
    hooks = [
        block.mlp.register_forward_hook(lambda _module, _input, output, n=n: outputs.__setitem__(f"mlp.{n}", output.detach()))
        for n, block in enumerate(blocks)
    ]
    with torch.no_grad():
        model(input_ids=greedy[:, :-1])
        golden |= {key: value[:, -1:].clone() for key, value in outputs.items()}
        positions = (mask.cumsum(-1) - 1).clamp(min=0)
        logits = model(input_ids=ids, attention_mask=mask, position_ids=positions).logits
        # What padding computes means nothing and changes with the version: it stays as it is recorded.
        golden["logits"] = torch.where(mask.bool()[:, :, None], logits, given["logits"])
    for hook in hooks:
        hook.remove()
    row = ids[:1][mask[:1].bool()].unsqueeze(0)
    loss = torch.nn.functional.cross_entropy(model(input_ids=row).logits[0, :-1], row[0, 1:])
    loss.backward()
    golden["loss"] = loss.detach().reshape(1)
    for parameter_name, parameter in model.named_parameters():
        if name.startswith("neox-"):
            parameter_name = parameter_name.replace("lm_head", "embed_out")
        golden[f"grad.{parameter_name}"] = parameter.grad
    assert set(golden) == set(given), set(golden) ^ set(given)
    save_file({key: value.contiguous() for key, value in golden.items()}, folder / "golden.safetensors")
