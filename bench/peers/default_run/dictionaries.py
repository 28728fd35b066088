"""Stages divergence, dictionaries and match: batch top-k autoencoders of all layers, trained side by side as one stack.

Codes are decoded as bags of weighted rows, which is faster on a CPU than dense products or sparse matrices; the product
of all features before the choice of the largest is dense.
"""

import torch
from clock import record
from language import Edited, MlpOutputs, by_length, padded
from torch.nn.functional import embedding_bag, normalize

START_TOKENS, REFIT_TOKENS = 8192, 50_000
RANDOM_SHARE = 0.2  # Of an initial direction.
RIDGE = 1e-4  # Of the refit, relative to the mean variance of a feature.
DEAD_AFTER = 20_000  # Tokens.
AVERAGE_WEIGHT = 0.01  # Of a step in the running average of thresholds.
QUALITY_TEXTS = 32


def divergence(base, tuned, count):
    """Layers of highest divergence: the sum over their tensors of the norm of the difference."""
    own, sums = tuned.state_dict(), {}
    for name, tensor in base.state_dict().items():
        parts = name.split(".")
        if "layers" in parts:
            layer = int(parts[parts.index("layers") + 1])
            sums[layer] = sums.get(layer, 0.0) + float((own[name] - tensor).norm())
    record.results["divergence"] = sums
    return sorted(sorted(sums, key=sums.get)[-count:])


@torch.inference_mode()
def read_activations(model, layers, texts):
    """MLP outputs of all tokens in half precision, [layers, tokens, dModel]: read once and kept."""
    kept = torch.empty(len(layers), sum(map(len, texts)), model.config.hidden_size, dtype=torch.float16)
    at = 0
    with MlpOutputs(model, layers) as outputs:
        for batch in by_length([len(text) for text in texts]):
            ids, mask = padded([texts[i] for i in batch])
            found = outputs.of(ids)
            tokens = int(mask.sum())
            for i, out in enumerate(found):
                kept[i, at : at + tokens] = out[mask]
            at += tokens
    record.count("tokens read", at)
    return kept


