import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FormatError } from "../../errors.js";
import type { ChatMessage } from "../../text/preferences/preference.js";
import { createChatTemplate, loadChatTemplate, renderPreference } from "./chat-template.js";

interface Rendered {
  readonly templates: Readonly<Record<string, string>>;
  readonly conversations: Readonly<Record<string, ChatMessage[]>>;
  readonly rows: readonly { template: string; conversation: string; addGenerationPrompt: boolean; text: string }[];
}

const golden: Rendered = JSON.parse(
  readFileSync(resolve(import.meta.dirname, "../../../test/golden/chat-templates/rendered.json"), "utf8"),
);
const tokens = { bos_token: "<s>", eos_token: "</s>" };

test.each(golden.rows)("$template, $conversation, prompt $addGenerationPrompt: as transformers renders it", (row) => {
  const template = createChatTemplate(golden.templates[row.template], tokens, "test");
  const { addGenerationPrompt } = row;
  expect(template.render(golden.conversations[row.conversation], { addGenerationPrompt })).toBe(row.text);
});

describe("a preference as texts", () => {
  const messages = {
    prompt: [{ role: "user", content: "Sky?" }],
    chosen: [{ role: "assistant", content: "Blue." }],
    rejected: [{ role: "assistant", content: "Green." }],
  };
  const named = (name: string) => createChatTemplate(golden.templates[name], tokens, "test");

  test("the prompt asks for an answer, answers follow it", () => {
    expect(renderPreference(messages, named("headers, trimmed"))).toEqual({
      prompt:
        "<s><|start_header_id|>user<|end_header_id|>\n\nSky?<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n",
      chosen: "Blue.<|eot_id|>",
      rejected: "Green.<|eot_id|>",
    });
    const { prompt, chosen } = messages;
    expect(renderPreference({ prompt, completion: chosen, label: true }, named("headers, trimmed"))).toMatchObject({
      completion: "Blue.<|eot_id|>",
      label: true,
    });
  });

  test("where the template writes the prompt otherwise before an answer, it ends where both agree", () => {
    const template = createChatTemplate(
      "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}{% if add_generation_prompt %}[assistant]<think>{% endif %}",
      {},
      "test",
    );
    expect(renderPreference(messages, template)).toEqual({
      prompt: "[user]Sky?[assistant]",
      chosen: "Blue.",
      rejected: "Green.",
    });
  });

  test("texts stay as they are", () => {
    const texts = { prompt: "Sky", chosen: " blue", rejected: " green" };
    expect(renderPreference(texts, named("headers, trimmed"))).toEqual(texts);
  });
});

describe("the template of a folder", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "rewardscope-template-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const write = (config: object) => writeFileSync(join(folder, "tokenizer_config.json"), JSON.stringify(config));
  const render = async () => (await loadChatTemplate(folder))?.render([{ role: "user", content: "a" }]);

  test("chat_template.jinja comes before tokenizer_config.json, of several the default", async () => {
    expect(await render()).toBeUndefined();
    write({ bos_token: { content: "<b>" }, chat_template: "{{ bos_token }}1{{ messages[0].content }}" });
    expect(await render()).toBe("<b>1a");
    write({
      chat_template: [
        { name: "tool_use", template: "2" },
        { name: "default", template: "3" },
      ],
    });
    expect(await render()).toBe("3");
    writeFileSync(join(folder, "chat_template.jinja"), "{{ eos_token }}4");
    write({ eos_token: "</s>", chat_template: "1" });
    expect(await render()).toBe("</s>4");
  });

  test("one that is no Jinja, refuses the conversation, or is none", async () => {
    write({ chat_template: "{% for %}" });
    await expect(render()).rejects.toThrow(FormatError);
    await expect(render()).rejects.toThrow(/tokenizer_config\.json: chat template cannot be read: /);
    write({ chat_template: "{{ raise_exception('no user') }}" });
    await expect(render()).rejects.toThrow(/chat template refuses the conversation: no user/);
    write({ chat_template: [{ name: "tool_use", template: "2" }] });
    await expect(render()).rejects.toThrow(
      /chat_template: expected a text, or a list with a template of the name default/,
    );
  });
});
