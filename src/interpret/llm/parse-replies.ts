/** Extracts answers from a language model's replies, ignoring surrounding text. */
import { z } from "zod";
import { HIGHEST_LEVEL } from "../evidence/activation-level.js";
import { BadReply } from "./chat.js";

const text = z.string().trim().min(1);
const explanation = z.object({ explanation: text.max(1000) });
const substitutes = z.object({ negative: z.array(z.string()).min(1), neutral: z.array(z.string()).min(1) });
const verdict = z.object({
  answer: z.preprocess(
    (value) =>
      typeof value === "boolean" ? (value ? "yes" : "no") : typeof value === "string" ? plainWord(value) : value,
    z.enum(["yes", "no"]),
  ),
  reason: text.default("no reason given"),
});

const plainWord = (word: string) =>
  word
    .trim()
    .toLowerCase()
    .replace(/[.!]+$/, "");

/** `{"explanation": "..."}` @throws BadReply */
export function parseExplanation(reply: string): string {
  return lastObject(reply, explanation).explanation;
}

/**
 * `{"answer": "yes" | "no", "reason": "..."}`, or a reply that begins with yes or no, or with
 * `Answer:` before it.
 * @throws BadReply
 */
export function parseVerdict(reply: string): { yes: boolean; reason: string } {
  const [, word, rest = ""] =
    /^(?:[\s*_#]*answer[\s*_:]+|\W*)(yes|no)\**\s*(?:[.,:;!-]\s*([\s\S]*))?$/i.exec(answerOf(reply)) ?? [];
  if (word !== undefined) return { yes: word.toLowerCase() === "yes", reason: rest.trim() || "no reason given" };
  const { answer, reason } = lastObject(reply, verdict);
  return { yes: answer === "yes", reason };
}

/** `{"negative": ["..."], "neutral": ["..."]}` @throws BadReply */
export function parseSubstitutes(reply: string): { negative: string[]; neutral: string[] } {
  return lastObject(reply, substitutes);
}

/** A line of a number and a mark: in a list, a table, or a short phrase. */
const MARK = /^[\s|*#[(-]*(?:\p{L}+ )?#?(\d+)(?:\*\*)?(?:[\s:.)\]|,=→]+| +- +)(?:\*\*)?(\d+)[\s|*.,]*$/u;

/**
 * Lines of a number and 0 or 1, one for each number from 1 to count, in any order, separated by a
 * tab, spaces, `:`, `.`, `)`, `]`, `|`, `,`, `=`, `→` or ` - `; a word or `#` may precede the
 * number. Other lines are ignored.
 * @throws BadReply when a number is missing, too high, or has both marks
 */
export function parseMarks(reply: string, count: number): boolean[] {
  const marks = new Map<number, boolean>();
  for (const line of linesOf(reply)) {
    const [, digits, mark] = MARK.exec(line) ?? [];
    if (digits === undefined) continue;
    const number = Number(digits);
    if (mark !== "0" && mark !== "1") throw new BadReply(`expected a number, a tab and 0 or 1, not ${quoted(line)}`);
    if (number < 1 || number > count)
      throw new BadReply(`expected the numbers 1 to ${count}, received ${quoted(line)}`);
    if ((marks.get(number) ?? mark === "1") !== (mark === "1"))
      throw new BadReply(`the number ${number} stands there twice, with 0 and with 1`);
    marks.set(number, mark === "1");
  }
  if (marks.size === 0)
    throw new BadReply(`expected lines of a number, a tab and 0 or 1, not ${quoted(answerOf(reply))}`);
  const missing = Array.from({ length: count }, (_, i) => i + 1).find((number) => !marks.has(number));
  if (missing !== undefined) throw new BadReply(`there is no line for number ${missing}`);
  return Array.from({ length: count }, (_, i) => marks.get(i + 1)!);
}

/**
 * Lines of a token and a whole number from 0 to 10, one for each token in order, separated by a
 * tab, spaces, `:` or `|`. Lines of another form are ignored.
 * @throws BadReply when there are more or fewer such lines than tokens, or one has another token
 */
export function parseLevels(reply: string, tokens: readonly string[]): number[] {
  const lines = linesOf(reply);
  const apartBy = (separator: string) =>
    lines.flatMap((line) => {
      const [, token, level] = new RegExp(`^(.*?)${separator}(\\d+)\\s*\\|?\\s*$`).exec(line) ?? [];
      return token === undefined ? [] : [{ token: token.trim(), level: Number(level) }];
    });
  // Tokens may contain any other separator, so the requested one is tried first.
  const records = ["\\t\\s*", "\\s*[:|]\\s*", "\\s+"].map(apartBy).find(({ length }) => length === tokens.length);
  if (!records)
    throw new BadReply(
      `expected ${tokens.length} lines, each a token, a tab and a number, received ${apartBy("\\t\\s*").length}`,
    );
  return records.map(({ token, level }, i) => {
    if (level > HIGHEST_LEVEL)
      throw new BadReply(`line ${i + 1}: expected a whole number from 0 to ${HIGHEST_LEVEL}, received ${level}`);
    const expected = tokens[i].trim();
    if (token !== expected && token.replace(/^\|\s*/, "") !== expected)
      throw new BadReply(`line ${i + 1} is about ${quoted(token)}, not about ${quoted(expected)}`);
    return level;
  });
}

/**
 * The reply without the reasoning of a reasoning model: marked blocks, complete or begun before the
 * reply.
 */
function answerOf(reply: string): string {
  return reply
    .replace(/<\|[\s\S]*<\|message\|>/, "")
    .replace(/<(think|thinking|reasoning|thought)>[\s\S]*?<\/\1>/gi, "")
    .replace(/^[\s\S]*<\/(think|thinking|reasoning|thought)>/i, "")
    .replace(/<(think|thinking|reasoning|thought)>[\s\S]*$/i, "")
    .trim();
}

/**
 * Maximal number of `{` at which parsing is tried, so that a reply of braces takes bounded time.
 */
const MOST_OBJECTS = 200;

/**
 * The last JSON object of the reply that has the form; prose, fences and unknown keys are ignored.
 */
function lastObject<T>(reply: string, schema: z.ZodType<T>): T {
  const answer = answerOf(reply);
  let problem: string | undefined;
  for (const source of balancedObjects(answer).reverse()) {
    let value: unknown;
    try {
      value = JSON.parse(source);
    } catch {
      continue;
    }
    const { data, error } = schema.safeParse(withLowerKeys(value));
    if (!error) return data;
    const [{ path, message }] = error.issues;
    problem ??= `${path.length > 0 ? `"${path.join(".")}": ` : ""}${message}`;
  }
  throw new BadReply(problem ?? `expected one JSON object and nothing else, not ${quoted(answer)}`);
}

/**
 * Substrings from a `{` to its closing `}`, none inside another; braces in JSON strings are
 * ignored.
 */
function balancedObjects(answer: string): string[] {
  const found: string[] = [];
  let tried = 0;
  for (let start = answer.indexOf("{"); start >= 0 && tried < MOST_OBJECTS; tried++) {
    const end = closingBrace(answer, start);
    if (end !== undefined) found.push(answer.slice(start, end + 1));
    start = answer.indexOf("{", (end ?? start) + 1);
  }
  return found;
}

function closingBrace(answer: string, start: number): number | undefined {
  let [depth, inString] = [0, false];
  for (let at = start; at < answer.length; at++) {
    const character = answer[at];
    if (inString && character === "\\") at++;
    else if (character === '"') inString = !inString;
    else if (!inString && character === "{") depth++;
    else if (!inString && character === "}" && --depth === 0) return at;
  }
  return undefined;
}

function withLowerKeys(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key.toLowerCase(), inner]));
}

const linesOf = (reply: string) => answerOf(reply).split(/\r?\n/);

const quoted = (words: string) => JSON.stringify(words.length > 60 ? `${words.slice(0, 57)}...` : words);
