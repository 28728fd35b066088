/**
 * An explainer that uses a language model for explanations, labels, and predictions from
 * explanations.
 */
import { sha256Text } from "../../io/hash.js";
import { fillPrompt, type PromptName, type Prompts } from "../../text/prompts.js";
import { activationLevel } from "../evidence/activation-level.js";
import type { Excerpt } from "../evidence/excerpts.js";
import type { Example } from "../evidence/top-examples.js";
import {
  type Classification,
  type Explainer,
  type Explanation,
  NEVER_ACTIVE,
  type UnlabelledFeature,
} from "../explain/explainer.js";
import { visible } from "../explain/pattern/pattern-name.js";
import { settleAll } from "../settle-all.js";
import { type Answer, askFor, type Chat, NoAnswerError } from "./chat.js";
import { parseExplanation, parseLevels, parseMarks, parseVerdict } from "./parse-replies.js";

/** The model that is asked, the prompts, and the reward in words. */
export interface LlmExplainerOptions {
  chat: Chat;
  prompts: Prompts;
  /** The reward in words, for the labels. */
  rewardDescription: string;
  /** The text of a single token, e.g. " good". */
  tokenText: (id: number) => string;
}

/** The topic that Appendix F of the paper counts. */
const MOVIE_OPINION = "movie opinion";

/** Excerpts per request. */
export const EXCERPTS_PER_QUESTION = 20;

/**
 * Explains as Bills et al. 2023 do, from lines `token<TAB>0..10` of the examples. Labels each
 * explanation by two yes/no questions: whether it is related to the reward, and whether it is about
 * opinions on films (paper, section 4.4 and Appendix F). Predicts by asking about the excerpts. The
 * grouping and order of excerpts depend only on their content, so they reveal no answer. A feature
 * without usable reply is marked as not explained, not labelled or not scored.
 */
export function llmExplainer({ chat, prompts, rewardDescription, tokenText }: LlmExplainerOptions): Explainer {
  const shown = (id: number) => shownToken(tokenText(id));
  const ask = <T>(name: PromptName, values: Record<string, string>, parse: (text: string) => T, signal?: AbortSignal) =>
    askFor(chat, fillPrompt(prompts, name, values), parse, signal);
  /** 1 or 0 for each excerpt, requested in batches. */
  const marks = async <T extends Excerpt>(
    name: "detect" | "fuzz",
    { explanation, failed }: Explanation,
    excerpts: readonly T[],
    textOf: (excerpt: T) => string,
    signal?: AbortSignal,
  ): Promise<boolean[] | undefined> => {
    if (failed) return undefined;
    const texts = excerpts.map(textOf);
    const order = [...mixedOrder(texts)];
    const told = new Array<boolean>(excerpts.length);
    const portions = Array.from({ length: Math.ceil(order.length / EXCERPTS_PER_QUESTION) }, (_, k) =>
      order.slice(k * EXCERPTS_PER_QUESTION, (k + 1) * EXCERPTS_PER_QUESTION),
    );
    return unlessNoAnswer(async () => {
      const answers = await settleAll(
        portions.map((portion) => {
          const lines = portion.map((i, k) => `${k + 1}\t${texts[i]}`).join("\n");
          return ask(name, { explanation, excerpts: lines }, (text) => parseMarks(text, portion.length), signal);
        }),
      );
      for (const [k, portion] of portions.entries())
        for (const [j, i] of portion.entries()) told[i] = answers[k].value[j];
      return told;
    });
  };
  return {
    name: `language model ${chat.model}`,
    criterion: `answer of ${chat.model}, from the explanation alone`,
    topics: [MOVIE_OPINION],
    async explain(evidence, examples, signal) {
      if (evidence.density === 0) return { explanation: NEVER_ACTIVE, noPattern: true };
      const records = examples.map((example) => recordsOf(example, evidence.maxActivation, shown)).join("\n\n");
      try {
        const { value, kept } = await ask("explain", { examples: records }, parseExplanation, signal);
        return { explanation: value, explainedIn: kept };
      } catch (error) {
        if (!(error instanceof NoAnswerError)) throw error;
        return { explanation: `no explanation: ${error.message}`, explainedIn: [...error.kept], failed: true };
      }
    },
    async classify(features, signal) {
      const label = async ({ explanation, failed }: UnlabelledFeature): Promise<Classification> => {
        if (failed) return { related: false, reason: "there is no explanation to label", topics: [], unanswered: true };
        try {
          const [related, opinion] = await settleAll([
            ask("classify", { reward: rewardDescription, explanation }, parseVerdict, signal),
            ask("movie-opinion", { explanation }, parseVerdict, signal),
          ]);
          return {
            related: related.value.yes,
            reason: related.value.reason,
            topics: opinion.value.yes ? [MOVIE_OPINION] : [],
            classifiedIn: [related, opinion].flatMap(({ kept }: Answer<unknown>) => kept),
          };
        } catch (error) {
          if (!(error instanceof NoAnswerError)) throw error;
          const { message, kept } = error;
          return { related: false, reason: message, topics: [], classifiedIn: [...kept], unanswered: true };
        }
      };
      return settleAll(features.map(label));
    },
    detect: (explanation, excerpts, signal) =>
      marks("detect", explanation, excerpts, ({ tokens }) => visible(tokens.map(tokenText).join("")), signal),
    fuzz: (explanation, excerpts, signal) =>
      marks(
        "fuzz",
        explanation,
        excerpts,
        ({ tokens, marked }) =>
          visible(tokens.map((id, t) => (marked.includes(t) ? mark(tokenText(id)) : tokenText(id))).join("")),
        signal,
      ),
    async simulate({ explanation, failed }, excerpts, signal) {
      if (failed) return undefined;
      return unlessNoAnswer(async () => {
        const answers = await settleAll(
          excerpts.map(({ tokens }) => {
            const lines = tokens.map(shown);
            return ask(
              "simulate",
              { explanation, tokens: lines.join("\n") },
              (text) => parseLevels(text, lines),
              signal,
            );
          }),
        );
        return answers.map(({ value }) => value);
      });
    },
  };
}

async function unlessNoAnswer<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof NoAnswerError) return undefined;
    throw error;
  }
}

/**
 * Indices in an order that depends only on the texts; in the given order, excerpts of one kind
 * would be together.
 */
function mixedOrder(texts: readonly string[]): number[] {
  const keys = texts.map(sha256Text);
  return [...texts.keys()].sort((a, b) => (keys[a] < keys[b] ? -1 : keys[a] > keys[b] ? 1 : a - b));
}

function recordsOf({ tokens, activations }: Example, maxActivation: number, shown: (id: number) => string): string {
  return tokens.map((id, t) => `${shown(id)}\t${activationLevel(activations[t], maxActivation)}`).join("\n");
}

/** A token as one line that is never empty. */
function shownToken(text: string): string {
  const line = visible(text).replaceAll("\r", "\\r");
  return line.trim() === "" ? line.replaceAll(" ", "␣") || "(empty)" : line;
}

/** Puts marks around the word, without its leading space. */
function mark(text: string): string {
  const word = text.trimStart();
  return word === "" ? `<<${text}>>` : `${text.slice(0, text.length - word.length)}<<${word}>>`;
}
