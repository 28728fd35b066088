/**
 * Contrastive triples: one context with a positive, a neutral and a negative last word (paper,
 * section 4.3 and Appendix E.2).
 */
import { RunError } from "../../errors.js";
import type { LanguageModel, Tokenizer } from "../../model/language-model.js";
import type { Rng } from "../../rng.js";
import { sum } from "../../stats/moments.js";
import { settleAll } from "../settle-all.js";
import { WordClasses } from "../words/word-classes.js";
import { WordTokens } from "../words/word-tokens.js";
import { countBy, keepWithinCaps, largestShare, WordCap } from "./word-caps.js";

/** A word of a triple with its token and its value. */
export interface TripleWord {
  /** Token id of a space and the word. */
  token: number;
  word: string;
}

/** A context with a positive, a neutral and a negative word that can follow it. */
export interface Triple {
  /** Index of the text among the given ones. */
  text: number;
  /** Tokens of the text before the word. */
  context: number[];
  positive: TripleWord;
  neutral: TripleWord;
  negative: TripleWord;
}

/** Numbers of triples and of different words. */
export interface TriplesSummary {
  triples: number;
  distinctPositives: number;
  distinctNegatives: number;
  distinctNeutrals: number;
  /** Largest share that one word has of the negatives (neutrals). */
  largestNegativeShare: number;
  largestNeutralShare: number;
  samples: { context: string; positive: string; neutral: string; negative: string }[];
  /** With proposed substitutes: the number of proposals in the triples. The others were sampled. */
  proposed?: { negatives: number; neutrals: number };
}

/**
 * Proposes words that could replace a positive word after a context; those that break the rules are
 * ignored.
 */
export type ProposeSubstitutes = (
  context: string,
  word: string,
  signal?: AbortSignal,
) => Promise<{ negative: readonly string[]; neutral: readonly string[] }>;

/** How many triples are built, and from what. */
export interface TriplesOptions {
  /** The base model, whose probabilities choose the substitutes. */
  model: LanguageModel;
  tokenizer: Pick<Tokenizer, "tokenText" | "decode">;
  /** Lower-case word -> valence. */
  lexicon: ReadonlyMap<string, number>;
  /** Token ids of texts that neither tuning nor the autoencoders have seen. */
  texts: readonly (readonly number[])[];
  /** Maximal number of triples; the paper has 6602. */
  count: number;
  /** Number of distinct negative words to reach, if the corpus has enough. Default 100. */
  minDistinctNegatives?: number;
  /** Maximal share of the triples that contain one word (see `WordCap`). Default 0.02. */
  maxWordShare?: number;
  /** Proposes substitutes, which must follow the rules of the model's own; default: none. */
  propose?: ProposeSubstitutes;
  /** Contexts per forward pass. */
  batchSize: number;
  rng: Rng;
  signal?: AbortSignal;
  /** Called after each batch with the numbers of contexts done and of all. */
  onBatch?: (done: number, total: number) => void;
}

/** Contexts shorter than this carry too little information to choose a substitute. */
const MIN_CONTEXT = 4;
/** Size of a word's class: the most similar words among the negatives (neutrals). */
const CLASS_SIZE = 60;
/**
 * Every negative word is in the classes of this number of positive words, those most similar to it.
 */
const MIN_CLASSES = 5;
/** Texts prepared per requested triple, since some are lost when their classes are exhausted. */
const SPARE = 1.1;
const SAMPLES = 20;

/** Maximal number of texts that are prepared for `count` triples. */
export function textsForTriples(count: number): number {
  return Math.ceil(SPARE * count);
}

/** A text up to its first positive word. */
export interface Truncated {
  text: number;
  context: readonly number[];
  positive: number;
}

/** The token ids that may replace a positive word. */
interface Substitutes {
  negatives: number[];
  neutrals: number[];
}

/**
 * Substitutes for one text's word, with the base model's probabilities in context, renormalised
 * over the class.
 */
interface Pool {
  ids: readonly number[];
  probabilities: Float64Array;
}

