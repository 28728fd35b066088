"""One PPO batch by TRL 0.7.7, sampled prompt by prompt (as the paper's authors did) or in one padded batch."""
import sys

import torch
from tokenizers import Tokenizer, models
from transformers import PreTrainedTokenizerFast
from trl import AutoModelForCausalLMWithValueHead, PPOConfig, PPOTrainer
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer
from worker import Draws, serve

folder, mode = sys.argv[1], sys.argv[2]
torch.manual_seed(1)
words = Tokenizer(models.WordLevel({"<pad>": 0, "<unk>": 1}, unk_token="<unk>"))
tokenizer = PreTrainedTokenizerFast(tokenizer_object=words, pad_token="<pad>", eos_token="<pad>", unk_token="<unk>")
load = lambda: AutoModelForCausalLMWithValueHead.from_pretrained(folder, summary_dropout_prob=0.0)
config = PPOConfig(batch_size=64, mini_batch_size=16, ppo_epochs=4, learning_rate=1.4e-6, seed=1)
trainer = PPOTrainer(config, load(), load(), tokenizer)
lexicon = SentimentIntensityAnalyzer().lexicon
names = [word for word in lexicon if word.isascii() and word.isalpha() and word.islower()]
draws = Draws(7)
sampling = {"do_sample": True, "top_k": 0, "top_p": 1.0, "pad_token_id": 0, "eos_token_id": -1}


def score(ids):
    total = sum(lexicon.get(word, 0.0) for word in " ".join(names[i % len(names)] for i in ids.tolist()).split(" "))
    return torch.tensor(max(-10.0, min(10.0, total / 5)))


def work():
    queries = [torch.tensor(draws.integers(draws.integer(2, 10), 5, 50000)) for _ in range(64)]
    lengths = draws.integers(64, 8, 20)
    if mode == "single":
        responses = [
            trainer.generate(query, max_new_tokens=length, **sampling).squeeze(0)[len(query):]
            for query, length in zip(queries, lengths)
        ]
    else:
        rows = trainer.generate(queries, batch_size=64, return_prompt=False, max_new_tokens=20, **sampling)
        responses = [row[:length] for row, length in zip(rows, lengths)]
    trainer.step(queries, responses, [score(ids) for ids in responses])


serve(work)