class Stream:
    """Tokens of one or more models in random order, batch by batch, epoch by epoch."""

    def __init__(self, kept, settings, seed):
        self.kept, self.settings = kept, settings
        generator = torch.Generator().manual_seed(seed)
        self.per_model = kept[0].shape[1]
        size = self.per_model * len(kept)
        self.orders = [torch.randperm(size, generator=generator) for _ in range(settings["epochs"])]
        self.tokens = min(settings["tokenVisits"], size * settings["epochs"])

    def rows(self, indices):
        """[layers, tokens, dModel] in single precision."""
        own = [indices[indices // self.per_model == i] % self.per_model for i in range(len(self.kept))]
        return torch.cat([kept.index_select(1, rows) for kept, rows in zip(self.kept, own)], 1).float()

    def batches(self):
        size = self.settings["batchTokens"]
        seen = 0
        for order in self.orders:
            for indices in order.split(size):
                if seen >= self.tokens:
                    return
                yield self.rows(indices)
                seen += len(indices)

    def first(self, tokens, at_once=2048):
        return (self.rows(indices) for indices in self.orders[0][:tokens].split(at_once))


class Trainer:
    """Autoencoders of one size, one per layer: decoder rows [layers, features, dModel] are normalised in every pass, encoder rows are free."""

    def __init__(self, points, features, settings, seed):
        layers, tokens, width = points.shape
        generator = torch.Generator().manual_seed(seed)
        mean = points.mean(1, keepdim=True)
        drawn = torch.randperm(tokens, generator=generator)[:features]
        directions = torch.zeros(layers, features, width)
        directions[:, : len(drawn)] = normalize(points[:, drawn] - mean, dim=2)
        noise = normalize(torch.randn(layers, features, width, generator=generator), dim=2)
        rows = normalize((1 - RANDOM_SHARE) * directions + RANDOM_SHARE * noise, dim=2)
        self.encoder = rows.clone().requires_grad_()
        self.rows = rows.clone().requires_grad_()
        self.encoder_bias = (-(mean @ rows.mT)).clone().requires_grad_()
        self.decoder_bias = mean.clone().requires_grad_()
        self.settings, self.features = settings, features
        parameters = [self.encoder, self.rows, self.encoder_bias, self.decoder_bias]
        self.optimizer = torch.optim.Adam(parameters, lr=settings["learningRate"], fused=True)
        self.silent = torch.zeros(layers, features)
        self.threshold, self.weight = torch.zeros(layers), 0.0
        self.curve = []

    def step(self, x, rate):
        layers, tokens, width = x.shape
        rows = normalize(self.rows, dim=2)
        before = torch.baddbmm(self.encoder_bias, x, self.encoder.mT)
        flat = before.relu().flatten(1)
        with torch.no_grad():
            # The largest activations of the batch, k per token on average, token by token.
            kept = flat.topk(self.settings["k"] * tokens, sorted=False).indices.sort(1).values
            of_token, of_feature = kept // self.features, kept % self.features
            starts = torch.searchsorted(of_token, torch.arange(tokens).expand(layers, -1).contiguous())
        codes = flat.gather(1, kept)
        bags = (
            embedding_bag(of_feature[i], rows[i], starts[i], mode="sum", per_sample_weights=codes[i])
            for i in range(layers)
        )
        error = torch.stack(list(bags)) + self.decoder_bias - x
        squares = error.square().sum((1, 2))
        loss = squares.sum() / (tokens * width)
        dead = self.silent >= DEAD_AFTER
        if dead.any():
            loss = loss + self._auxiliary(before, rows, error.detach(), dead)
        for group in self.optimizer.param_groups:
            group["lr"] = rate * self.settings["learningRate"]
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        with torch.no_grad():
            fired = torch.zeros_like(self.silent).scatter_add(1, of_feature, (codes > 0).float())
            self.silent = torch.where(fired > 0, 0.0, (self.silent + tokens).clamp(max=DEAD_AFTER))
            self.threshold += AVERAGE_WEIGHT * (codes.amin(1) - self.threshold)
            self.weight += AVERAGE_WEIGHT * (1 - self.weight)
            sums = torch.stack([squares / width, codes.sum(1), fired.sum(1)]) / tokens
            self.curve.append(sums.tolist())

    def _auxiliary(self, before, rows, error, dead):
        """Dead features reconstruct the error of the others (Gao et al. 2024)."""
        _, tokens, width = error.shape
        full = width // 2
        total = 0.0
        for layer in dead.any(1).nonzero().flatten().tolist():
            own = dead[layer].nonzero().flatten()
            count = min(full, len(own))
            largest = before[layer][:, own].topk(count, dim=1)
            codes = torch.zeros(tokens, len(own)).scatter(1, largest.indices, largest.values)
            weight = self.settings["auxCoef"] * count / full / (tokens * width)
            total = total + weight * (codes @ rows[layer, own] + error[layer]).square().sum()
        return total

    @torch.no_grad()
    def dictionary(self, stream):
        """With `refit` the decoder is the least-squares fit to the codes of 50,000 tokens; codes change in scale only."""
        rows = normalize(self.rows.detach(), dim=2)
        threshold = (self.threshold / self.weight)[:, None].expand(-1, self.features)
        found = Dictionary(self.encoder.detach().mT, self.encoder_bias.detach(), rows, self.decoder_bias.detach(), threshold)
        if not self.settings["refit"]:
            return found
        layers, features, width = rows.shape
        products = torch.zeros(layers, features, features, dtype=torch.float64)
        with_inputs = torch.zeros(layers, features, width, dtype=torch.float64)
        code_sums = torch.zeros(layers, features, dtype=torch.float64)
        input_sums = torch.zeros(layers, width, dtype=torch.float64)
        tokens = 0
        for x in stream.first(REFIT_TOKENS):
            codes = found.encode_all(x)
            products += codes.mT @ codes
            with_inputs += codes.mT @ x
            code_sums += codes.sum(1)
            input_sums += x.sum(1)
            tokens += x.shape[1]
        codes, inputs = code_sums / tokens, input_sums / tokens
        covariance = products / tokens - codes[:, :, None] * codes[:, None]
        trace = covariance.diagonal(dim1=1, dim2=2).mean(1)
        covariance.diagonal(dim1=1, dim2=2).add_(RIDGE * trace[:, None])
        right = with_inputs / tokens - codes[:, :, None] * inputs[:, None]
        decoder = torch.cholesky_solve(right, torch.linalg.cholesky(covariance))
        decoder = torch.where(code_sums[:, :, None] > 0, decoder, rows.double())
        norms = decoder.norm(dim=2).float()
        bias = (inputs - (codes[:, None] @ decoder)[:, 0]).float()[:, None]
        record.count("tokens of refits", tokens * layers)
        scaled = found.encoder * norms[:, None], found.encoder_bias * norms[:, None]
        return Dictionary(*scaled, normalize(decoder.float(), dim=2), bias, threshold * norms)


class Dictionary:
    """Of each layer: codes = relu(x E + b) where x E + b is above a threshold; x = codes D + c."""

    def __init__(self, encoder, encoder_bias, decoder, decoder_bias, threshold):
        self.encoder, self.encoder_bias = encoder, encoder_bias  # [layers, dModel, features], [layers, 1, features]
        self.decoder, self.decoder_bias = decoder, decoder_bias  # [layers, features, dModel], [layers, 1, dModel]
        self.threshold = threshold  # [layers, features]

    def encode_all(self, x):
        before = torch.baddbmm(self.encoder_bias, x, self.encoder)
        return before.relu() * (before > self.threshold[:, None])

    def encode(self, layer, x, features=slice(None)):
        """Codes of some features; layer is a place in the stack."""
        before = x @ self.encoder[layer][:, features] + self.encoder_bias[layer, 0, features]
        return before.relu() * (before > self.threshold[layer, features])

    def decode(self, layer, codes):
        return codes @ self.decoder[layer] + self.decoder_bias[layer, 0]


def rate_at(tokens, total, settings):
    """Rises over `warmup` of the tokens and falls to 0 over `decay` of them."""
    rise = (tokens + 1) / max(1, settings["warmup"] * total)
    return min(1.0, rise, max(0.0, (total - tokens) / max(1, settings["decay"] * total)))


def train(kept, factors, settings, seed):
    """Dictionaries of these sizes, on the tokens of all given models."""
    stream = Stream(kept, settings, seed)
    width = kept[0].shape[2]
    points = torch.cat(list(stream.first(START_TOKENS)), 1)
    trainers = [Trainer(points, round(width * factor), settings, seed + i) for i, factor in enumerate(factors)]
    seen = 0
    for x in stream.batches():
        rate = rate_at(seen + x.shape[1] / 2, stream.tokens, settings)
        for trainer in trainers:
            trainer.step(x, rate)
        seen += x.shape[1]
        record.count("steps", len(trainers) * x.shape[0])
    record.count("token visits", seen)
    return [trainer.dictionary(stream) for trainer in trainers]


@torch.inference_mode()
def quality(model, layers, dictionaries, texts):
    """Of each dictionary: errors, and the loss of the model with reconstructions in place of the MLP outputs."""
    found = []
    texts = texts[:QUALITY_TEXTS]
    batches = [padded([texts[i] for i in batch]) for batch in by_length([len(text) for text in texts], 8)]
    with MlpOutputs(model, layers) as outputs:
        parts = [[out[mask] for out in outputs.of(ids)] for ids, mask in batches]
    read = [torch.cat(own) for own in zip(*parts)]

    def loss(edits):
        """Per token, with the unembedding at real tokens alone."""
        record.count("passes", len(texts))
        total = tokens = 0
        with Edited(model, edits):
            for ids, mask in batches:
                states = model.gpt_neox(input_ids=ids, use_cache=False).last_hidden_state[:, :-1][mask[:, 1:]]
                targets = ids[:, 1:][mask[:, 1:]]
                logits = model.get_output_embeddings()(states)
                total += torch.nn.functional.cross_entropy(logits, targets, reduction="sum").item()
                tokens += len(targets)
        return total / tokens

    original = loss({})
    for i, layer in enumerate(layers):
        zeroed = loss({layer: torch.zeros_like})
        x = read[i]
        for name, dictionary in dictionaries.items():
            codes = dictionary.encode(i, x)
            error = (dictionary.decode(i, codes) - x).double().square().sum()
            variance = (x - x.mean(0)).double().square().sum()
            spliced = loss({layer: lambda out: dictionary.decode(i, dictionary.encode(i, out))})
            found.append({
                "layer": layer,
                "name": name,
                "l0": (codes > 0).sum().item() / len(x),
                "explainedVariance": 1 - (error / variance).item(),
                "normalisedMse": (error / (x - x.mean()).double().square().sum()).item(),
                "deadFeatures": int((codes.amax(0) == 0).sum()),
                "lossRecovered": (zeroed - spliced) / (zeroed - original),
            })
    return found


def train_all(models, layers, inputs):
    """Small and large dictionaries of both models, and those that both share, with their quality."""
    settings, seed = inputs["config"]["dictionaries"], inputs["seed"]
    texts, held_out = inputs["texts"]["training"], inputs["texts"]["heldOut"]
    kept, small, large, measured = [], {}, {}, []
    for role, model in models.items():
        kept.append(read_activations(model, layers, texts))
        factors = [settings["smallFactor"], settings["largeFactor"]]
        small[role], large[role] = train(kept[-1:], factors, settings, seed)
        both = {"small": small[role], "large": large[role]}
        measured += [{"model": role, **one} for one in quality(model, layers, both, held_out)]
    [shared] = train(kept, [settings["sharedFactor"]], settings, seed + 2)
    for role, model in models.items():
        measured += [{"model": role, **one} for one in quality(model, layers, {"shared": shared}, held_out)]
    record.results["dictionaries"] = measured
    return small, large, shared


def match(small, large, layers, top, seed):
    """The best matched features of the small dictionaries, and MMCS of all pairs, with random rows as the control."""
    generator = torch.Generator().manual_seed(seed)

    def nearest(a, b):
        return (normalize(a, dim=1) @ normalize(b, dim=1).T).max(1)

    best, scores = {}, []
    for role in small:
        best[role] = []
        for i, layer in enumerate(layers):
            one, other = small[role].decoder[i], large[role].decoder[i]
            cosines = nearest(one, other)
            control = nearest(*(torch.randn(part.shape, generator=generator) for part in (one, other)))
            best[role].append(cosines.values.argsort(descending=True)[:top].numpy())
            mmcs = {"mmcs": cosines.values.mean().item(), "random": control.values.mean().item()}
            scores.append({"model": role, "layer": layer, **mmcs})
    for i in range(len(layers)):
        sets = [found[role].decoder[i] for role in small for found in (small, large)]
        for one in sets:
            for other in sets:
                if one is not other:
                    nearest(one, other)
    record.results["match"] = scores
    return best
