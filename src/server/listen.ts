/** Runs the live view's server until it is stopped. */
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { ConfigError } from "../errors.js";
import { createApp } from "./app.js";
import { findRuns } from "./find-runs.js";

/** Ports that are tried when the first is taken. */
const PORTS_TRIED = 20;

export interface ListenOptions {
  readonly folder: string;
  /** Address or name to listen on; 127.0.0.1 is reached from this machine alone. */
  readonly host: string;
  /** 0 takes any free port; of another one the next free one is taken. */
  readonly port: number;
  /** Ends the server: open streams are closed, work under way is given up. */
  readonly signal: AbortSignal;
}

export interface Listening {
  /** Where to point a browser. */
  readonly url: string;
  /** When the server has ended. */
  readonly ended: Promise<void>;
}

/** @throws ConfigError when the folder does not exist, or the address cannot be listened on */
export async function listen({ folder, host, port, signal }: ListenOptions): Promise<Listening> {
  await findRuns(folder);
  const app = createApp({ folder, host, signal });
  for (let tried = port; ; tried++) {
    const server = createAdaptorServer({ fetch: app.fetch }) as Server;
    try {
      await new Promise<void>((done, fail) => server.once("error", fail).listen(tried, host, done));
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === "EADDRINUSE" && tried < Math.min(65535, port + PORTS_TRIED)) continue;
      throw new ConfigError("rewardscope view", [
        { path: "--host, --port", expected: "an address of this machine and a free port", received: message },
      ]);
    }
    const { port: taken } = server.address() as AddressInfo;
    const name = host.includes(":") ? `[${host}]` : host;
    const ended = new Promise<void>((done) => server.once("close", () => done()));
    signal.addEventListener("abort", () => {
      server.close();
      server.closeAllConnections();
    });
    return { url: `http://${name}:${taken}/`, ended };
  }
}
