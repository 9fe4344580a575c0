declare global {
  interface JSON {
    /** ECMAScript "JSON.parse source text access"; V8 11.4 and later. */
    rawJSON(text: string): unknown;
    parse(
      text: string,
      reviver: (
        this: unknown,
        key: string,
        value: unknown,
        context: { source?: string },
      ) => unknown,
    ): unknown;
  }
}

/** A value that `JSON.stringify` writes with exactly these letters, such as `3.0`. */
export function rawJson(text: string): unknown {
  return JSON.rawJSON(text);
}
