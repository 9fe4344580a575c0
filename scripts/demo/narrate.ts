/** What the demo prints, and what it has found to be wrong. */
export class Narrator {
  #startedAt = performance.now();
  readonly failures: string[] = [];

  /** A chapter of the demo. */
  chapter(title: string): void {
    console.log(`\n${title}\n${"─".repeat(title.length)}`);
  }

  /** Something that happened, with the seconds since the start. */
  say(text: string): void {
    const seconds = ((performance.now() - this.#startedAt) / 1000).toFixed(1);
    console.log(`${seconds.padStart(6)} s  ${text}`);
  }

  /** Something that must hold: the demo goes on without it, and fails at its end. */
  check(holds: boolean, text: string): void {
    this.say(`${holds ? "ok  " : "FAIL"} ${text}`);
    if (!holds) this.failures.push(text);
  }

  /** A passage of text, indented and cut to a few lines. */
  quote(text: string, maxLines = 6): void {
    const lines = text.trim().split("\n").filter((line) => line.trim() !== "");
    for (const line of lines.slice(0, maxLines)) {
      console.log(`          │ ${line.length > 96 ? `${line.slice(0, 95)}…` : line}`);
    }
    if (lines.length > maxLines) console.log("          │ …");
  }
}

/** A bar of 20 characters for a share from 0 to 1. */
export function bar(share: number): string {
  const full = Math.round(share * 20);
  return "█".repeat(full) + "░".repeat(20 - full);
}
