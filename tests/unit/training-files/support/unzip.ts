import { unzipSync } from "fflate/browser";

/** The members of a zip by name, in the order of its directory. */
export function unzip(bytes: Uint8Array): Map<string, Uint8Array> {
  return new Map(Object.entries(unzipSync(bytes)));
}

/** The text of one member. */
export function memberText(bytes: Uint8Array, name: string): string {
  const member = unzip(bytes).get(name);
  if (!member) throw new Error(`no member ${name}`);
  return new TextDecoder().decode(member);
}
