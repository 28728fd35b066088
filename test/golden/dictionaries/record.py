"""Writes folders of dictionaries by SAELens and dictionary_learning, each with expected.safetensors: activations `x`, and what the library
itself makes of them: `codes`, multiplied by the norms of the decoder's rows, and `reconstruction`.

python record.py [FOLDER SEED]    (sae-lens 6.54.12, dictionary-learning 0.1.0, torch 2.15.0, safetensors 0.8.0)

The records are those of this folder and seed 0. Weights are random, in float32 unless a folder's name says otherwise. dictionary_learning imports nnsight for running models, which no dictionary uses; here an
empty module stands for it.
"""

import json
import sys
import types
from pathlib import Path

import torch
from safetensors.torch import save_file

for name in ("nnsight",):
    sys.modules.setdefault(name, types.SimpleNamespace(LanguageModel=object))

from dictionary_learning.dictionary import AutoEncoder, GatedAutoEncoder, JumpReluAutoEncoder  # noqa: E402
from dictionary_learning.trainers.batch_top_k import BatchTopKSAE  # noqa: E402
from dictionary_learning.trainers.matryoshka_batch_top_k import MatryoshkaBatchTopKSAE  # noqa: E402
from dictionary_learning.trainers.top_k import AutoEncoderTopK  # noqa: E402
from sae_lens import (  # noqa: E402
    SAE,
    BatchTopKTrainingSAE,
    BatchTopKTrainingSAEConfig,
    GatedSAE,
    GatedSAEConfig,
    JumpReLUSAE,
    JumpReLUSAEConfig,
    StandardSAE,
    StandardSAEConfig,
    TopKSAE,
    TopKSAEConfig,
)
from sae_lens.saes.sae import SAEMetadata  # noqa: E402

D_IN, D_SAE, K, LAYER, ROWS = 8, 20, 5, 3, 16
here, seed = (Path(sys.argv[1]), int(sys.argv[2])) if len(sys.argv) > 1 else (Path(__file__).parent, 0)
torch.manual_seed(seed)
torch.set_num_threads(1)
x = 2 * torch.randn(ROWS, D_IN)


def fill(module: torch.nn.Module, unit: bool) -> None:
    """Random weights; decoder rows of other norms than 1 unless `unit`."""
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            parameter.copy_(0.5 * torch.randn(parameter.shape))
            if name == "threshold":
                parameter.abs_()
        decoder = decoder_rows(module)
        decoder /= decoder.norm(dim=1, keepdim=True)
        if not unit:
            decoder *= 0.5 + 2 * torch.rand(D_SAE, 1)


def decoder_rows(module: torch.nn.Module) -> torch.Tensor:
    """The decoder [features, d_in], as a view."""
    return module.W_dec.data if hasattr(module, "W_dec") else module.decoder.weight.data.T


def expect(folder: Path, module: torch.nn.Module, rescaled: bool = False) -> None:
    with torch.no_grad():
        codes = module.encode(x)
        norms = torch.ones(D_SAE) if rescaled else decoder_rows(module).norm(dim=1)
        out = {"x": x, "codes": codes * norms, "reconstruction": module.decode(codes)}
    assert 0 < (codes > 0).float().mean() < 0.9
    save_file({name: value.contiguous() for name, value in out.items()}, folder / "expected.safetensors")


def saelens(name: str, sae: SAE, unit: bool = False, rescaled: bool = False) -> Path:
    fill(sae, unit)
    folder = here / "saelens" / name
    sae.save_model(folder)
    expect(folder, SAE.load_from_disk(folder), rescaled)
    return folder


sizes = {"d_in": D_IN, "d_sae": D_SAE}
place = {"metadata": SAEMetadata(hook_name=f"blocks.{LAYER}.hook_mlp_out", model_name="made-up")}

saelens("standard", StandardSAE(StandardSAEConfig(**sizes, **place)))
saelens("standard-plain-input", StandardSAE(StandardSAEConfig(**sizes, **place, apply_b_dec_to_input=False)))
saelens("topk", TopKSAE(TopKSAEConfig(**sizes, **place, k=K)), unit=True)
saelens("topk-rescaled", TopKSAE(TopKSAEConfig(**sizes, **place, k=K, rescale_acts_by_decoder_norm=True)), rescaled=True)
saelens("jumprelu", JumpReLUSAE(JumpReLUSAEConfig(**sizes, **place)))
saelens("gated", GatedSAE(GatedSAEConfig(**sizes, **place)))

