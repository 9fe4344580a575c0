import {
  createLocalJWKSet,
  exportJWK,
  type JSONWebKeySet,
  type JWK,
  jwtVerify,
  SignJWT,
} from "jose";
import type { Keys } from "../keys.ts";

const maxExchanged = 1000;

/**
 * @supabase/lite signs access tokens with a shared secret; hosted projects sign them with a key
 * pair and publish the public half, and `@supabase/server` accepts nothing else. This turns one
 * into the other at the gateway, so that clients see what hosted gives them.
 */
export class TokenExchange {
  readonly jwks: JSONWebKeySet;
  #keys: Keys;
  #issuer: string;
  /** A signature is checked once, as long as the token is good. */
  #exchanged = new Map<string, { inner: string; until: number }>();
  #findKey: ReturnType<typeof createLocalJWKSet>;

  private constructor(keys: Keys, issuer: string, publicJwk: JWK) {
    this.#keys = keys;
    this.#issuer = issuer;
    this.jwks = { keys: [{ ...publicJwk, kid: keys.keyId, alg: "ES256", use: "sig" }] };
    this.#findKey = createLocalJWKSet(this.jwks);
  }

  /** `issuer` becomes the `iss` claim of the tokens that clients get. */
  static async create(keys: Keys, issuer: string): Promise<TokenExchange> {
    return new TokenExchange(keys, issuer, await exportJWK(keys.publicKey));
  }

  /** The token that a client gets for one that @supabase/lite made. Throws on any other token. */
  async outward(token: string): Promise<string> {
    const { payload } = await jwtVerify(token, this.#keys.sharedSecret, { algorithms: ["HS256"] });
    return await new SignJWT({ ...payload, iss: this.#issuer })
      .setProtectedHeader({ alg: "ES256", typ: "JWT", kid: this.#keys.keyId })
      .sign(this.#keys.privateKey);
  }

  /** The token that @supabase/lite understands for one that a client sent; null if it is not ours. */
  async inward(token: string): Promise<string | null> {
    const known = this.#exchanged.get(token);
    if (known && Date.now() < known.until) return known.inner;
    try {
      const { payload } = await jwtVerify(token, this.#findKey, {
        algorithms: ["ES256"],
        issuer: this.#issuer,
      });
      const inner = await new SignJWT(payload)
        .setProtectedHeader({ alg: "HS256", typ: "JWT" })
        .sign(this.#keys.sharedSecret);
      if (this.#exchanged.size >= maxExchanged) this.#exchanged.clear();
      this.#exchanged.set(token, { inner, until: (payload.exp ?? 0) * 1000 });
      return inner;
    } catch {
      return null;
    }
  }
}
