/**
 * Settings of the Hub from the environment variables of Python's huggingface_hub: address, cache,
 * token.
 */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ConfigError } from "../../errors.js";
import { outgoingFetch } from "../outgoing.js";

/** Settings of requests to the Hub. */
export interface HubSettings {
  /** The Hub's address without a trailing slash. */
  readonly endpoint: string;
  /** The folder with `models--org--name` and `datasets--org--name`. */
  readonly cache: string;
  /** Sent only to the endpoint; never in messages or files. */
  readonly token?: string;
  /** Only the cache is read; no request is made. */
  readonly offline: boolean;
  /** Milliseconds without data after which a connection counts as broken. */
  readonly stallMs: number;
  /** Makes one request. */
  readonly fetch: typeof fetch;
  /** Waits before a retry. */
  wait(ms: number, signal?: AbortSignal): Promise<void>;
}

const isOn = (value: string | undefined): boolean => /^(1|on|yes|true)$/i.test(value ?? "");

const expandHome = (path: string): string => path.replace(/^~(?=$|[\\/])/, homedir());

function wrong(path: string, expected: string, received: string): ConfigError {
  return new ConfigError("environment", [{ path, expected, received }]);
}

function tokenOf(env: NodeJS.ProcessEnv, home: string): string | undefined {
  const file = join(home, "token");
  const own = env.HF_TOKEN?.trim();
  let token = own;
  try {
    token ||= readFileSync(file, "utf8").trim();
  } catch {
    // No token is saved.
  }
  // The error of fetch would quote the token.
  if (token && !/^[\x21-\x7e]+$/.test(token))
    throw wrong(own ? "HF_TOKEN" : file, "a token of letters, digits and signs", "one with other characters");
  return token || undefined;
}

function endpointOf(text = ""): string {
  const endpoint = (text || "https://huggingface.co").replace(/\/+$/, "");
  const expected = "an address such as https://huggingface.co";
  if (!/^https?:\/\//.test(endpoint) || !URL.canParse(endpoint)) throw wrong("HF_ENDPOINT", expected, text);
  const { username, password } = new URL(endpoint);
  if (username || password) throw wrong("HF_ENDPOINT", expected, "one with a user or a password in it");
  return endpoint;
}

/**
 * The settings of the environment. The cache is HF_HUB_CACHE, else HUGGINGFACE_HUB_CACHE, else
 * `hub` in HF_HOME, which defaults to `huggingface` in XDG_CACHE_HOME or ~/.cache. The token is
 * HF_TOKEN, else the file `token` in HF_HOME, which `hf auth login` writes. HF_ENDPOINT replaces
 * https://huggingface.co; HF_HUB_OFFLINE=1 forbids requests. For proxies see `outgoingFetch`.
 * @throws ConfigError when HF_ENDPOINT or a proxy is not a valid address, or the token contains
 *   invalid characters
 */
export function hubSettings(env: NodeJS.ProcessEnv = process.env): HubSettings {
  const caches = env.XDG_CACHE_HOME || join(homedir(), ".cache");
  const home = expandHome(env.HF_HOME || join(caches, "huggingface"));
  return {
    endpoint: endpointOf(env.HF_ENDPOINT),
    cache: expandHome(env.HF_HUB_CACHE || env.HUGGINGFACE_HUB_CACHE || join(home, "hub")),
    token: tokenOf(env, home),
    offline: isOn(env.HF_HUB_OFFLINE),
    stallMs: 60_000,
    fetch: outgoingFetch(env),
    wait: (ms, signal) => sleep(ms, undefined, { signal }),
  };
}
