/**
 * Client of any endpoint with OpenAI's chat completions protocol, with limits of rate and tokens;
 * replies are cached on disk.
 */
import { setMaxListeners } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type OpenAI from "openai";
import type PQueue from "p-queue";
import { z } from "zod";
import { RunError } from "../../errors.js";
import { messageOf } from "../../io/atomic.js";
import { outgoingFetch, TooLong, wholeText } from "../../io/outgoing.js";
import type { Chat, Message, Reply } from "./chat.js";
import { type RawReply, ReplyCache, type Request } from "./reply-cache.js";
import { TokenBudget } from "./token-budget.js";

/** Address, model and limits of a server with the interface of OpenAI. */
export interface OpenAiChatOptions {
  /** Address of the server, e.g. `http://localhost:11434/v1`. */
  baseURL: string;
  model: string;
  /** Sent with every request and never saved. Local servers need none. */
  apiKey?: string;
  /** null: the server's default. */
  temperature: number | null;
  /** The server cuts off a longer reply, which is then not used. */
  maxReplyTokens: number;
  /** Hard limit on the tokens of all replies in the cache folder, prompts included. */
  maxTokens: number;
  requestsPerMinute: number;
  maxConcurrent: number;
  /** A request that takes longer counts as failed. */
  timeoutSeconds: number;
  /** Folder of the replies, one JSON file each. */
  cacheFolder: string;
  /**
   * Number of retries of a request after a transient failure (429, 5xx, timeout, lost connection).
   * Default 4.
   */
  retries?: number;
}

/** A chat with cached and counted replies. */
export interface OpenAiChat extends Chat {
  /** All replies in the cache folder, those of earlier runs included. */
  readonly spent: { replies: number; tokens: number };
  /** Files of replies that were damaged when the chat was opened; their requests are repeated. */
  readonly damaged: readonly string[];
}

const RETRIES = 4;
/** Number of retries after an answer that violates the protocol, such as truncated JSON. */
const MALFORMED_RETRIES = 2;

/**
 * Opens a chat. A request with the same endpoint, model, temperature and maximal length as an
 * earlier one is answered from the cache folder. Failed requests are retried after the time in the
 * server's Retry-After header. After the first failure that retrying cannot solve, no further
 * request is sent.
 */
export async function openAiChat(options: OpenAiChatOptions): Promise<OpenAiChat> {
  // Loaded on use, since the package takes longer to load than the rest of the command line.
  const [{ default: Client }, { default: Queue }] = await Promise.all([import("openai"), import("p-queue")]);
  const client = new Client({
    baseURL: options.baseURL,
    apiKey: options.apiKey ?? "none",
    organization: null,
    project: null,
    maxRetries: options.retries ?? RETRIES,
    timeout: options.timeoutSeconds * 1000,
    logLevel: "off",
    fetch: readingWhole(outgoingFetch()),
  });
  const queue = new Queue({
    concurrency: options.maxConcurrent,
    interval: 60_000 / options.requestsPerMinute,
    intervalCap: 1,
  });
  const cache = new ReplyCache(options.cacheFolder);
  const { tokens, replies, damaged } = await cache.total();
  return new LimitedChat(options, client, queue, cache, new TokenBudget(options.maxTokens, tokens, replies), damaged);
}

/**
 * Requests one word, to check that endpoint, key and model can be used. The reply is ignored and
 * not saved.
 * @throws RunError when there is no answer
 */
export async function tryChat(options: Omit<OpenAiChatOptions, "cacheFolder">, signal?: AbortSignal): Promise<void> {
  const cacheFolder = await mkdtemp(join(tmpdir(), "rewardscope-chat-"));
  try {
    const chat = await openAiChat({ ...options, cacheFolder });
    await chat.ask([{ role: "user", content: "Answer with the word yes." }], signal);
  } finally {
    await rm(cacheFolder, { recursive: true, force: true });
  }
}

/**
 * Text, or the text of parts: some servers answer with a list of
 * `{ "type": "text", "text": "..." }`.
 */
const contentSchema = z.union([
  z.string(),
  z
    .array(z.union([z.string(), z.looseObject({ text: z.string() }), z.looseObject({}).transform(() => "")]))
    .transform((parts) => parts.map((part) => (typeof part === "string" ? part : part.text)).join("")),
  z.null().transform(() => ""),
]);

