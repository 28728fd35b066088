"""The models of the run: batches by length, MLP outputs, sampling, log-probabilities, and the given reward."""

import numpy as np
import spacy
import torch
from clock import record
from transformers import AutoModelForCausalLM, AutoTokenizer

TEXTS_AT_ONCE = 16
PROMPTS_AT_ONCE = 128
english = spacy.blank("en").tokenizer


def load(folder):
    """The weights in single precision, without gradients."""
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="sdpa").eval()
    return model.requires_grad_(False)


def load_tokenizer(folder):
    return AutoTokenizer.from_pretrained(folder)


def mlp(model, layer):
    return model.gpt_neox.layers[layer].mlp


def by_length(lengths, size=TEXTS_AT_ONCE):
    """Batches of indices, from short to long."""
    order = np.argsort(lengths, kind="stable")
    return [order[start : start + size] for start in range(0, len(order), size)]


def padded(rows):
    """Padded on the right: under causal attention no token sees the padding, so passes need no mask."""
    ids = torch.zeros(len(rows), max(map(len, rows)), dtype=torch.long)
    for i, row in enumerate(rows):
        ids[i, : len(row)] = torch.as_tensor(row)
    lengths = torch.tensor([len(row) for row in rows])
    return ids, torch.arange(ids.shape[1])[None] < lengths[:, None]


class MlpOutputs:
    """Reads the MLP outputs of some layers; as a context manager it removes its hooks."""

    def __init__(self, model, layers):
        self.model, self.kept = model, {}
        self.handles = [mlp(model, layer).register_forward_hook(self._keep(layer)) for layer in layers]
        self.layers = layers

    def _keep(self, layer):
        def keep(_, __, out):
            self.kept[layer] = out

        return keep

    def of(self, ids, **options):
        """[batch, length, dModel] per layer."""
        record.count("passes", len(ids))
        self.model.gpt_neox(input_ids=ids, use_cache=False, **options)
        return [self.kept[layer] for layer in self.layers]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for handle in self.handles:
            handle.remove()


class Edited:
    """Replaces MLP outputs: {layer: function of the output}."""

    def __init__(self, model, edits):
        self.model, self.edits = model, edits

    def __enter__(self):
        self.handles = [
            mlp(self.model, layer).register_forward_hook(lambda _, __, out, edit=edit: edit(out))
            for layer, edit in self.edits.items()
        ]

    def __exit__(self, *_):
        for handle in self.handles:
            handle.remove()


@torch.inference_mode()
def complete(model, prompts, new_tokens, seed, eos=0):
    """Sampled completions without their prompts, cut after the end of text; prompts are of one length."""
    torch.manual_seed(seed)
    found = []
    for start in range(0, len(prompts), PROMPTS_AT_ONCE):
        ids = torch.tensor(prompts[start : start + PROMPTS_AT_ONCE])
        sampling = dict(do_sample=True, top_k=0, top_p=1.0, temperature=1.0, max_new_tokens=new_tokens)
        out = model.generate(input_ids=ids, attention_mask=torch.ones_like(ids), pad_token_id=eos, **sampling)
        for row in out[:, ids.shape[1] :].tolist():
            found.append(row[: row.index(eos) + 1] if eos in row else row)
    record.count("completions", len(found))
    record.count("completion tokens", sum(map(len, found)))
    return found


def completion_log_probs(model, prompts, completions):
    """Log-probability of each completion, [texts]. Gradients flow if the caller lets them."""
    given = len(prompts[0])
    ids, mask = padded([prompt + own for prompt, own in zip(prompts, completions)])
    record.count("passes", len(ids))
    states = model.gpt_neox(input_ids=ids, use_cache=False).last_hidden_state[:, given - 1 : -1]
    logits = model.get_output_embeddings()(states)
    targets = ids[:, given:]
    chosen = logits.gather(2, targets[..., None])[..., 0] - logits.logsumexp(2)
    return (chosen * mask[:, given:]).sum(1)


@torch.inference_mode()
def log_probs(model, prompts, completions, size=32):
    parts = [slice(start, start + size) for start in range(0, len(prompts), size)]
    return torch.cat([completion_log_probs(model, prompts[p], completions[p]) for p in parts]).double().numpy()


class Reward:
    """Equation 3 of the paper: the scaled and clipped sum of the lexicon's values of a text's words."""

    def __init__(self, inputs, tokenizer):
        self.lexicon, self.tokenizer = inputs["lexicon"], tokenizer
        self.scale, self.clip = inputs["reward"]["scale"], inputs["reward"]["clip"]

    def texts(self, rows):
        return self.tokenizer.batch_decode(rows, skip_special_tokens=True, clean_up_tokenization_spaces=False)

    def of(self, texts):
        record.count("rewards", len(texts))
        sums = [sum(self.lexicon.get(word.lower_, 0.0) for word in english(text)) for text in texts]
        return np.clip(np.array(sums) / self.scale, -self.clip, self.clip)

    def completions(self, prompts, completions):
        """Rewards of prompt and completion, and of the completion alone, with its text."""
        texts = self.texts(completions)
        whole = self.texts([prompt + own for prompt, own in zip(prompts, completions)])
        return self.of(whole), self.of(texts), texts


def distinct_bigrams(texts):
    pairs = [pair for text in texts for words in [text.lower().split()] for pair in zip(words, words[1:])]
    return len(set(pairs)) / max(1, len(pairs))
