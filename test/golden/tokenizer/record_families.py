"""Tokenizers built as those of Llama, Qwen, SmolLM, Gemma and Mistral, learned by Python's tokenizers 0.23.3 from texts.json, and what they make of samples.json."""
import json, os
from collections import Counter

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

os.chdir(os.path.dirname(os.path.abspath(__file__)))
TEXTS, SAMPLES = (json.load(open(f"{name}.json")) for name in ("texts", "samples"))
FURTHER = [
    "DON'T we'Ll 12345 1234 12 1", "a\r\n\r\nb\n \n  c\t\td", "  <bos>x<s> </s>\n\n\n", "\u2581 \u2581\u2581a\u2581", "\u4e00\u4e8c\U0001f9ff\ufeff", "quixotic <tool>call</tool> <|im_end|>",
    "\u0663\u0664\u00bd\u216b 7\u00b2", "two  blanks, three   blanks\n\nand lines",
]
WORDS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}NUMBERS| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]


def byte_level(vocab_size, steps, special, normalizer=None):
    tokenizer = Tokenizer(models.BPE())
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(steps)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size, special_tokens=special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    tokenizer.train_from_iterator(TEXTS, trainer)
    return tokenizer


def split(pattern):
    return [pre_tokenizers.Split(Regex(pattern), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]


def marked_blanks(vocab_size, special, normalizer, decoder, pre_tokenizer=None):
    """Blanks are U+2581, characters without a token are bytes: as SentencePiece's BPE, converted."""
    tokenizer = Tokenizer(models.BPE(byte_fallback=True, fuse_unk=True, unk_token="<unk>"))
    if normalizer:
        tokenizer.normalizer = normalizer
    # Learned word by word; used on whole texts.
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never")
    # Which of equally frequent characters a limit of the trainer's own keeps differs from time to time.
    counts = Counter("".join(TEXTS).replace(" ", "\u2581"))
    alphabet = sorted(counts, key=lambda character: (-counts[character], character))[:70]
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size, special_tokens=[*special, *BYTES], initial_alphabet=alphabet, limit_alphabet=len(alphabet), show_progress=False
    )
    tokenizer.train_from_iterator(TEXTS, trainer)
    described = json.loads(tokenizer.to_str())
    described["added_tokens"] = [token for token in described["added_tokens"] if token["content"] in special]
    described["pre_tokenizer"] = None
    tokenizer = Tokenizer.from_str(json.dumps(described))
    if pre_tokenizer:
        tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoders.Sequence(decoder)
    return tokenizer


def begins_with(token, tokenizer):
    return processors.TemplateProcessing(single=f"{token} $A", pair=f"{token} $A {token} $B", special_tokens=[(token, tokenizer.token_to_id(token))])


def save(name, tokenizer, config):
    os.makedirs(name, exist_ok=True)
    tokenizer.save(f"{name}/tokenizer.json", pretty=False)
    with open(f"{name}/tokenizer_config.json", "w") as file:
        json.dump(config, file)
    rows = [tokenizer.encode(sample).ids for sample in SAMPLES + FURTHER]
    with open(f"{name}/encoded.json", "w") as file:
        texts = [tokenizer.decode(ids, skip_special_tokens=False) for ids in rows]
        # Parts of characters at both ends.
        parts = [tokenizer.decode(ids[1 : len(ids) // 2], skip_special_tokens=False) for ids in rows]
        json.dump([{"ids": ids, "text": text, "part": part} for ids, text, part in zip(rows, texts, parts)], file)


with open("further.json", "w") as file:
    json.dump(FURTHER, file)

# Merges do not make the last token of the vocabulary: it is found as a whole piece.
llama3 = byte_level(380, split(WORDS.replace("NUMBERS", "{1,3}")), ["<|begin_of_text|>", "<|end_of_text|>"])
described = json.loads(llama3.to_str())
described["model"]["ignore_merges"] = True
described["model"]["vocab"]["quixotic"] = len(described["model"]["vocab"])
llama3 = Tokenizer.from_str(json.dumps(described))
llama3.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False), begins_with("<|begin_of_text|>", llama3)])
save("llama3", llama3, {"bos_token": "<|begin_of_text|>", "eos_token": "<|end_of_text|>"})

qwen2 = byte_level(380, split(WORDS.replace("NUMBERS", "")), ["<|endoftext|>", "<|im_start|>", "<|im_end|>"], normalizers.NFC())
qwen2.add_tokens([AddedToken("<tool>", normalized=False, special=False), AddedToken("</tool>", normalized=False, special=False)])
qwen2.post_processor = processors.ByteLevel(trim_offsets=False)
save("qwen2", qwen2, {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>", "bos_token": None})

smollm = byte_level(380, [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)], ["<|endoftext|>"])
save("smollm", smollm, {"eos_token": "<|endoftext|>"})

whole = [decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse()]
gemma = marked_blanks(
    560, ["<pad>", "<eos>", "<bos>", "<unk>"], normalizers.Replace(" ", "\u2581"), whole, pre_tokenizers.Split(" ", "merged_with_previous")
)
# Runs of blanks and of line ends are tokens by merging, and added tokens too.
described = json.loads(gemma.to_str())
runs = [pair for one in ("\u2581", "\n") for pair in ([one, one], [one * 2, one])]
for pair in runs:
    described["model"]["vocab"].setdefault("".join(pair), len(described["model"]["vocab"]))
described["model"]["merges"] = runs + [pair for pair in described["model"]["merges"] if pair not in runs]
gemma = Tokenizer.from_str(json.dumps(described))
gemma.add_tokens([AddedToken(text, normalized=False, special=False) for text in ("\n\n", "\n\n\n", "\u2581\u2581", "\u2581\u2581\u2581", "<mask>")])
gemma.post_processor = begins_with("<bos>", gemma)
save("gemma", gemma, {"bos_token": "<bos>", "eos_token": "<eos>"})

# As Llama 2 and the first Mistral have it: a blank before every text, which decoding takes off.
llama2 = marked_blanks(
    560,
    ["<unk>", "<s>", "</s>"],
    normalizers.Sequence([normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")]),
    [*whole, decoders.Strip(" ", 1, 0)],
)
llama2.post_processor = begins_with("<s>", llama2)
save("llama2", llama2, {"bos_token": "<s>", "eos_token": "</s>"})

# The same as newer conversions have it, whole and cut at blanks.
for name, cut in (("metaspace", False), ("metaspace-cut", True)):
    blanks = dict(replacement="\u2581", prepend_scheme="first", split=cut)
    mistral = marked_blanks(
        560,
        ["<unk>", "<s>", "</s>"],
        None,
        [decoders.Metaspace(replacement="\u2581", prepend_scheme="first"), decoders.ByteFallback(), decoders.Fuse()] if cut else [*whole, decoders.Strip(" ", 1, 0)],
        pre_tokenizers.Metaspace(**blanks),
    )
    mistral.post_processor = begins_with("<s>", mistral)
    save(name, mistral, {"bos_token": "<s>", "eos_token": "</s>"})
