/**
 * Seconds until a provider wants to be asked again, from its headers: `retry-after-ms`, or
 * `retry-after` as seconds or as a date, which is taken from the provider's own clock (`date`) where
 * it tells the time: ours may be minutes off. Clamped to 1 to 600; null without a readable one.
 * Source: RFC 9110, section 10.2.3; `retry-after-ms` is OpenAI's.
 */
export function parseRetryAfter(headers: Headers, now: Date): number | null {
  const milliseconds = toNumber(headers.get("retry-after-ms"));
  if (milliseconds !== null) return clamp(milliseconds / 1000);
  const text = headers.get("retry-after");
  const seconds = toNumber(text);
  if (seconds !== null) return clamp(seconds);
  // The parser takes much for a date: "try 5" is a day of 2001 to it.
  const date = text && /^[a-z]{3,9},? .*\d{2}:\d{2}:\d{2}/i.test(text) ? Date.parse(text) : NaN;
  const sentAt = Date.parse(headers.get("date") ?? "");
  const from = Number.isNaN(sentAt) ? now.getTime() : sentAt;
  return Number.isNaN(date) ? null : clamp((date - from) / 1000);
}

function toNumber(text: string | null): number | null {
  return text !== null && /^\s*\d{1,12}(\.\d+)?\s*$/.test(text) ? Number(text) : null;
}

function clamp(seconds: number): number {
  return Math.min(600, Math.max(1, Math.ceil(seconds)));
}
