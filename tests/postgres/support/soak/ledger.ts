/** How a server answered, whichever client asked. */
export interface Answer {
  /** 0 when there was none. */
  status: number;
  /** Of the error; empty when there was none. */
  code: string;
}

/** When the database is given to be up again after a crash: pools and functions connect anew. */
const recoveryMs = 5000;

/** What a soak has done, and how it was answered. */
export class Ledger {
  operations = new Map<string, number>();
  disturbances = new Map<string, number>();
  /** Refusals and failures by status and code. */
  errors = new Map<string, number>();
  /** Failures of a server whose database was up. */
  unexpected: string[] = [];
  /** So many jobs are open that everybody asks for less. */
  isBusy = false;
  #outages: { from: number; to: number }[] = [];

  count(counts: "operations" | "disturbances", name: string): void {
    this[counts].set(name, (this[counts].get(name) ?? 0) + 1);
  }

  /** From now on the server fails by right, until `end` is called and a little longer. */
  beginOutage(): { end(): void } {
    const outage = { from: performance.now(), to: Infinity };
    this.#outages.push(outage);
    return { end: () => void (outage.to = performance.now() + recoveryMs) };
  }

  /** Notes an answer other than success to a request that was sent at that time. */
  note(what: string, { status, code }: Answer, sentAt: number): void {
    const isOut = this.#outages.some(({ from, to }) => from < performance.now() && to > sentAt);
    const label = `${status || "none"} ${code}${isOut ? " (database down)" : ""}`;
    this.errors.set(label, (this.errors.get(label) ?? 0) + 1);
    if (!isOut && !isToBeExpected({ status, code })) this.unexpected.push(`${what}: ${label}`);
  }
}

/** What a user may be told in the middle of everything: of somebody else's change, or of a provider. */
function isToBeExpected({ status, code }: Answer): boolean {
  return [404, 409, 422, 429].includes(status) || code === "PROVIDER_FAILED";
}