/** The pools of one text: its classes, and the proposals. */
interface Pools {
  negatives: Pool;
  neutrals: Pool;
  proposed?: { negatives: Pool; neutrals: Pool };
}

type RoleCaps = Record<"positive" | "neutral" | "negative", WordCap>;

type Drawn = Truncated & { neutral: number; negative: number; negatives: Pool; proposed?: Pools["proposed"] };

/**
 * Builds triples. By default this needs no language model that follows instructions. Each text is
 * truncated at its first positive lexicon word; texts are left out if that word is not one
 * lower-case token or has fewer than 4 tokens before it.
 * The substitutes, also words of one token, are drawn by the base model's probability in context
 * from the class of the original word (see `WordClasses`): the 60 most similar negative lexicon
 * words, and the 60 most similar words outside the lexicon that are not function words. Every
 * negative word is also in the classes of the 5 positive words most similar to it.
 * No word is in more than its maximal share of the triples (see `WordCap`): a word that has reached
 * it is not drawn again, and texts whose positive word would exceed it are left out. If fewer
 * distinct negatives are drawn than requested although the corpus has more, unused ones replace
 * repeated ones where the base model gives them the highest probability.
 * With proposed substitutes (the paper asked GPT-3.5-Turbo for them), the word is drawn by the same
 * rules from the proposals that are negative (neutral) words of the corpus, in the class or not. If
 * none fits or all have reached their share, it is drawn from the class.
 * @returns triples in random order and their counts
 * @throws RunError when no triple could be built
 */
export async function buildTriples(options: TriplesOptions): Promise<{ triples: Triple[]; summary: TriplesSummary }> {
  const { tokenizer, lexicon, texts, count, minDistinctNegatives = 100, maxWordShare = 0.02, rng } = options;
  const words = new WordTokens(tokenizer.tokenText.bind(tokenizer), lexicon);
  const classes = new WordClasses(texts, words);
  const valenceOf = (id: number) => lexicon.get(words.text(id).trimStart()) ?? 0;
  const negatives = classes.ids.filter((id) => valenceOf(id) < 0);
  const neutrals = classes.ids.filter((id) => !lexicon.has(words.text(id).trimStart()) && !classes.isFunctionWord(id));

  const truncated = rng.shuffle(
    texts.flatMap((tokens, text) =>
      truncateAtFirstPositive(tokens, text, words).filter(({ positive }) => classes.has(positive)),
    ),
  );
  const caps: RoleCaps = {
    positive: new WordCap(new Set(truncated.map(({ positive }) => positive)).size, maxWordShare),
    neutral: new WordCap(neutrals.length, maxWordShare),
    negative: new WordCap(negatives.length, maxWordShare),
  };
  const wanted = keepWithinCaps(truncated, { positive: caps.positive }, textsForTriples(count));
  const substitutes = substituteClasses(
    [...new Set(wanted.map(({ positive }) => positive))],
    negatives,
    neutrals,
    classes,
  );
  const proposals = await proposedIds(wanted, { negatives, neutrals }, words, options);
  const pools = await substitutePools(wanted, substitutes, proposals, options);
  const drawn = keepWithinCaps(draw(wanted, pools, caps, rng), caps, count);
  spreadNegatives(drawn, Math.min(minDistinctNegatives, negatives.length));
  if (drawn.length === 0) {
    throw new RunError(`contrastive triples: expected at least one, received none from ${texts.length} texts`, {
      help: `Give more texts: ${truncated.length} contain a usable positive word; the corpus has ${negatives.length} negative and ${neutrals.length} neutral words.`,
    });
  }
  const word = (token: number): TripleWord => ({ token, word: words.text(token).trimStart() });
  const triples = drawn.map(({ text, context, positive, neutral, negative }) => ({
    text,
    context: [...context],
    positive: word(positive),
    neutral: word(neutral),
    negative: word(negative),
  }));
  const among = (pool: Pool | undefined, id: number) => pool?.ids.includes(id) ?? false;
  const proposed = proposals && {
    negatives: drawn.filter(({ proposed: pools, negative }) => among(pools?.negatives, negative)).length,
    neutrals: drawn.filter(({ proposed: pools, neutral }) => among(pools?.neutrals, neutral)).length,
  };
  return { triples, summary: { ...summarise(triples, tokenizer), ...(proposed && { proposed }) } };
}

