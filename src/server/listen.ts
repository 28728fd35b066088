/** Runs the live view's server until it is stopped. */
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { ConfigError } from "../errors.js";
import { createApp } from "./app.js";
import { newKey } from "./control/key.js";
import type { Program } from "./control/program.js";
import { findRuns } from "./find-runs.js";
import { isLoopback } from "./guards.js";

/** Number of ports to try when the first is in use. */
const PORTS_TRIED = 20;

export interface ListenOptions {
  readonly folder: string;
  /** Address or name to listen on; 127.0.0.1 can be reached only from this machine. */
  readonly host: string;
  /** 0: any free port; otherwise this port or the next free one. */
  readonly port: number;
  /** Ends the server when aborted: open streams are closed, running work is cancelled. */
  readonly signal: AbortSignal;
  /**
   * The command line, by which the pages start and stop runs; only on a host that no other machine
   * reaches. Default: the pages only show.
   */
  readonly program?: Program;
}

export interface Listening {
  /** The address for a browser. */
  readonly url: string;
  /** The same with the key to starting and stopping runs; undefined where the pages only show. */
  readonly controlUrl?: string;
  /** Resolves when the server has ended. */
  readonly ended: Promise<void>;
}

/** @throws ConfigError when the folder does not exist, or the address cannot be listened on */
export async function listen({ folder, host, port, signal, program }: ListenOptions): Promise<Listening> {
  await findRuns(folder);
  const control = program && isLoopback(host) ? { program, key: newKey() } : undefined;
  const app = createApp({ folder, host, signal, ...(control && { control }) });
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
    const url = `http://${name}:${taken}/`;
    // The first answer takes longest, since it reads the runs. It is made before a browser asks for it.
    void app.request(url);
    return { url, ended, ...(control && { controlUrl: `${url}#key=${control.key}` }) };
  }
}
