import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { createSha256 } from "./create-sha256.ts";

/** Lower-case hex of the text's UTF-8 bytes. */
export function sha256Text(text: string): string {
  const hash = createSha256();
  hash.update(utf8ToBytes(text));
  return bytesToHex(hash.digest());
}
