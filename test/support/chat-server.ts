/** A local server that speaks chat completions, and misbehaves on demand. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What the server does with one request instead of answering it. */
export type Misbehaviour =
  | { status: number; retryAfter?: string; echoKey?: boolean; body?: unknown }
  | "hang"
  | "cut off"
  | { text: string; finishReason?: string }
  | { parts: string[] }
  | { refusal: string };

export interface ChatServer {
  baseURL: string;
  /** Prompts (last messages) of all requests, answered or not. */
  readonly seen: { messages: { role: string; content: string }[]; body: Record<string, unknown>; key?: string }[];
  /** What happens to the next requests, first come first served; when empty, all is well. */
  readonly next: Misbehaviour[];
  close(): Promise<void>;
}

/** @param answer the model's reply to a prompt */
export async function chatServer(answer: (prompt: string) => string): Promise<ChatServer> {
  const seen: ChatServer["seen"] = [];
  const next: Misbehaviour[] = [];
  const server = createServer((request, response) => void respond(request, response));
  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString());
    const key = request.headers.authorization?.replace("Bearer ", "");
    seen.push({ messages: body.messages, body, key });
    const what = next.shift();
    if (what === "hang") return;
    if (what !== undefined && typeof what === "object" && "status" in what) {
      response.writeHead(what.status, { "retry-after": what.retryAfter ?? "0.01", "content-type": "application/json" });
      const body = what.body ?? { error: { message: `faulty${what.echoKey ? ` with key ${key}` : ""}` } };
      response.end(typeof body === "string" ? body : JSON.stringify(body));
      return;
    }
    const reply = typeof what === "object" ? what : { text: answer(body.messages.at(-1).content) };
    const message = {
      role: "assistant",
      content:
        "text" in reply ? reply.text : "parts" in reply ? reply.parts.map((text) => ({ type: "text", text })) : null,
      refusal: "refusal" in reply ? reply.refusal : null,
    };
    const finish_reason = "text" in reply && "finishReason" in reply ? reply.finishReason : "stop";
    const whole = JSON.stringify({
      id: "1",
      object: "chat.completion",
      created: 0,
      model: body.model,
      choices: [{ index: 0, message, finish_reason }],
      usage: { prompt_tokens: 60, completion_tokens: 40, total_tokens: 100 },
    });
    response.writeHead(200, { "content-type": "application/json" });
    response.end(what === "cut off" ? whole.slice(0, whole.length / 2) : whole);
  }
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    seen,
    next,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
