"""One step of a small and a large tied autoencoder in PyTorch, eager or compiled: the same mathematics as bench/work/autoencoder.ts."""
import sys

import torch
from worker import serve

bias, mode = float(sys.argv[2]), sys.argv[3]
torch.manual_seed(1)
tokens, width = 8192, 512
x = torch.randn(tokens, width)


class Tied(torch.nn.Module):
    def __init__(self, features):
        super().__init__()
        self.rows = torch.nn.Parameter(torch.nn.init.xavier_uniform_(torch.empty(features, width)))
        self.encoder_bias = torch.nn.Parameter(torch.full((features,), bias))
        self.decoder_bias = torch.nn.Parameter(torch.zeros(width))

    def forward(self, x):
        rows = torch.nn.functional.normalize(self.rows, dim=1)
        codes = torch.relu(x @ rows.T + self.encoder_bias)
        error = (codes @ rows + self.decoder_bias - x).square().mean()
        return error + 0.001 * codes.sum(1).mean(), (codes > 0).sum(1).float().mean()


pair = torch.nn.ModuleList([Tied(512), Tied(1024)])
optimizer = torch.optim.Adam(pair.parameters(), lr=1e-6, fused=True)


def losses(x):
    results = [autoencoder(x) for autoencoder in pair]
    return sum(loss for loss, _ in results), [l0 for _, l0 in results]


if mode == "compiled":
    losses = torch.compile(losses)


def work():
    loss, l0 = losses(x)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    [value.item() for value in l0]


serve(work)
