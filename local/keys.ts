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

/** Reads the keys of a data folder, making them the first time; `null` makes keys for memory only. */
export async function loadKeys(file: string | null): Promise<Keys> {
  const stored = (file === null ? null : await read(file)) ?? await generate();
  if (file !== null) {
    await Deno.writeTextFile(file, JSON.stringify(stored, null, 2), { mode: 0o600 });
  }
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

async function generate(): Promise<StoredKeys> {
  const { privateKey } = await generateKeyPair("ES256", { extractable: true });
  return {
    publishableKey: `sb_publishable_${random()}`,
    secretKey: `sb_secret_${random()}`,
    cronKey: `sb_secret_${random()}`,
    sharedSecret: random() + random(),
    privateJwk: await exportJWK(privateKey),
    keyId: crypto.randomUUID(),
  };
}

function random(): string {
  return crypto.randomUUID().replaceAll("-", "");
}