# Trained as batch top-k, saved for use as JumpReLU.
training = BatchTopKTrainingSAE(BatchTopKTrainingSAEConfig(**sizes, **place, k=K))
fill(training, unit=False)
training.topk_threshold.fill_(0.7)
folder = here / "saelens" / "batchtopk"
training.save_inference_model(folder)
expect(folder, SAE.load_from_disk(folder), rescaled=False)

# A trainer's checkpoint, whose weights expect activations of another scale.
FACTOR = 0.37
folder = saelens("checkpoint-scaled", StandardSAE(StandardSAEConfig(**sizes, **place)))
cfg = json.loads((folder / "cfg.json").read_text())
(folder / "cfg.json").write_text(json.dumps({**cfg, "normalize_activations": "expected_average_only_in"}))
(folder / "activation_scaler.json").write_text(json.dumps({"scaling_factor": FACTOR}))
sae = SAE.load_from_disk(folder)
sae.fold_activation_norm_scaling_factor(FACTOR)
expect(folder, sae)

# The flat layout of versions before 6.
old = {**sizes, "dtype": "float32", "device": "cpu", "hook_name": f"blocks.{LAYER}.hook_mlp_out", "hook_layer": LAYER, "model_name": "made-up"}
for name, sae, unit, extra in [
    ("old-standard", StandardSAE(StandardSAEConfig(**sizes, **place)), False, {"activation_fn_str": "relu", "normalize_activations": "none"}),
    ("old-topk", TopKSAE(TopKSAEConfig(**sizes, **place, k=K)), True, {"activation_fn_str": "topk", "activation_fn_kwargs": {"k": K}, "apply_b_dec_to_input": False}),
    ("old-gated", GatedSAE(GatedSAEConfig(**sizes, **place)), False, {"architecture": "gated", "normalize_activations": False}),
]:
    folder = saelens(name, sae, unit)
    (folder / "cfg.json").write_text(json.dumps({**old, **extra}))
    expect(folder, SAE.load_from_disk(folder))


def learned(name: str, module: torch.nn.Module, unit: bool = False, **trainer) -> None:
    fill(module, unit)
    folder = here / "dictionary_learning" / name
    folder.mkdir(parents=True, exist_ok=True)
    # As training.py saves it.
    torch.save({key: value.cpu() for key, value in module.state_dict().items()}, folder / "ae.pt")
    config = {
        "dict_class": type(module).__name__,
        "activation_dim": D_IN,
        "dict_size": D_SAE,
        "layer": LAYER,
        "lm_name": "made-up",
        "submodule_name": f"mlp_out_layer_{LAYER}",
        "lr": 1e-3,
        "seed": 0,
        **trainer,
    }
    (folder / "config.json").write_text(json.dumps({"trainer": config, "buffer": {"d_submodule": D_IN, "io": "out", "ctx_len": 128}}, indent=2))
    path = folder / "ae.pt"
    loaded = (
        AutoEncoder.from_pretrained(path, normalize_decoder=False)
        if isinstance(module, AutoEncoder)
        else type(module).from_pretrained(path, k=K)
        if hasattr(module, "k")
        else type(module).from_pretrained(path)
    )
    expect(folder, loaded)


learned("AutoEncoder", AutoEncoder(D_IN, D_SAE))
learned("AutoEncoderTopK", AutoEncoderTopK(D_IN, D_SAE, K), unit=True, k=K)
batch = BatchTopKSAE(D_IN, D_SAE, K)
batch.threshold.fill_(0.6)
learned("BatchTopKSAE", batch, k=K)
matryoshka = MatryoshkaBatchTopKSAE(D_IN, D_SAE, K, [4, 16])
matryoshka.threshold.fill_(0.6)
learned("MatryoshkaBatchTopKSAE", matryoshka, k=K)
learned("GatedAutoEncoder", GatedAutoEncoder(D_IN, D_SAE))
learned("JumpReluAutoEncoder", JumpReluAutoEncoder(D_IN, D_SAE))
