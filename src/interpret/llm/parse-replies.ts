/** Parsers of a language model's replies: each takes one form and nothing else. */
import { z } from "zod";
import { HIGHEST_LEVEL } from "../evidence/activation-level.js";
import { BadReply } from "./chat.js";

const explanation = z.strictObject({ explanation: z.string().trim().min(1).max(1000) });
const verdict = z.strictObject({ answer: z.enum(["yes", "no"]), reason: z.string().trim().min(1) });
const substitutes = z.strictObject({ negative: z.array(z.string()).min(1), neutral: z.array(z.string()).min(1) });

/** `{"explanation": "..."}` @throws BadReply */
export function parseExplanation(text: string): string {
  return parseJson(text, explanation).explanation;
}

/** `{"answer": "yes" | "no", "reason": "..."}` @throws BadReply */
export function parseVerdict(text: string): { yes: boolean; reason: string } {
  const { answer, reason } = parseJson(text, verdict);
  return { yes: answer === "yes", reason };
}

/** `{"negative": ["..."], "neutral": ["..."]}` @throws BadReply */
export function parseSubstitutes(text: string): { negative: string[]; neutral: string[] } {
  return parseJson(text, substitutes);
}

/** Lines `number<TAB>0` or `1`, one for each of 1 to count in any order. @throws BadReply */
export function parseMarks(text: string, count: number): boolean[] {
  const marks = new Map<number, boolean>();
  for (const line of linesOf(text)) {
    const [, number, mark] = /^\s*(\d+)\s+([01])\s*$/.exec(line) ?? [];
    if (number === undefined) throw new BadReply(`expected lines of a number, a tab and 0 or 1, not ${quoted(line)}`);
    if (marks.has(Number(number))) throw new BadReply(`the number ${number} stands there twice`);
    marks.set(Number(number), mark === "1");
  }
  const missing = Array.from({ length: count }, (_, i) => i + 1).find((number) => !marks.has(number));
  if (missing !== undefined) throw new BadReply(`there is no line for number ${missing}`);
  if (marks.size > count) throw new BadReply(`expected ${count} lines, received ${marks.size}`);
  return Array.from({ length: count }, (_, i) => marks.get(i + 1)!);
}

/** Lines `token<TAB>0..10`, one for each token in order. @throws BadReply */
export function parseLevels(text: string, tokens: readonly string[]): number[] {
  const lines = linesOf(text);
  if (lines.length !== tokens.length)
    throw new BadReply(`expected ${tokens.length} lines, one for each token, received ${lines.length}`);
  return lines.map((line, i) => {
    const [, token, level] = /^(.*)\t\s*(\d+)\s*$/.exec(line) ?? [];
    if (token === undefined || Number(level) > HIGHEST_LEVEL)
      throw new BadReply(
        `expected lines of a token, a tab and a whole number from 0 to ${HIGHEST_LEVEL}, not ${quoted(line)}`,
      );
    if (token.trim() !== tokens[i].trim())
      throw new BadReply(`line ${i + 1} is about ${quoted(token.trim())}, not about ${quoted(tokens[i].trim())}`);
    return Number(level);
  });
}

/** One JSON object; models like to fence it in, which is let pass. */
function parseJson<T>(text: string, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(withoutFence(text));
  } catch {
    throw new BadReply(`expected one JSON object and nothing else, not ${quoted(text)}`);
  }
  const { data, error } = schema.safeParse(value);
  if (error) {
    const [{ path, message }] = error.issues;
    throw new BadReply(`${path.length > 0 ? `"${path.join(".")}": ` : ""}${message}`);
  }
  return data as T;
}

const linesOf = (text: string) => withoutFence(text).split(/\r?\n/);

function withoutFence(text: string): string {
  const trimmed = text.replace(/^\s*\n|\s+$/g, "");
  return /^\s*```\w*\n([\s\S]*?)\n?```$/.exec(trimmed)?.[1] ?? trimmed;
}

const quoted = (text: string) => JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text);
