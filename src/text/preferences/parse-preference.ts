/**
 * Rows of preference data sets in the formats of TRL (its documentation, "Dataset formats and
 * types"): plain or conversational, with an explicit or implicit prompt, paired or labelled. Also
 * transcripts as in HH-RLHF (Bai et al. 2022, arXiv:2204.05862), and scored rows as in
 * UltraFeedback.
 */
import { isObject } from "../../io/json-object.js";
import { shown } from "../../io/shown-value.js";
import type { ChatMessage, Preference, Turns } from "./preference.js";

/** The problem of a row. */
export class RowFault extends Error {}

/**
 * The preference of a row. Conversations and HH-RLHF transcripts become messages; other texts are
 * unchanged.
 * @throws RowFault that names the field, the expected and the received value
 */
export function parsePreference(row: unknown): Preference {
  if (!isObject(row)) throw new RowFault(`expected an object, received ${shown(row)}`);
  const prompt = row.prompt === undefined || row.prompt === null ? undefined : turnsOf(row.prompt, "prompt");
  if (row.chosen !== undefined || row.rejected !== undefined)
    return parsePair(prompt, turnsOf(row.chosen, "chosen"), turnsOf(row.rejected, "rejected"), row);
  if (row.completion === undefined || row.label === undefined)
    throw new RowFault(
      `expected prompt, chosen and rejected, or prompt, completion and label, received the fields ${Object.keys(row).join(", ") || "none"}`,
    );
  if (prompt === undefined) throw new RowFault("prompt: expected a text or messages, received nothing");
  const [asked, [completion]] = alike(prompt, [turnsOf(row.completion, "completion")]);
  return { prompt: asked, completion, label: labelOf(row.label) };
}

function parsePair(
  given: Turns | undefined,
  chosen: Turns,
  rejected: Turns,
  { score_chosen: ofChosen, score_rejected: ofRejected }: Readonly<Record<string, unknown>>,
): Preference {
  if (typeof chosen !== typeof rejected)
    throw new RowFault("chosen and rejected: expected both as texts or both as messages");
  const [prompt, answers] = given === undefined ? split(chosen, rejected) : apart(given, chosen, rejected);
  const [one, other] = answers;
  if (isSame(one, other)) throw new RowFault("chosen and rejected are the same");
  const scores =
    typeof ofChosen === "number" && typeof ofRejected === "number"
      ? { chosen: ofChosen, rejected: ofRejected }
      : undefined;
  return { prompt, chosen: one, rejected: other, ...(scores && { scores }) };
}

type Split = readonly [prompt: Turns, answers: readonly [Turns, Turns]];

/** Extracts the implicit prompt: the common beginning of both answers. */
function split(chosen: Turns, rejected: Turns): Split {
  if (typeof chosen !== "string" && typeof rejected !== "string") {
    let shared = 0;
    while (shared < Math.min(chosen.length, rejected.length) && isSame([chosen[shared]], [rejected[shared]])) shared++;
    if (shared === 0) throw new RowFault("chosen and rejected: expected the same first message, the prompt");
    return [chosen.slice(0, shared), [chosen.slice(shared), rejected.slice(shared)]];
  }
  const [one, other] = [chosen as string, rejected as string];
  let at = 0;
  while (at < Math.min(one.length, other.length) && one[at] === other[at]) at++;
  // The space before a word belongs to the answer; a surrogate pair must not be split.
  if (one[at - 1] === " ") at--;
  else if (/[\uD800-\uDBFF]/.test(one[at - 1] ?? "")) at--;
  if (at === 0) throw new RowFault("chosen and rejected: expected the same beginning, the prompt");
  return [one.slice(0, at), [one.slice(at), other.slice(at)]];
}

/** An explicit prompt; removed from the answers if both repeat it, as in UltraFeedback. */
function apart(given: Turns, chosen: Turns, rejected: Turns): Split {
  const [prompt, answers] = alike(given, [chosen, rejected]);
  const isInside = (answer: Turns): boolean =>
    typeof prompt !== "string" &&
    typeof answer !== "string" &&
    answer.length > prompt.length &&
    isSame(answer.slice(0, prompt.length), prompt);
  const rest = answers.every(isInside) ? answers.map((answer) => answer.slice(prompt.length)) : answers;
  return [prompt, [rest[0], rest[1]]];
}

/**
 * Makes prompt and answers all texts or all messages. With messages, a text becomes a message of
 * the user if it is the prompt, else of the assistant.
 */
function alike(prompt: Turns, answers: readonly Turns[]): [Turns, readonly Turns[]] {
  if ([prompt, ...answers].every((turns) => typeof turns === "string")) return [prompt, answers];
  const asMessages = (turns: Turns, role: string) => (typeof turns === "string" ? [{ role, content: turns }] : turns);
  // The space after a transcript's speaker is not part of the answer.
  const trimmed = (answer: Turns) => (typeof answer === "string" ? answer.trim() : answer);
  return [asMessages(prompt, "user"), answers.map((answer) => asMessages(trimmed(answer), "assistant"))];
}

function turnsOf(value: unknown, field: string): Turns {
  if (typeof value === "string") return parseTranscript(value) ?? value;
  if (Array.isArray(value) && value.length > 0)
    return value.map((message, i) => messageOf(message, `${field}, message ${i + 1}`));
  if (isObject(value) && "role" in value) return [messageOf(value, field)];
  throw new RowFault(`${field}: expected a text or messages, received ${shown(value)}`);
}

function messageOf(message: unknown, place: string): ChatMessage {
  if (!isObject(message) || typeof message.role !== "string" || typeof message.content !== "string")
    throw new RowFault(`${place}: expected { role, content } with texts, received ${shown(message)}`);
  return { role: message.role, content: message.content };
}

const SPEAKERS: Readonly<Record<string, string>> = { Human: "user", Assistant: "assistant" };

/**
 * The messages of an HH-RLHF transcript, `\n\nHuman: ...\n\nAssistant: ...`; undefined for any
 * other text. An empty last `\n\nAssistant:` is the header of an answer, not a message.
 */
export function parseTranscript(text: string): ChatMessage[] | undefined {
  if (!/^\s*Human:/.test(text)) return undefined;
  // A speaker begins a line after an empty line.
  const parts = `\n\n${text.trimStart()}`.split(/\n\n(Human|Assistant):/).slice(1);
  const messages: ChatMessage[] = [];
  for (let i = 0; i < parts.length; i += 2) messages.push({ role: SPEAKERS[parts[i]], content: parts[i + 1].trim() });
  const last = messages.at(-1)!;
  return last.role === "assistant" && last.content === "" && messages.length > 1 ? messages.slice(0, -1) : messages;
}

function isSame(one: Turns, other: Turns): boolean {
  if (typeof one === "string" || typeof other === "string") return one === other;
  return (
    one.length === other.length &&
    one.every(({ role, content }, i) => role === other[i].role && content === other[i].content)
  );
}

function labelOf(label: unknown): boolean {
  if (typeof label === "boolean") return label;
  if (label === 0 || label === 1) return label === 1;
  throw new RowFault(`label: expected true or false, received ${shown(label)}`);
}
