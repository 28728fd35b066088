"""Makes a tiny random DistilBERT with a WordPiece vocabulary, and records its tokens and logits: python record_distilbert.py"""
import json
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import BertTokenizerFast, DistilBertConfig, DistilBertForSequenceClassification

FOLDER = Path(__file__).parent / "distilbert-text"
POSITIONS = 40
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
TEXTS = [
    "", " ", "A fine film!", "a FINE film?!", "It wasn't bad; it was awful.", "unaffable, re-filmed & over-played...",
    "Caf\u00e9 na\u00efve \u00c5ngstr\u00f6m \u0130stanbul \u01c5 \ufb01lm", "\u03a3\u0391\u03a3 \u03c3\u03b1\u03c2 \u1e9e Stra\u00dfe",
    "\u6771\u4eac\u306f film\u4e2d \U00020000\U0002a6df a\U0002b820b", "tabs\tand\nlines\r\nand\u00a0blanks\u2003here\u3000too",
    "nul\u0000 bell\u0007 nel\u0085x zwj\u200dy bom\ufeffz \ufffd private\ue000 soft\u00adhyphen \u0378 \u001cfs\u2028ls",
    "\u201cquoted\u201d \u2014 \u00abdit\u00bb $5 + 3 = 8 ^_^ ~`| \u20ac\u00a9\u00b0 \u3002\uff01", "[CLS] written [SEP] out [MASK] [cls] [UNK]x",
    "\U0001f600 film\U0001f44d\U0001f3fd", "a" * 100, "a" * 101, "e\u0301 \u1112\u1161\u11ab \ud55c\uae00 \u0e01\u0e49",
    "the film was long " * 30, "one two three four five six seven eight",
]


FOLDER.mkdir(exist_ok=True)
# The trainer breaks ties at random, so a vocabulary that is there stays.
known = FOLDER / "vocab.txt"
learned = known.read_text().removesuffix("\n").split("\n") if known.exists() else None
for file in FOLDER.iterdir():
    file.unlink()
learner = Tokenizer(models.WordPiece(unk_token="[UNK]"))
learner.normalizer = normalizers.BertNormalizer(lowercase=False)
learner.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
learner.train_from_iterator(TEXTS, trainers.WordPieceTrainer(vocab_size=230, min_frequency=1, special_tokens=SPECIAL, show_progress=False))
# Both cases of every word, so that either kind of tokenizer finds some.
words = sorted(learner.get_vocab().items(), key=lambda entry: entry[1])
vocabulary = learned or list(dict.fromkeys([word for word, _ in words] + ["a", "film", "fine", "A", "FINE", "it", "It", "##s", "##t", "\u03c3", "\u03b1", "##\u03b1", "##\u03c3"]))
(FOLDER / "vocab.txt").write_text("\n".join(vocabulary) + "\n")
(FOLDER / "tokenizer_config.json").write_text(json.dumps({"do_lower_case": True, "model_max_length": 512}) + "\n")

torch.manual_seed(0)
model = DistilBertForSequenceClassification(DistilBertConfig(
    vocab_size=len(vocabulary) + 3, dim=8, n_heads=2, n_layers=2, hidden_dim=12, max_position_embeddings=POSITIONS,
    activation="gelu_new", id2label={0: "POSITIVE", 1: "NEGATIVE"}, label2id={"POSITIVE": 0, "NEGATIVE": 1}, attn_implementation="eager")).eval()
with torch.no_grad():
    for name, parameter in model.named_parameters():
        parameter.normal_(1.0 if "orm.weight" in name else 0.0, 0.4)
model.save_pretrained(FOLDER)

tokenizer = BertTokenizerFast(vocab=str(FOLDER / "vocab.txt"), do_lower_case=True)
tokenizer.backend_tokenizer.save(str(FOLDER / "tokenizer.json"), pretty=False)


def record(case):
    tokenizer = BertTokenizerFast(vocab=str(FOLDER / "vocab.txt"), **case)
    return [tokenizer(text, truncation=True, max_length=POSITIONS)["input_ids"] for text in TEXTS]


uncased = record(dict(do_lower_case=True))
batch = [ids + [0] * (max(map(len, uncased)) - len(ids)) for ids in uncased]
mask = [[1] * len(ids) + [0] * (len(batch[0]) - len(ids)) for ids in uncased]
with torch.no_grad():
    logits = model(input_ids=torch.tensor(batch), attention_mask=torch.tensor(mask)).logits
(FOLDER / "golden.json").write_text(json.dumps({
    "texts": TEXTS,
    "logits": logits.tolist(),
    "tokens": {"uncased": uncased, "cased": record(dict(do_lower_case=False)), "accents": record(dict(do_lower_case=True, strip_accents=False)),
               "chinese": record(dict(do_lower_case=True, tokenize_chinese_chars=False))},
}) + "\n")
