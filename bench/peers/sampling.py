"""64 texts of 2-10 tokens continued by 20 tokens each: transformers' generate, one padded batch."""
import sys

import torch
from transformers import AutoModelForCausalLM
from worker import Draws, serve

model = AutoModelForCausalLM.from_pretrained(sys.argv[1], dtype=torch.float32).eval()
draws = Draws(9)
prompts = [draws.integers(draws.integer(2, 10), 5, 50000) for _ in range(64)]
longest = max(map(len, prompts))
ids = torch.tensor([[0] * (longest - len(row)) + row for row in prompts])
mask = torch.tensor([[0] * (longest - len(row)) + [1] * len(row) for row in prompts])
options = {"do_sample": True, "top_k": 0, "top_p": 1.0, "max_new_tokens": 20, "min_new_tokens": 20, "pad_token_id": 0}


@torch.inference_mode()
def work():
    model.generate(input_ids=ids, attention_mask=mask, **options)


serve(work)
