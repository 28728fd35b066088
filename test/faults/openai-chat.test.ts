import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { askFor, NoAnswerError } from "../../src/interpret/llm/chat.js";
import { type OpenAiChatOptions, openAiChat } from "../../src/interpret/llm/openai-chat.js";
import { parseVerdict } from "../../src/interpret/llm/parse-replies.js";
import { type ChatServer, chatServer } from "../support/chat-server.js";

const KEY = "sk-secret-4711";
const yes = '{"answer": "yes", "reason": "it is"}';
let server: ChatServer;
let folder: string;
beforeEach(async () => {
  server = await chatServer(() => yes);
  folder = await mkdtemp(join(tmpdir(), "rewardscope-chat-"));
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

const open = (changes: Partial<OpenAiChatOptions> = {}) =>
  openAiChat({
    baseURL: server.baseURL,
    model: "test",
    apiKey: KEY,
    temperature: 0,
    maxReplyTokens: 50,
    maxTokens: 1e6,
    requestsPerMinute: 1e6,
    maxConcurrent: 4,
    timeoutSeconds: 5,
    cacheFolder: folder,
    ...changes,
  });
const ask = async (question = "Is it?", changes?: Partial<OpenAiChatOptions>) =>
  askFor(await open(changes), question, parseVerdict);

describe("a chat", () => {
  it("sends model, temperature, length and key, and keeps request and raw reply, without the key", async () => {
    const { value, kept } = await ask();
    expect(value).toEqual({ yes: true, reason: "it is" });
    expect(server.seen[0].key).toBe(KEY);
    expect(server.seen[0].body).toEqual({
      model: "test",
      temperature: 0,
      max_tokens: 50,
      messages: [{ role: "user", content: "Is it?" }],
    });
    const text = await readFile(join(folder, `${kept[0]}.json`), "utf8");
    expect(JSON.parse(text)).toMatchObject({
      model: "test",
      messages: [{ content: "Is it?" }],
      reply: { content: yes },
    });
    expect(text).not.toContain(KEY);
  });

  it("asks nothing twice: the second time costs no request, another setting of sampling does", async () => {
    await Promise.all([ask(), ask("Is it not?")]);
    await ask();
    expect(server.seen.length).toBe(2);
    await ask("Is it?", { temperature: null });
    expect(server.seen.length).toBe(3);
    expect(server.seen[2].body).not.toHaveProperty("temperature");
    expect((await open()).spent).toEqual({ replies: 3, tokens: 300 });
    const chat = await open();
    await Promise.all([askFor(chat, "New?", parseVerdict), askFor(chat, "New?", parseVerdict)]);
    expect(server.seen.length).toBe(4);
  });

  it("sends again after 429 with Retry-After, 500, a hang, and JSON cut short", async () => {
    server.next.push({ status: 429, retryAfter: "0.3" }, { status: 500 }, "hang", "cut off");
    const begin = Date.now();
    expect((await ask("Is it?", { timeoutSeconds: 1 })).value.yes).toBe(true);
    expect(server.seen.length).toBe(5);
    expect(Date.now() - begin).toBeGreaterThanOrEqual(600);
  });

  it("gives up after five attempts, and after one when the fault is its own, and then asks nothing more", async () => {
    server.next.push(...Array(5).fill({ status: 503 }));
    await expect(ask()).rejects.toThrow(/503 faulty, after 5 attempts[\s\S]*--resume/);
    expect(server.seen.length).toBe(5);
    server.next.push({ status: 401, echoKey: true });
    const chat = await open();
    const error = await askFor(chat, "Is it?", parseVerdict).catch((error: Error) => error);
    expect(error).toMatchObject({ message: expect.stringMatching(/401 faulty with key \[key\][\s\S]*keyVariable/) });
    expect(JSON.stringify([error, (error as Error).stack, (error as Error).cause])).not.toContain(KEY);
    await expect(askFor(chat, "And this?", parseVerdict)).rejects.toBe(error);
    expect(server.seen.length).toBe(6);
    server.next.push("cut off", "cut off", "cut off");
    await expect(ask()).rejects.toThrow(/not a chat completion/);
  });

  it("says what was wrong and asks again, three times in all", async () => {
    server.next.push({ text: '{"answer": "yes", "rea' }, { text: '{"answer": "maybe", "reason": "?"}' });
    const { value, kept } = await ask();
    expect(value.yes).toBe(true);
    expect(kept.length).toBe(3);
    expect(server.seen[1].messages.at(-1)?.content).toMatch(/one JSON object/);
    expect(server.seen[2].messages.map(({ role }) => role)).toEqual(["user", "assistant", "user", "assistant", "user"]);
    expect(server.seen[2].messages.at(-1)?.content).toMatch(/"answer"/);
  });

  it("takes refusals, replies cut off and empty ones for no answer, and keeps them", async () => {
    server.next.push({ refusal: `I do not talk to ${KEY}` }, { text: yes, finishReason: "length" }, { text: " " });
    const error = await ask().catch((error: NoAnswerError) => error);
    expect(error).toBeInstanceOf(NoAnswerError);
    expect(error).toMatchObject({ problem: "the reply is empty" });
    expect(server.seen[1].messages.at(-1)?.content).toMatch(/the model refused/);
    expect(server.seen[2].messages.at(-1)?.content).toMatch(/cut off/);
    await expect(ask()).rejects.toThrow("no usable reply in 3 attempts");
    expect(server.seen.length).toBe(3);
    for (const file of await readdir(folder)) expect(await readFile(join(folder, file), "utf8")).not.toContain(KEY);
  });

  it("stops before the limit of tokens could be exceeded, and goes on where it stopped", async () => {
    const chat = await open({ maxTokens: 400 });
    const questions = Array.from({ length: 6 }, (_, i) => `Question ${i}?`);
    const answers = await Promise.allSettled(questions.map((question) => askFor(chat, question, parseVerdict)));
    const there = answers.filter(({ status }) => status === "fulfilled").length;
    // Each uses 100 tokens and reserves 50 for the reply, 11 for the prompt, 16 for the message
    // format.
    expect(there).toBe(4);
    expect(server.seen.length).toBe(4);
    expect(chat.spent).toEqual({ replies: 4, tokens: 400 });
    const [failed] = answers.filter((answer) => answer.status === "rejected");
    expect(failed.reason.message).toMatch(
      /maxTokens is 400: 4 replies have used 400 tokens[\s\S]*--resume.*maxTokens=954/,
    );
    const more = await open({ maxTokens: 1000 });
    await Promise.all(questions.map((question) => askFor(more, question, parseVerdict)));
    expect(server.seen.length).toBe(6);
  });

  it("joins a reply that comes in parts, and asks again where a kept reply is damaged", async () => {
    server.next.push({ parts: [yes.slice(0, 10), yes.slice(10)] });
    const { kept } = await ask();
    const file = join(folder, `${kept[0]}.json`);
    expect(JSON.parse(await readFile(file, "utf8")).reply.content).toBe(yes);
    await writeFile(file, '{"reply": {"content": ["no text"]}}');
    const { spent, damaged } = await open();
    expect([spent, damaged]).toEqual([{ replies: 0, tokens: 0 }, [`${kept[0]}.json`]]);
    expect((await ask()).value.yes).toBe(true);
    expect(server.seen.length).toBe(2);
    const whole = await readFile(file, "utf8");
    expect(JSON.parse(whole).reply.content).toBe(yes);
    await writeFile(file, whole.replace("yes", "yet"));
    expect((await open()).damaged).toEqual([`${kept[0]}.json`]);
    expect((await ask()).value.yes).toBe(true);
    expect(await readFile(file, "utf8")).toBe(whole);
  });

  it("shows what the provider says, in any form of an error", async () => {
    for (const body of [
      { error: "model test is not pulled" },
      { detail: "model test is not pulled" },
      { error: { message: "model test is not pulled", code: 3 } },
      "model test is not pulled",
    ]) {
      server.next.push({ status: 404, body });
      await expect(ask()).rejects.toThrow("404 model test is not pulled");
    }
  });

  it("begins no more requests than allowed in a minute", async () => {
    const chat = await open({ requestsPerMinute: 300 });
    const begin = Date.now();
    await Promise.all(["a", "b", "c", "d"].map((question) => askFor(chat, question, parseVerdict)));
    expect(Date.now() - begin).toBeGreaterThanOrEqual(550);
  });
});
