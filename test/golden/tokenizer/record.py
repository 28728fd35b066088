"""Records what Python's tokenizers 0.23.3 learns from texts.json, and the ids that it gives to samples.json."""
import json, os
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

os.chdir(os.path.dirname(os.path.abspath(__file__)))

TEXTS = [
    "The lamp on the landing had been broken since March, and nobody in the house would say who broke it.",
    "\"I didn't touch it,\" said Ada; \"I've never even climbed those stairs. They're steep, and he'd told me not to.\"",
    "\"You'll find,\" the warden went on, \"that it's always the quiet ones. I'm sure of that. It's ALWAYS them.\"",
    "One, two, three: 1, 2, 3... 10, 20, 30 - 1999, 2000 and 2001! What's 3.14159 to a carpenter?",
    "   Leading blanks, trailing blanks   \n\n\tand a tab,\r\nand   three   gaps\n",
    "Caf\u00e9, na\u00efve, r\u00f6ntgen, \u00fcber, \u0142\u00f3d\u017a. \u6771\u4eac\u306f\u5927\u304d\u3044\u3002 \u041c\u043e\u0441\u043a\u0432\u0430 \u0438 \u041a\u0438\u0435\u0432. \u05e9\u05dc\u05d5\u05dd",
    "Stars \u2605\u2605\u2605\u2606\u2606 and faces \U0001f600\U0001f600 \U0001f44d\U0001f3fd, family \U0001f468\u200d\U0001f469\u200d\U0001f467 \u2014 \u201cquoted\u201d\u2026",
    "aaaa aaa aa a aaaaaaaaaa bababab abababa abcabcabc bcabcab abc bc ab cabcab xabc xabcx abcd abcde xabcde",
    "odd blanks: a\u0085b \u0085\u0085 c\ufeffd \ufeff e\u00a0f \u2003g\u3000h \u200bi\u2028j \u180ek \u001cl\u001f m \u1680n",
    "\u216b and \u00bd and \u0663\u0664 are numbers; \u20ac5, $7 and #tag_name are not; e\u0301 is e with a mark.",
    "<|endoftext|> written out is a text like any other, <|endoftext|>, to who counts pairs.",
    "It was a great, great film. It was a good film. It was a bad, bad, bad film; the worst film it ever was.",
    "The greatest of the great were greater than the grating greeter; the goodness of good goods is good.",
] + [
    f"The {noun} {verb} the {thing} {when}, and the {thing} was {how}."
    for noun in ("baker", "singer", "teacher", "painter") for verb in ("finished", "polished", "painted", "singed")
    for thing, when, how in (("bread", "at dawn", "warming"), ("singing", "at dusk", "charming"), ("teaching", "again", "alarming"))
]
SAMPLES = TEXTS + [
    "", " ", "  ", "\n", " \n ", "a", " a", "x<|endoftext|>y", "<|endoftext|>", "a <|endoftext|><|endoftext|> b  ",
    "unseen words: quixotic zephyrs jumped over lazy dogs", "A\u030angstr\u00f6m \ufb01ne", "'s 's's 'S 'll'LL''ve", "\u0000\u0001\u007f",
    "  two  three   four    five     twenty-four                        end",
]


def train(name, vocab_size, special_tokens=("<|endoftext|>",), **options):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=vocab_size, special_tokens=list(special_tokens), initial_alphabet=alphabet,
                                  show_progress=False, **options)
    tokenizer.train_from_iterator(TEXTS, trainer)
    os.makedirs(name, exist_ok=True)
    return tokenizer


def save(name, tokenizer, config=None):
    os.makedirs(name, exist_ok=True)
    tokenizer.save(f"{name}/tokenizer.json")
    if config is not None:
        with open(f"{name}/tokenizer_config.json", "w") as file:
            json.dump(config, file)
    with open(f"{name}/encoded.json", "w") as file:
        rows = [tokenizer.encode(sample).ids for sample in SAMPLES]
        json.dump([{"ids": ids, "text": tokenizer.decode(ids, skip_special_tokens=False)} for ids in rows], file)


for name, value in (("texts", TEXTS), ("samples", SAMPLES)):
    with open(f"{name}.json", "w") as file:
        json.dump(value, file, indent=0)

small = train("small", 400)
save("small", small, {"eos_token": "<|endoftext|>"})
# Until no pair is left, with two special tokens, one of them a word that merges would spell too.
save("exhausted", train("exhausted", 5000, ("<|endoftext|>", "film")))
save("frequent", train("frequent", 5000, min_frequency=4))

# As GPT-NeoX has it: NFC first, blanks as added tokens that are not special, a post-processor that adds nothing.
neox = Tokenizer.from_str(small.to_str())
neox.normalizer = normalizers.NFC()
neox.add_tokens([AddedToken(" " * n, normalized=True, special=False) for n in range(24, 1, -1)])
save("neox", neox, {"eos_token": {"content": "<|endoftext|>", "__type": "AddedToken"}, "clean_up_tokenization_spaces": True})

# As GPT-2 may be set: a blank before the first word.
prefixed = Tokenizer.from_str(small.to_str())
prefixed.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
save("prefixed", prefixed)
