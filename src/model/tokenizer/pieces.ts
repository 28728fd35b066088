/** How byte-level tokenizers cut a text into pieces, over whose borders no token reaches: by GPT-2's rule, or by rules of their own. */
import { isObject } from "../../io/json-object.js";
import { splitPieces } from "./byte-level.js";
import { type Json, splitRule } from "./tokenizer-file.js";

type Cut = (text: string) => string[];

/** One number after another, as Unicode has numbers; the library knows those of ASCII alone. */
const cutDigits: Cut = (text) => text.match(/\P{N}+|\p{N}/gu) ?? [];
const cutNumbers: Cut = (text) => text.match(/\P{N}+|\p{N}+/gu) ?? [];

/**
 * The rule of a tokenizer.json's pre_tokenizer, for pieces that are still characters.
 * @param file named in errors
 * @returns undefined where it has steps that are not known here, which are left to the library
 * @throws FormatError when a rule of splitting cannot be followed
 */
export function pieceRule(preTokenizer: unknown, file: string): Cut | undefined {
  if (!isObject(preTokenizer)) return undefined;
  const steps = preTokenizer.type === "Sequence" ? preTokenizer.pretokenizers : [preTokenizer];
  if (!Array.isArray(steps) || !steps.every(isObject)) return undefined;
  // Bytes come last, and once.
  if (steps.findIndex(({ type }) => type === "ByteLevel") !== steps.length - 1) return undefined;
  const cuts = steps.map((step) => cutOf(step, file));
  if (cuts.includes(undefined)) return undefined;
  return (text) => cuts.reduce((pieces, cut) => pieces.flatMap((piece) => cut!(piece)), [text]);
}

function cutOf(step: Json, file: string): Cut | undefined {
  if (step.type === "ByteLevel") {
    const cut: Cut = step.use_regex === false ? (text) => [text] : splitPieces;
    return step.add_prefix_space === true ? (text) => cut(text.startsWith(" ") ? text : ` ${text}`) : cut;
  }
  if (step.type === "Digits") return step.individual_digits === true ? cutDigits : cutNumbers;
  const isolates = String(step.behavior).toLowerCase() === "isolated" && step.invert !== true;
  return step.type === "Split" && isolates ? splitRule(step, file) : undefined;
}
