/**
 * Seconds until a provider wants to be asked again, from its headers: `retry-after-ms`, or
 * `retry-after` as seconds or as a date. Clamped to 1 to 600; null without a readable one.
 * Source: RFC 9110, section 10.2.3; `retry-after-ms` is OpenAI's.
 */
export function parseRetryAfter(headers: Headers, now: Date): number | null {
  const milliseconds = toNumber(headers.get("retry-after-ms"));
  if (milliseconds !== null) return clamp(milliseconds / 1000);
  const text = headers.get("retry-after");
  const seconds = toNumber(text);
  if (seconds !== null) return clamp(seconds);
  const date = text && /[a-z]/i.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(date) ? null : clamp((date - now.getTime()) / 1000);
}

function toNumber(text: string | null): number | null {
  return text !== null && /^\s*\d{1,12}(\.\d+)?\s*$/.test(text) ? Number(text) : null;
}

function clamp(seconds: number): number {
  return Math.min(600, Math.max(1, Math.ceil(seconds)));
}