/** The used part of a chat completion. */
const answerSchema = z.object({
  choices: z
    .array(
      z.object({
        message: z.object({ content: contentSchema.default(""), refusal: z.string().nullish() }),
        finish_reason: z
          .string()
          .nullish()
          .transform((reason) => reason ?? "stop"),
      }),
    )
    .min(1),
  usage: z.object({ total_tokens: z.number().nonnegative() }).nullish().catch(undefined),
});

/** Maximal number of characters shown of an error's text. */
const SHOWN_ERROR = 500;

/**
 * The message in the body of an error response, in any of the usual forms; undefined if there is
 * none.
 */
function errorMessage(body: unknown): string | undefined {
  if (typeof body === "string") return body.trim().slice(0, SHOWN_ERROR) || undefined;
  if (typeof body !== "object" || body === null) return undefined;
  const { error, detail, message } = body as Record<string, unknown>;
  if (error || detail) return errorMessage(error || detail) ?? JSON.stringify(error || detail).slice(0, SHOWN_ERROR);
  return errorMessage(message);
}

/** Maximal size of a response: larger than any reply, and a limit for responses without end. */
const MOST_ANSWER_BYTES = 16 * 2 ** 20;

/**
 * fetch that reads the whole response, so that the client's timeout also applies to the body. Puts
 * the message of a refusal where the client expects it.
 */
function readingWhole(ask: typeof fetch): typeof fetch {
  return async (...request) => {
    const response = await ask(...request);
    const { status, headers } = response;
    let said: string;
    try {
      said = await wholeText(response, MOST_ANSWER_BYTES);
    } catch (error) {
      if (!(error instanceof TooLong)) throw error;
      return Response.json({ error: { message: error.message } });
    }
    const kept = new Headers([...headers].filter(([name]) => /^(retry-after|content-type$)/.test(name)));
    if (response.ok) return new Response(said === "" ? null : said, { status, headers: kept });
    kept.set("content-type", "application/json");
    const message = errorMessage(jsonOr(said)) ?? response.statusText;
    return new Response(JSON.stringify({ error: { message } }), { status, headers: kept });
  };
}

/** The text parsed as JSON; else the text itself, such as plain words or a proxy's page. */
function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

class LimitedChat implements OpenAiChat {
  readonly model: string;
  /** The first error that all further requests would also have. */
  private broken: RunError | undefined;
  private readonly underWay = new Map<string, Promise<Reply>>();

  constructor(
    private readonly options: OpenAiChatOptions,
    private readonly client: OpenAI,
    private readonly queue: PQueue,
    private readonly cache: ReplyCache,
    private readonly budget: TokenBudget,
    readonly damaged: readonly string[],
  ) {
    this.model = options.model;
  }

  get spent(): { replies: number; tokens: number } {
    return { replies: this.budget.replies, tokens: this.budget.spent };
  }

  async ask(messages: readonly Message[], signal?: AbortSignal): Promise<Reply> {
    const { baseURL, model, temperature, maxReplyTokens } = this.options;
    // Every running request listens to the signal.
    if (signal) setMaxListeners(0, signal);
    const request: Request = { baseURL, model, temperature, maxReplyTokens, messages };
    const name = this.cache.nameOf(request);
    const kept = await this.cache.read(name);
    if (kept) return replyOf(kept, name);
    // Equal concurrent requests are sent once.
    let reply = this.underWay.get(name);
    if (!reply) {
      reply = this.queue
        .add(() => this.pay(name, request, signal), { signal })
        .finally(() => this.underWay.delete(name));
      this.underWay.set(name, reply);
    }
    return reply;
  }

  /** Sends the request within the token budget and saves the reply. */
  private async pay(name: string, request: Request, signal?: AbortSignal): Promise<Reply> {
    const most = mostTokens(request);
    try {
      if (this.broken) throw this.broken;
      await this.budget.reserve(most);
      let reply: RawReply | undefined;
      try {
        if (this.broken) throw this.broken;
        reply = await this.complete(request, signal);
        await this.cache.write(name, request, reply);
      } finally {
        this.budget.settle(most, reply?.tokens);
      }
      return replyOf(reply, name);
    } catch (error) {
      if (error instanceof RunError) this.broken ??= error;
      throw error;
    }
  }

