"""Makes tiny random models for sequence classification of every family, and records their logits: python record.py [FAMILY...]

golden.safetensors of a folder: `input_ids` and `attention_mask` of a batch that is padded on the right, and `logits` [rows, classes]."""
import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoModelForSequenceClassification

HERE = Path(__file__).parent
VOCAB, LENGTH, PAD = 19, 9, 3

DECODER = dict(
    vocab_size=VOCAB, hidden_size=8, intermediate_size=12, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
    max_position_embeddings=24, bos_token_id=0, eos_token_id=2, pad_token_id=PAD,
)
GPT2 = {**DECODER, "num_key_value_heads": None, "intermediate_size": None, "n_positions": 24, "n_inner": 12}
ENCODER = {**DECODER, "num_attention_heads": 2, "num_key_value_heads": None}

# Every case: its family, settings of the config, number of classes, and how the folder is saved.
CASES = {
    "llama": dict(config=DECODER, labels=1),
    "qwen2": dict(config={**DECODER, "tie_word_embeddings": True}, labels=2, dtype=torch.bfloat16),
    "qwen3": dict(config={**DECODER, "head_dim": 6}, labels=3),
    "mistral": dict(config={**DECODER, "sliding_window": 3}, labels=1, max_shard_size="3KB"),
    "olmo2": dict(config=DECODER, labels=2),
    "gemma3_text": dict(
        config={**DECODER, "head_dim": 6, "sliding_window": 3, "layer_types": ["sliding_attention", "full_attention"], "query_pre_attn_scalar": 9},
        labels=1,
    ),
    # The token that ends a text is the padding too, as TRL's reward models of GPT-2 have it.
    "gpt2": dict(config={**GPT2, "pad_token_id": 2}, labels=2),
    "gpt_neo": dict(config={**GPT2, "attention_types": [[["global", "local"], 1]], "num_layers": 2, "num_heads": 2, "window_size": 3, "intermediate_size": 12}, labels=1),
    "gpt_neox": dict(config={**DECODER, "num_key_value_heads": None}, labels=2),
    "distilbert": dict(config={**ENCODER, "dim": 8, "n_heads": 2, "n_layers": 2, "hidden_dim": 12}, labels=3),
    "bert": dict(config=ENCODER, labels=2, old_spelling=True),
    "roberta": dict(config={**ENCODER, "pad_token_id": 1, "type_vocab_size": 1, "layer_norm_eps": 1e-5}, labels=3, old_spelling=True),
}


def use_old_spelling(folder, family):
    """What transformers 4 wrote beside the parameters: buffers, and a pooler that nothing reads."""
    file = folder / "config.json"
    config = json.loads(file.read_text())
    config["torch_dtype"] = config.pop("dtype")
    config["position_embedding_type"] = "absolute"
    tensors = load_file(folder / "model.safetensors")
    tensors[f"{family}.embeddings.position_ids"] = torch.arange(24).reshape(1, -1)
    if family == "roberta":
        tensors["roberta.pooler.dense.weight"] = torch.zeros(8, 8)
        tensors["roberta.pooler.dense.bias"] = torch.zeros(8)
    file.write_text(json.dumps(config, indent=2) + "\n")
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def record(seed, family, config, labels, dtype=torch.float32, max_shard_size="1GB", old_spelling=False):
    folder = HERE / family
    folder.mkdir(exist_ok=True)
    for file in folder.iterdir():
        file.unlink()
    torch.manual_seed(seed)
    settings = AutoConfig.for_model(family, **config, id2label={n: f"class {n}" for n in range(labels)}, label2id={f"class {n}": n for n in range(labels)})
    settings._attn_implementation = "eager"
    model = AutoModelForSequenceClassification.from_config(settings)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            is_norm = "norm" in name.lower().split(".")[-2] or ".ln_" in name
            # Norms of Gemma multiply by 1 + weight.
            centre = 1.0 if is_norm and name.endswith("weight") and not family.startswith("gemma") else 0.0
            parameter.normal_(centre, 0.4)
    model.to(dtype).save_pretrained(folder, max_shard_size=max_shard_size)
    if old_spelling:
        use_old_spelling(folder, family)
    model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()

    pad = config["pad_token_id"]
    ids = torch.randint(4, VOCAB, (4, LENGTH))
    mask = torch.ones_like(ids)
    mask[1, 5:] = 0
    mask[2, 1:] = 0
    ids[mask == 0] = pad
    # A text that holds the padding's token, and one that ends with it.
    ids[0, 4] = pad
    ids[3, -2:] = pad
    with torch.no_grad():
        logits = model(input_ids=ids, attention_mask=mask).logits
    save_file({"input_ids": ids, "attention_mask": mask, "logits": logits}, folder / "golden.safetensors")


for seed, (family, case) in enumerate(CASES.items()):
    if len(sys.argv) == 1 or family in sys.argv[1:]:
        record(seed, family, **case)
