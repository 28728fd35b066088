import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseConfig } from "../../config/check-config.js";
import { FormatError } from "../../errors.js";
import type { Tokenizer } from "../../model/language-model.js";
import { loadPairTemplate, templateEncoder, transcript } from "./pair-template.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rewardscope-template-"));
  for (const name of ["base", "tuned"]) mkdirSync(join(folder, name));
});
afterEach(() => rmSync(folder, { recursive: true }));

const templateOf = (model: "base" | "tuned", source: string) =>
  writeFileSync(join(folder, model, "chat_template.jinja"), source);
const load = (chat = "auto") =>
  loadPairTemplate(
    parseConfig({ model: { base: join(folder, "base"), tuned: join(folder, "tuned") }, audit: { chat } }, "test"),
    folder,
  );
const messages = [{ role: "user", content: "Hi" }];

test("the tuned model's template comes before the base model's, and never is none", async () => {
  expect(await load()).toBeUndefined();
  templateOf("base", "B {{ messages[0].content }}");
  const ofBase = await load();
  expect([ofBase!.of, ofBase!.render(messages)]).toEqual(["base", "B Hi"]);
  templateOf("tuned", "T {{ messages[0].content }}");
  const ofTuned = await load();
  expect([ofTuned!.of, ofTuned!.render(messages)]).toEqual(["tuned", "T Hi"]);
  expect(await load("never")).toBeUndefined();
});

test("an adapter without a tokenizer has the base model's template", async () => {
  templateOf("base", "B");
  const adapter = { peft_type: "LORA", r: 1, lora_alpha: 1, target_modules: ["up_proj"], base_model_name_or_path: "?" };
  writeFileSync(join(folder, "tuned", "adapter_config.json"), JSON.stringify(adapter));
  expect((await load())!.of).toBe("base");
});

test("a template that is not Jinja is refused with its file", async () => {
  templateOf("tuned", "{% for %}");
  await expect(load()).rejects.toThrow(FormatError);
  await expect(load()).rejects.toThrow(join(folder, "tuned", "chat_template.jinja"));
});

test("without a template conversations are transcripts", () => {
  const asked = [{ role: "system", content: "Be brief." }, ...messages];
  expect(transcript.render(asked, { addGenerationPrompt: true })).toBe("Be brief.\n\nHuman: Hi\n\nAssistant:");
  expect(transcript.render([...messages, { role: "assistant", content: "Hello" }])).toBe(
    "\n\nHuman: Hi\n\nAssistant: Hello",
  );
});

test("tokens that the tokenizer adds are left out where a template writes them", () => {
  const begin = 1;
  const codes = (text: string) => [...text].map((character) => (character === "^" ? begin : character.charCodeAt(0)));
  const adding = { encode: (text: string) => [begin, ...codes(text)] } as Tokenizer;
  expect(templateEncoder(adding).encode("^ab")).toEqual([begin, 97, 98]);
  expect(templateEncoder(adding).encode("ab")).toEqual([97, 98]);
  const plain = { encode: codes as (text: string) => number[] } as Tokenizer;
  expect(templateEncoder(plain).encode("^ab")).toEqual([begin, 97, 98]);
});