/**
 * The text up to its first positive lexicon word, or nothing when that word cannot be replaced by
 * another token.
 */
export function truncateAtFirstPositive(tokens: readonly number[], text: number, words: WordTokens): Truncated[] {
  for (const span of words.words(tokens)) {
    if ((words.lexicon.get(span.word) ?? 0) <= 0) continue;
    const positive = words.plainToken(tokens, span);
    if (positive === undefined || span.start < MIN_CONTEXT) return [];
    return [{ text, context: tokens.slice(0, span.start), positive }];
  }
  return [];
}

/**
 * The class of each positive word: its most similar words, and the negative words whose most
 * similar positive word it is.
 */
function substituteClasses(
  positives: readonly number[],
  negatives: readonly number[],
  neutrals: readonly number[],
  classes: WordClasses,
): Map<number, Substitutes> {
  const substitutes = new Map(
    positives.map((positive) => [
      positive,
      {
        negatives: classes.mostSimilar(positive, negatives, CLASS_SIZE),
        neutrals: classes.mostSimilar(positive, neutrals, CLASS_SIZE),
      },
    ]),
  );
  for (const negative of negatives) {
    for (const positive of classes.mostSimilar(negative, positives, MIN_CLASSES)) {
      const own = substitutes.get(positive)!.negatives;
      if (!own.includes(negative)) own.push(negative);
    }
  }
  return substitutes;
}

/** The proposed words of each text that are valid substitutes; undefined without `propose`. */
async function proposedIds(
  wanted: readonly Truncated[],
  allowed: Substitutes,
  words: WordTokens,
  { propose, tokenizer, signal }: TriplesOptions,
): Promise<Substitutes[] | undefined> {
  if (!propose) return undefined;
  const byWord = (ids: readonly number[]) => new Map(ids.map((id) => [words.text(id).trimStart(), id]));
  const [negatives, neutrals] = [byWord(allowed.negatives), byWord(allowed.neutrals)];
  const fitting = (proposals: readonly string[], known: ReadonlyMap<string, number>) => [
    ...new Set(proposals.flatMap((word) => known.get(word.trim()) ?? [])),
  ];
  return settleAll(
    wanted.map(async ({ context, positive }) => {
      const { negative, neutral } = await propose(tokenizer.decode(context), words.text(positive).trimStart(), signal);
      return { negatives: fitting(negative, negatives), neutrals: fitting(neutral, neutrals) };
    }),
  );
}

async function substitutePools(
  wanted: readonly Truncated[],
  substitutes: ReadonlyMap<number, Substitutes>,
  proposals: readonly Substitutes[] | undefined,
  { model, batchSize, signal, onBatch }: TriplesOptions,
): Promise<Pools[]> {
  const order = wanted.map((_, i) => i).sort((a, b) => wanted[a].context.length - wanted[b].context.length || a - b);
  const pools = new Array<Pools>(wanted.length);
  for (let start = 0; start < order.length; start += batchSize) {
    signal?.throwIfAborted();
    const batch = order.slice(start, start + batchSize);
    const { logits } = await model.forward(
      { inputIds: batch.map((i) => wanted[i].context) },
      { logits: "last", signal },
    );
    const vocabSize = logits.dims[2];
    for (const [row, i] of batch.entries()) {
      const own = logits.data.subarray(row * vocabSize, (row + 1) * vocabSize);
      const poolsOf = ({ negatives, neutrals }: Substitutes) => ({
        negatives: poolOf(negatives, own),
        neutrals: poolOf(neutrals, own),
      });
      pools[i] = {
        ...poolsOf(substitutes.get(wanted[i].positive)!),
        ...(proposals && { proposed: poolsOf(proposals[i]) }),
      };
    }
    onBatch?.(start + batch.length, order.length);
  }
  return pools;
}

