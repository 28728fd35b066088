/** The model card of a pre-trained model: data, settings, loss, samples. */
import type { PretrainStep } from "../model/pretrain.js";
import type { PretrainConfig } from "./pretrain-config.js";

export interface CardFacts {
  readonly name: string;
  readonly config: PretrainConfig;
  readonly parameters: number;
  readonly history: readonly PretrainStep[];
  readonly corpusTokens: number;
  /** Characters per token of the held-out texts. */
  readonly charactersPerToken: number;
  /** On all held-out windows, in nats per token. */
  readonly heldOutLoss: number;
  readonly samples: readonly string[];
  readonly sampledTexts: number;
  readonly droppedShare: number;
}

/** A curve of loss over tokens, as SVG. */
export function lossCurve(points: readonly { tokens: number; loss: number }[]): string {
  const [width, height, left, bottom] = [640, 300, 48, 36];
  const most = Math.max(...points.map(({ tokens }) => tokens));
  const low = Math.floor(Math.min(...points.map(({ loss }) => loss)));
  const high = Math.ceil(Math.max(...points.map(({ loss }) => loss)));
  const x = (tokens: number): number => left + (tokens / most) * (width - left - 12);
  const y = (loss: number): number => 12 + ((high - loss) / (high - low)) * (height - bottom - 12);
  const line = points.map(({ tokens, loss }) => `${x(tokens).toFixed(1)},${y(loss).toFixed(1)}`).join(" ");
  const ticks = Array.from({ length: high - low + 1 }, (_, i) => low + i).map(
    (loss) =>
      `<text x="${left - 8}" y="${y(loss) + 4}" text-anchor="end">${loss}</text><line x1="${left}" x2="${width - 12}" y1="${y(loss)}" y2="${y(loss)}" stroke="#ddd"/>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12" fill="#444" role="img"><title>Held-out loss in nats per token over millions of training tokens</title><rect width="${width}" height="${height}" fill="#fff"/>${ticks.join("")}<text x="${left}" y="${height - 8}">0</text><text x="${width - 12}" y="${height - 8}" text-anchor="end">${(most / 1e6).toFixed(1)} million tokens</text><polyline points="${line}" fill="none" stroke="#0072b2" stroke-width="2"/></svg>\n`;
}

const quote = (text: string): string =>
  text
    .split("\n")
    .map((line) => `> ${line}`)
    .join("\n");

/** README.md of the model's folder. */
export function modelCard(facts: CardFacts): string {
  const { config, history, heldOutLoss, charactersPerToken } = facts;
  const { model, training } = config;
  const tokensPerStep = training.batchSize * training.length;
  const measured = history.filter((step) => step.heldOutLoss !== undefined);
  const every = Math.max(1, Math.floor(measured.length / 12));
  const rows = measured.filter((_, i) => i % every === every - 1 || i === measured.length - 1);
  const bits = heldOutLoss / Math.LN2;
  return `---
library_name: transformers
pipeline_tag: text-generation
tags: [gpt_neox, rewardscope]
---
# ${facts.name}

A small GPT-NeoX for experiments that must run in minutes: ${(facts.parameters / 1e6).toFixed(1)} million parameters, ${model.nLayers} layers, width ${model.dModel}, ${config.vocabSize} tokens.
Trained by \`rewardscope pretrain\` from scratch; no other model went into it. It loads in Python with \`AutoModelForCausalLM.from_pretrained(folder)\`.

## Data
${config.dataTerms}
Byte-level BPE trained on the same texts. ${(facts.corpusTokens / 1e6).toFixed(1)} million tokens, read ${((training.steps * tokensPerStep) / facts.corpusTokens).toFixed(2)} times.

## Training
${training.steps} steps of ${training.batchSize} windows of ${training.length} tokens (${((training.steps * tokensPerStep) / 1e6).toFixed(1)} million tokens), AdamW with peak learning rate ${training.learningRate}, ${training.warmupSteps} steps of warm-up, the last ${Math.round(training.decayShare * 100)}% falling to 0, weight decay ${training.weightDecay}, gradient norm at most ${training.maxGradNorm}, seed ${config.seed}.

| step | tokens (millions) | held-out loss (nats per token) |
| ---: | ---: | ---: |
${rows.map(({ step, heldOutLoss: loss }) => `| ${step} | ${((step * tokensPerStep) / 1e6).toFixed(2)} | ${loss!.toFixed(3)} |`).join("\n")}

![held-out loss](loss.svg)

## Held-out figures
Loss ${heldOutLoss.toFixed(3)} nats per token, perplexity ${Math.exp(heldOutLoss).toFixed(1)} per token, ${(bits / charactersPerToken).toFixed(3)} bits per character (${charactersPerToken.toFixed(2)} characters per token), on ${config.heldOutTexts} texts that were not trained on.

## Samples
Temperature ${config.samples.temperature}, whole vocabulary, not selected.

${facts.samples.map(quote).join("\n\n")}
${
  facts.sampledTexts > 0
    ? `\n## The synthetic corpus\n\`corpus/\` holds ${facts.sampledTexts} texts sampled from this model at temperature ${config.samples.temperature}. ${(facts.droppedShare * 100).toFixed(2)}% of the sampled texts shared ${config.samples.sharedWords} consecutive words with a training text and were dropped.\n`
    : ""
}
## Limits
It writes fluent phrases and incoherent paragraphs, knows nothing but its corpus, and repeats that corpus's prejudices. It is an object of study, not a tool.
`;
}
