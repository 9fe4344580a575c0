/** Where an embedding provider is, and what to ask it for. */
export interface EmbedderOptions {
  model: string;
  /** Without a slash at its end; the provider's own when left out. */
  baseUrl?: string;
  apiKey: string;
  /** Milliseconds that one request may take, its body included. */
  timeoutMs?: number;
}

export const defaultTimeoutMs = 30_000;