function poolOf(ids: readonly number[], logits: Float32Array): Pool {
  const highest = ids.reduce((max, id) => Math.max(max, logits[id]), Number.NEGATIVE_INFINITY);
  const weights = Float64Array.from(ids, (id) => Math.exp(logits[id] - highest));
  const total = sum(weights);
  return { ids, probabilities: weights.map((weight) => weight / total) };
}

/**
 * Draws both substitutes of each text; a text is left out when all words of a class have reached
 * their share.
 */
function draw(wanted: readonly Truncated[], pools: readonly Pools[], caps: RoleCaps, rng: Rng): Drawn[] {
  const used = { neutral: new Map<number, number>(), negative: new Map<number, number>() };
  const drawn: Drawn[] = [];
  for (const [i, truncated] of wanted.entries()) {
    const { negatives, neutrals, proposed } = pools[i];
    const drawOne = (role: "negative" | "neutral", own: Pool, first: Pool | undefined) => {
      const cap = caps[role].of(wanted.length);
      return (first && drawFrom(first, used[role], cap, rng)) ?? drawFrom(own, used[role], cap, rng);
    };
    const negative = drawOne("negative", negatives, proposed?.negatives);
    const neutral = drawOne("neutral", neutrals, proposed?.neutrals);
    if (negative === undefined || neutral === undefined) continue;
    used.negative.set(negative, (used.negative.get(negative) ?? 0) + 1);
    used.neutral.set(neutral, (used.neutral.get(neutral) ?? 0) + 1);
    drawn.push({ ...truncated, negative, neutral, negatives, proposed });
  }
  return drawn;
}

function drawFrom(pool: Pool, used: ReadonlyMap<number, number>, cap: number, rng: Rng): number | undefined {
  const open = pool.ids
    .map((id, i) => ({ id, weight: (used.get(id) ?? 0) < cap ? pool.probabilities[i] : 0 }))
    .filter(({ weight }) => weight > 0);
  let left = rng.uniform() * open.reduce((sum, { weight }) => sum + weight, 0);
  for (const { id, weight } of open) {
    left -= weight;
    if (left < 0) return id;
  }
  return open.at(-1)?.id;
}

/** Brings the number of distinct negatives up to `distinct` where classes allow it, in place. */
function spreadNegatives(drawn: Drawn[], distinct: number): void {
  const used = countBy(drawn, ({ negative }) => negative);
  while (used.size < distinct) {
    let best = { triple: -1, id: -1, probability: 0 };
    for (const [triple, { negative, negatives }] of drawn.entries()) {
      if (used.get(negative)! < 2) continue;
      for (const [i, id] of negatives.ids.entries()) {
        if (!used.has(id) && negatives.probabilities[i] > best.probability) {
          best = { triple, id, probability: negatives.probabilities[i] };
        }
      }
    }
    if (best.triple < 0) return;
    const replaced = drawn[best.triple].negative;
    used.set(replaced, used.get(replaced)! - 1);
    used.set(best.id, 1);
    drawn[best.triple].negative = best.id;
  }
}

function summarise(triples: readonly Triple[], tokenizer: Pick<Tokenizer, "decode">): TriplesSummary {
  const counts = (role: keyof RoleCaps) => countBy(triples, (triple) => triple[role].token);
  return {
    triples: triples.length,
    distinctPositives: counts("positive").size,
    distinctNegatives: counts("negative").size,
    distinctNeutrals: counts("neutral").size,
    largestNegativeShare: largestShare(counts("negative"), triples.length),
    largestNeutralShare: largestShare(counts("neutral"), triples.length),
    samples: triples.slice(0, SAMPLES).map(({ context, positive, neutral, negative }) => ({
      context: tokenizer.decode(context),
      positive: positive.word,
      neutral: neutral.word,
      negative: negative.word,
    })),
  };
}