  private async complete(request: Request, signal?: AbortSignal): Promise<RawReply> {
    for (let attempt = 0; ; attempt++) {
      signal?.throwIfAborted();
      try {
        return this.rawReply(await this.send(request, signal), request);
      } catch (error) {
        signal?.throwIfAborted();
        const { APIError } = await import("openai");
        if (error instanceof APIError || attempt === MALFORMED_RETRIES) throw this.failure(error, request);
      }
    }
  }

  private send({ model, messages, temperature, maxReplyTokens, baseURL }: Request, signal?: AbortSignal) {
    // OpenAI's newer models accept only the new name, many other servers only the old one.
    const limit = new URL(baseURL).hostname === "api.openai.com" ? "max_completion_tokens" : "max_tokens";
    return this.client.chat.completions.create(
      { model, messages: [...messages], ...(temperature !== null && { temperature }), [limit]: maxReplyTokens },
      { signal },
    );
  }

  /** @throws TypeError when the answer is not of the protocol */
  private rawReply(answer: unknown, request: Request): RawReply {
    const { data, error } = answerSchema.safeParse(answer);
    if (error) {
      const [{ path, message }] = error.issues;
      throw new TypeError(errorMessage(answer) ?? `${path.join(".") || "the answer"}: ${message}`);
    }
    const [{ message, finish_reason }] = data.choices;
    const text = this.withoutKey(message.content);
    return {
      content: text,
      refusal: message.refusal ? this.withoutKey(message.refusal) : null,
      finishReason: finish_reason,
      // If a server does not count tokens, the maximal number is assumed.
      tokens: data.usage?.total_tokens ?? mostTokens({ ...request, maxReplyTokens: Buffer.byteLength(text) }),
    };
  }

  /**
   * The error without the key; causes of the package are dropped, since they contain requests and
   * headers.
   */
  private failure(error: unknown, { baseURL, model }: Request): RunError {
    const attempts = (this.options.retries ?? RETRIES) + 1;
    const status = error instanceof Error && "status" in error ? (error.status as number | undefined) : undefined;
    const said = this.withoutKey(messageOf(error));
    const what =
      error instanceof SyntaxError || error instanceof TypeError
        ? `the answer is not a chat completion (${said})`
        : `${said}${status === undefined || status >= 500 || status === 429 ? `, after ${attempts} ${attempts === 1 ? "attempt" : "attempts"}` : ""}`;
    return new RunError(`${baseURL}, model ${model}: ${what}`, { help: helpFor(status) });
  }

  /** Text from a server without the key, in case the server repeats it. */
  private withoutKey(text: string): string {
    const { apiKey } = this.options;
    return apiKey ? text.replaceAll(apiKey, "[key]") : text;
  }
}

/**
 * Maximal tokens of a request: a token has at least one byte, and each message a few extra tokens.
 */
function mostTokens({ messages, maxReplyTokens }: Request): number {
  return messages.reduce((sum, { content }) => sum + Buffer.byteLength(content) + 16, maxReplyTokens);
}

function replyOf({ content, refusal, finishReason }: RawReply, kept: string): Reply {
  const fault =
    refusal !== null || finishReason === "content_filter"
      ? "the model refused"
      : finishReason === "length"
        ? "the reply was cut off at the maximal length (explainer.maxReplyTokens)"
        : content.trim() === ""
          ? "the reply is empty"
          : undefined;
  return { text: content, ...(fault !== undefined && { fault }), kept };
}

function helpFor(status: number | undefined): string {
  if (status === 401 || status === 403) return "Put a valid key into the variable that explainer.keyVariable names.";
  if (status === 404) return "Check explainer.baseURL (it often ends in /v1) and explainer.model.";
  if (status === 400 || status === 422)
    return "Check explainer.model, explainer.temperature (null: not sent) and explainer.maxReplyTokens.";
  return "Check that the server is running, that explainer.timeoutSeconds is long enough, and that explainer.requestsPerMinute is not too high. Replies so far are saved; continue with --resume.";
}
