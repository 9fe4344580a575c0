import { type CryptoKey, exportJWK, generateKeyPair, importJWK, type JWK } from "jose";

/** The keys of one local project. */
export interface Keys {
  publishableKey: string;
  /** The secret key named default. */
  secretKey: string;
  /** The secret key named cron, which only the worker function takes. */
  cronKey: string;
  /** What @supabase/lite signs its tokens with; never leaves the stack. */
  sharedSecret: Uint8Array;
  privateKey: CryptoKey;
  publicKey: CryptoKey;
  keyId: string;
}

interface StoredKeys {
  publishableKey: string;
  secretKey: string;
  cronKey: string;
  sharedSecret: string;
  privateJwk: JWK;
  keyId: string;
}

/** Reads the keys of a data folder, making them the first time. */
export async function loadKeys(file: string): Promise<Keys> {
  const stored = await read(file) ?? await generate(file);
  const { kty, crv, x, y } = stored.privateJwk;
  return {
    publishableKey: stored.publishableKey,
    secretKey: stored.secretKey,
    cronKey: stored.cronKey,
    sharedSecret: new TextEncoder().encode(stored.sharedSecret),
    privateKey: await importKey(stored.privateJwk),
    publicKey: await importKey({ kty, crv, x, y }),
    keyId: stored.keyId,
  };
}

async function importKey(jwk: JWK): Promise<CryptoKey> {
  const key = await importJWK(jwk, "ES256", { extractable: true });
  if (key instanceof Uint8Array) throw new Error("not a key of a pair");
  return key;
}

async function read(file: string): Promise<StoredKeys | null> {
  try {
    return JSON.parse(await Deno.readTextFile(file));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

async function generate(file: string): Promise<StoredKeys> {
  const { privateKey } = await generateKeyPair("ES256", { extractable: true });
  const keys: StoredKeys = {
    publishableKey: `sb_publishable_${random()}`,
    secretKey: `sb_secret_${random()}`,
    cronKey: `sb_secret_${random()}`,
    sharedSecret: random() + random(),
    privateJwk: await exportJWK(privateKey),
    keyId: crypto.randomUUID(),
  };
  // Renamed into place: a stack that is killed here must not leave half a file.
  await Deno.writeTextFile(`${file}.new`, JSON.stringify(keys, null, 2), { mode: 0o600 });
  await Deno.rename(`${file}.new`, file);
  return keys;
}

function random(): string {
  return crypto.randomUUID().replaceAll("-", "");
}
