/**
 * How byte-level tokenizers split a text into pieces, whose borders no token crosses: by GPT-2's
 * rule, or by the rules of tokenizer.json.
 */
import { isObject } from "../../io/json-object.js";
import { splitPieces } from "./byte-level.js";
import { type Json, splitRule } from "./tokenizer-file.js";

type Cut = (text: string) => string[];

/** Single digits, including those outside of ASCII, which the library does not recognise. */
const cutDigits: Cut = (text) => text.match(/\P{N}+|\p{N}/gu) ?? [];
const cutNumbers: Cut = (text) => text.match(/\P{N}+|\p{N}+/gu) ?? [];

/**
 * The splitting rule of a tokenizer.json's pre_tokenizer, before conversion to bytes.
 * @param file named in errors
 * @returns undefined for unknown steps, which are left to the library
 * @throws FormatError when a rule of splitting is not supported
 */
export function pieceRule(preTokenizer: unknown, file: string): Cut | undefined {
  if (!isObject(preTokenizer)) return undefined;
  const steps = preTokenizer.type === "Sequence" ? preTokenizer.pretokenizers : [preTokenizer];
  if (!Array.isArray(steps) || !steps.every(isObject)) return undefined;
  // Conversion to bytes must be the last step, and occur once.
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
