/** Addresses of servers in settings. */

/** What a setting that must satisfy `isPlainAddress` expects. */
export const PLAIN_ADDRESS = "an address that begins with http:// or https://, without user, password or query";

/** An address without user, password or query, which may contain keys. */
export function isPlainAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash } = new URL(text);
  return ["http:", "https:"].includes(protocol) && !username && !password && !search && !hash;
}
