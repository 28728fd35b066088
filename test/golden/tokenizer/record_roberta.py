"""Makes a small tokenizer of RoBERTa's kind, and records what it makes of texts that are cut to 12 tokens: python record_roberta.py"""
import json
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import RobertaTokenizer

FOLDER = Path(__file__).parent / "roberta"
TEXTS = [
    "", " ", "A fine film!", " a fine film", "It wasn't bad; it was awful. It wasn't long, it was longer than that.",
    "Caf\u00e9 na\u00efve \u6771\u4eac \U0001f600", "tabs\tand\nlines\r\nand\u00a0blanks", "a <mask> film </s> cut <s> short <pad>x", "a\n<mask>\n b",
]

FOLDER.mkdir(exist_ok=True)
# The trainer breaks ties at random, so a vocabulary that is there stays.
if not (FOLDER / "vocab.json").exists():
    learner = Tokenizer(models.BPE())
    learner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    learner.decoder = decoders.ByteLevel()
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    trainer = trainers.BpeTrainer(vocab_size=320, special_tokens=special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    learner.train_from_iterator(TEXTS, trainer)
    learner.add_special_tokens(["<mask>"])
    learner.model.save(str(FOLDER))
    vocab = json.loads((FOLDER / "vocab.json").read_text())
    (FOLDER / "vocab.json").write_text(json.dumps({**vocab, "<mask>": len(vocab)}) + "\n")
tokenizer = RobertaTokenizer.from_pretrained(FOLDER)
tokenizer.backend_tokenizer.save(str(FOLDER / "tokenizer.json"), pretty=False)
tokens = [tokenizer(text, truncation=True, max_length=12)["input_ids"] for text in TEXTS]
(FOLDER / "golden.json").write_text(json.dumps({"texts": TEXTS, "tokens": tokens}) + "\n")
