/** A local server that records JSON requests and answers as told. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface Asked {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: NodeJS.Dict<string | string[]>;
  /** Undefined without a body. */
  readonly body: unknown;
}

/** A status with a body as JSON; `hang` never answers. */
export type Answer = { status?: number; body: unknown } | "hang";

export interface TrackingServer {
  readonly url: string;
  readonly asked: Asked[];
  close(): Promise<void>;
}

export async function trackingServer(answer: (asked: Asked) => Answer): Promise<TrackingServer> {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const { method = "", url = "", headers } = request;
    const one = { method, path: url, headers, body: text === "" ? undefined : JSON.parse(text) };
    asked.push(one);
    const what = answer(one);
    if (what === "hang") return;
    response.writeHead(what.status ?? 200, { "content-type": "application/json" });
    response.end(JSON.stringify(what.body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
