/** Chat templates: the text of a conversation, in the format that a model was trained on. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Template } from "@huggingface/jinja";
import { FormatError } from "../../errors.js";
import { messageOf, readText } from "../../io/atomic.js";
import type { HubOptions } from "../../io/hub/hub.js";
import { isObject } from "../../io/json-object.js";
import type { ChatMessage, Preference, Turns } from "../../text/preferences/preference.js";
import { locateTokenizer } from "../resolve-model.js";
import { readOptionalObject, tokenContent } from "./tokenizer-file.js";

/** Converts conversations to texts. */
export interface ChatTemplate {
  /**
   * The text of a conversation, equal to `apply_chat_template(messages, tokenize=False)` of
   * transformers.
   * @param options addGenerationPrompt: append the header of an answer. Default false
   * @throws FormatError when the template rejects the messages, e.g. roles that do not alternate
   */
  render(messages: readonly ChatMessage[], options?: { addGenerationPrompt?: boolean }): string;
}

/** Special tokens that templates may use. */
const TOKENS = ["bos_token", "eos_token", "unk_token", "pad_token", "sep_token", "cls_token", "mask_token"];

/**
 * The chat template of a model: `chat_template.jinja`, or else `chat_template` of
 * tokenizer_config.json (the one named `default`, if there are several).
 * @returns undefined for a model without template
 * @throws FormatError when a file is malformed; otherwise as `locateTokenizer`
 */
export async function loadChatTemplate(
  idOrFolder: string,
  options: HubOptions = {},
): Promise<ChatTemplate | undefined> {
  const folder = await locateTokenizer(idOrFolder, options);
  const configFile = join(folder, "tokenizer_config.json");
  const config = (await readOptionalObject(configFile)) ?? {};
  const ownFile = join(folder, "chat_template.jinja");
  const isOwn = existsSync(ownFile);
  const source = isOwn ? await readText(ownFile) : templateIn(config.chat_template, configFile);
  if (source === undefined) return undefined;
  const tokens = Object.fromEntries(
    TOKENS.flatMap((name) => {
      const token = tokenContent(config[name]);
      return token === undefined ? [] : [[name, token]];
    }),
  );
  return createChatTemplate(source, tokens, isOwn ? ownFile : configFile);
}

function templateIn(field: unknown, file: string): string | undefined {
  if (field === undefined || field === null || typeof field === "string") return field ?? undefined;
  const named = Array.isArray(field) ? field.filter(isObject) : [];
  const template = named.find(({ name }) => name === "default")?.template;
  if (typeof template === "string") return template;
  throw new FormatError(file, "chat_template: expected a text, or a list with a template of the name default");
}

/**
 * A chat template from its Jinja source.
 * @param tokens special tokens by their names in templates, e.g. `bos_token`
 * @param file named in errors
 * @throws FormatError when the source is not valid Jinja
 */
export function createChatTemplate(
  source: string,
  tokens: Readonly<Record<string, string>>,
  file: string,
): ChatTemplate {
  const refusal = (cause: unknown, what: string) =>
    new FormatError(file, `chat template ${what}: ${messageOf(cause)}`, { cause });
  let template: Template;
  try {
    template = new Template(source);
  } catch (cause) {
    throw refusal(cause, "cannot be read");
  }
  return {
    render(messages, { addGenerationPrompt = false } = {}) {
      try {
        return template.render({ ...tokens, messages: [...messages], add_generation_prompt: addGenerationPrompt });
      } catch (cause) {
        throw refusal(cause, "refuses the conversation");
      }
    },
  };
}

/** A preference whose turns are texts. */
export type PreferenceTexts<P extends Preference = Preference> = {
  readonly [Field in keyof P]: P[Field] extends Turns ? string : P[Field];
};

/**
 * A preference as texts: the prompt with the header of an answer, and the answers that continue it.
 * Plain texts are unchanged.
 * @throws FormatError when the template rejects the messages
 */
export function renderPreference<P extends Preference>(preference: P, template: ChatTemplate): PreferenceTexts<P> {
  const { prompt } = preference;
  if (typeof prompt === "string") return preference as PreferenceTexts<P>;
  const asked = template.render(prompt, { addGenerationPrompt: true });
  const answer = (turns: Turns): string => template.render([...prompt, ...(turns as readonly ChatMessage[])]);
  const fields = ["chosen", "rejected", "completion"].filter((field) => field in preference);
  const whole = fields.map((field) => answer(preference[field as keyof P] as Turns));
  // Some templates format the prompt differently before an answer: it ends where all texts agree.
  let length = asked.length;
  for (const text of whole) while (!text.startsWith(asked.slice(0, length))) length--;
  const rendered = fields.map((field, i) => [field, whole[i].slice(length)]);
  return { ...preference, prompt: asked.slice(0, length), ...Object.fromEntries(rendered) } as PreferenceTexts<P>;
}
