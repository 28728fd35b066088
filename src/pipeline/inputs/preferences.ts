/** The preferences of an audit as tokens of both models. */
import type { Config } from "../../config/config.js";
import { FormatError } from "../../errors.js";
import { type TokenCompletion, type TokenPair, tokenCompletion, tokenPair } from "../../interpret/index.js";
import type { Tokenizer } from "../../model/language-model.js";
import { type PreferenceTexts, renderPreference } from "../../model/tokenizer/chat-template.js";
import { type BadRow, loadPreferences } from "../../text/index.js";
import { isPair } from "../../text/preferences/preference.js";
import { type PairTemplate, templateEncoder, transcript } from "./pair-template.js";

/** Fewer preferences say nothing. */
export const LEAST_PREFERENCES = 20;

/** What makes texts of conversations: the template of a model of the pair, or transcripts; `none` where all were texts. */
export type ConversationForm = "none" | "transcript" | PairTemplate["of"];

export interface TokenPreferences {
  readonly pairs: readonly TokenPair[];
  readonly completions: readonly TokenCompletion[];
  readonly form: ConversationForm;
  /** Left out, since they are longer than `audit.preferenceTokens` or the models' positions. */
  readonly longer: number;
  /** Rows that are no preferences, or that the template refuses, and the first of them. */
  readonly bad: number;
  readonly firstBad?: BadRow;
}

/** What preferences are read with. */
export interface PreferenceReading {
  readonly tokenizer: Tokenizer;
  readonly template: PairTemplate | undefined;
  /** Maximal tokens of a row, prompt and answer together. */
  readonly mostTokens: number;
  readonly signal: AbortSignal;
}

/**
 * The first `audit.preferenceRows` preferences that are short enough, in the order of the data set. Rows that are no preferences are
 * left out and counted.
 * @param source `audit.preferences`
 * @throws ConfigError when the source or the split does not exist; FormatError when a file is damaged
 */
export async function readPreferences(
  source: string,
  { preferenceSplit: split, preferenceRows: most }: Config["audit"],
  { tokenizer, template, mostTokens, signal }: PreferenceReading,
): Promise<TokenPreferences> {
  const [pairs, completions]: [TokenPair[], TokenCompletion[]] = [[], []];
  let [longer, bad, form]: [number, number, ConversationForm] = [0, 0, "none"];
  let firstBad: BadRow | undefined;
  const refuse = (row: BadRow): void => {
    bad++;
    firstBad ??= row;
  };
  const ofTemplate = templateEncoder(tokenizer);
  let number = 0;
  // Files from the Hub were downloaded at the beginning of the run.
  for await (const preference of loadPreferences(source, { split, signal, offline: true, onBadRow: refuse })) {
    number++;
    const isChat = typeof preference.prompt !== "string";
    if (isChat) form = template?.of ?? "transcript";
    let texts: PreferenceTexts;
    try {
      texts = renderPreference(preference, template ?? transcript);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      refuse({ file: source, place: `preference ${number}`, problem: error.message });
      continue;
    }
    const encoder = isChat && template ? ofTemplate : tokenizer;
    if (isPair(texts)) {
      const pair = tokenPair(encoder, texts);
      if (Math.max(pair.chosen.length, pair.rejected.length) > mostTokens) longer++;
      else pairs.push(pair);
    } else {
      const completion = tokenCompletion(encoder, texts);
      if (completion.ids.length > mostTokens) longer++;
      else completions.push(completion);
    }
    if (pairs.length + completions.length >= most) break;
  }
  return { pairs, completions, form, longer, bad, firstBad };
}

/** Whether labelled completions are enough to measure: half of the least number at least of each label. */
export function hasEnoughLabels(labelled: readonly { readonly wanted: boolean }[]): boolean {
  const wanted = labelled.filter((one) => one.wanted).length;
  return 2 * Math.min(wanted, labelled.length - wanted) >= LEAST_PREFERENCES;
}

/**
 * Why preferences are too few to measure anything; undefined where they suffice.
 * @returns expected and received, as of an issue
 */
export function lackingPreferences(
  source: string,
  { pairs, completions, longer, bad, firstBad }: TokenPreferences,
  mostTokens: number,
): { expected: string; received: string } | undefined {
  if (pairs.length >= LEAST_PREFERENCES || hasEnoughLabels(completions)) return undefined;
  const wanted = completions.filter((one) => one.wanted).length;
  const parts = [
    `${pairs.length} pairs`,
    ...(completions.length > 0 ? [`${wanted} wanted and ${completions.length - wanted} unwanted completions`] : []),
    ...(longer > 0 ? [`${longer} of more than ${mostTokens} tokens`] : []),
    ...(firstBad
      ? [`${bad} rows that are none, the first in ${firstBad.file}, ${firstBad.place}: ${firstBad.problem}`]
      : []),
  ];
  return {
    expected: `at least ${LEAST_PREFERENCES} pairs (prompt, chosen, rejected), or ${LEAST_PREFERENCES / 2} completions of each label (prompt, completion, label), of up to ${mostTokens} tokens`,
    received: `${parts.join("; ")} in ${source}`,
  };
}
