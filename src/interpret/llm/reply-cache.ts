/** Saves replies of a language model on disk, by the content of the request. */
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { FormatError } from "../../errors.js";
import { readJson } from "../../io/atomic.js";
import { checkedContent, writeCheckedJson } from "../../io/checked-json.js";
import { sha256Text } from "../../io/hash.js";
import { isObject } from "../../io/json-object.js";
import type { Message } from "./chat.js";

/** Everything that a reply depends on. */
export interface Request {
  baseURL: string;
  model: string;
  /** null: the server's default. */
  temperature: number | null;
  maxReplyTokens: number;
  messages: readonly Message[];
}

const replySchema = z.object({
  content: z.string(),
  refusal: z.string().nullable(),
  finishReason: z.string(),
  /** Prompt and reply together. */
  tokens: z.number().nonnegative(),
});

/** The raw reply. */
export type RawReply = z.output<typeof replySchema>;

const fileSchema = z.object({ reply: replySchema });

/** A folder of JSON files, one per request, each with request and raw reply. */
export class ReplyCache {
  constructor(readonly folder: string) {}

  /** The name of a request: the hash of its content. */
  nameOf({ baseURL, model, temperature, maxReplyTokens, messages }: Request): string {
    return sha256Text(JSON.stringify([baseURL, model, temperature, maxReplyTokens, messages]));
  }

  /**
   * The cached reply; undefined if there is none or its file is damaged, so that the request must
   * be repeated.
   */
  async read(name: string): Promise<RawReply | undefined> {
    const file = this.fileOf(name);
    if (!existsSync(file)) return undefined;
    try {
      const json = await readJson(file);
      // Files of earlier versions have none.
      if (isObject(json) && "check" in json) checkedContent(file, json);
      return fileSchema.safeParse(json).data?.reply;
    } catch (error) {
      if (error instanceof FormatError) return undefined;
      throw error;
    }
  }

  /** @param reply in the form of `replySchema`, so that it can be read again */
  async write(name: string, request: Request, reply: RawReply): Promise<void> {
    await writeCheckedJson(this.fileOf(name), { ...request, reply });
  }

  /** The number of cached replies and their tokens; damaged files are listed and not counted. */
  async total(): Promise<{ replies: number; tokens: number; damaged: string[] }> {
    const damaged: string[] = [];
    if (!existsSync(this.folder)) return { replies: 0, tokens: 0, damaged };
    const names = (await readdir(this.folder)).filter((file) => /^[0-9a-f]{64}\.json$/.test(file));
    let [replies, tokens] = [0, 0];
    for (const name of names) {
      const reply = await this.read(name.slice(0, -".json".length));
      if (!reply) {
        damaged.push(name);
        continue;
      }
      replies++;
      tokens += reply.tokens;
    }
    return { replies, tokens, damaged };
  }

  private fileOf(name: string): string {
    return join(this.folder, `${name}.json`);
  }
}
