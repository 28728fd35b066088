/** All outgoing network requests, through the proxy that the environment configures. */
import type { Dispatcher } from "undici";
import { ConfigError } from "../errors.js";

/** The proxies of an environment; undefined for a scheme without one. */
interface Proxies {
  http?: string;
  https?: string;
  /** Hosts that are reached without a proxy, separated by commas. */
  without: string;
}

/** Names of this machine, which a proxy cannot resolve. */
const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];

/** The first non-empty one of some variables, in lower or upper case. */
function variable(env: NodeJS.ProcessEnv, ...names: string[]): { name: string; value: string } | undefined {
  for (const name of names.flatMap((one) => [one.toLowerCase(), one]))
    if (env[name]?.trim()) return { name, value: env[name].trim() };
  return undefined;
}

/** The address of a proxy; without a scheme it is `http://`, as for curl. @throws ConfigError */
function proxyAddress(given: ReturnType<typeof variable>): string | undefined {
  if (!given) return undefined;
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(given.value) ? given.value : `http://${given.value}`;
  if (/^https?:/i.test(address) && URL.canParse(address)) return address;
  // The value may contain a password.
  const received = "another value, which is not shown since it may contain a password";
  const expected = "the address of a proxy, such as http://proxy.example:8080";
  throw new ConfigError("environment", [{ path: given.name, expected, received }]);
}

function proxiesOf(env: NodeJS.ProcessEnv): Proxies {
  const http = proxyAddress(variable(env, "HTTP_PROXY"));
  const https = proxyAddress(variable(env, "HTTPS_PROXY", "HTTP_PROXY"));
  const hosts = (variable(env, "NO_PROXY")?.value ?? "").split(/[\s,]+/).filter((host) => host !== "");
  return { http, https, without: hosts.includes("*") ? "*" : [...hosts, ...LOOPBACK].join(",") };
}

/** One dispatcher per set of proxies, so that connections are reused. */
const dispatchers = new Map<string, Promise<Dispatcher>>();

async function openDispatcher({ http = "", https = "", without }: Proxies): Promise<Dispatcher> {
  const { EnvHttpProxyAgent } = await import("undici");
  // No tunnel for http://, since proxies often allow tunnels only to port 443.
  return new EnvHttpProxyAgent({ httpProxy: http, httpsProxy: https, noProxy: without, proxyTunnel: false });
}

/**
 * `fetch` with the environment's proxies: HTTPS_PROXY, else HTTP_PROXY, for https://, and
 * HTTP_PROXY for http://. Hosts in NO_PROXY (`example.org` with its subdomains, `host:port`, `*`
 * for all) and this machine are reached directly. Names of variables may be in lower case, which
 * takes precedence. Without a proxy it is Node's own `fetch`.
 * @throws ConfigError when a variable is not a valid address
 */
export function outgoingFetch(env: NodeJS.ProcessEnv = process.env): typeof fetch {
  const proxies = proxiesOf(env);
  if (proxies.http === undefined && proxies.https === undefined) return (...request) => fetch(...request);
  const key = JSON.stringify(proxies);
  return async (input, init) => {
    const dispatcher = dispatchers.get(key) ?? openDispatcher(proxies);
    dispatchers.set(key, dispatcher);
    // Node's own fetch rejects dispatchers of any undici version other than its own.
    const { fetch: proxied } = await import("undici");
    const options = { ...init, dispatcher: await dispatcher } as Parameters<typeof proxied>[1];
    return (await proxied(input as string | URL, options)) as unknown as Response;
  };
}

/** A response with more bytes than allowed. */
export class TooLong extends Error {}

/**
 * The text of a small response. Aborting the request also aborts reading.
 * @throws TooLong when it has more than `mostBytes`; the remainder is not read
 */
export async function wholeText(response: Response, mostBytes: number): Promise<string> {
  const blocks: Uint8Array[] = [];
  let bytes = 0;
  for await (const block of response.body ?? []) {
    bytes += block.length;
    // Ending the loop closes the connection.
    if (bytes > mostBytes) throw new TooLong(`the answer has more than ${mostBytes / 2 ** 20} MiB`);
    blocks.push(block);
  }
  return new TextDecoder().decode(Buffer.concat(blocks));
}
