/** A held job whose next call is in another lane, as `claim_jobs` takes it along. */
export type Move = { job_id: string; lease_token: string; lane: string; token_count: number };

interface Leaving {
  move: Move;
  /** A claim has it, and was not answered yet. */
  isSent: boolean;
  settle: () => void;
}

/**
 * The work that a worker has in hand. Work that leaves for another lane, where a short call is left,
 * gives its place to the next job at once.
 */
export class WorkerPlaces {
  #count: number;
  #working = new Set<Promise<void>>();
  #left = new Set<Promise<void>>();
  #leaving: Leaving[] = [];
  #change = Promise.withResolvers<void>();
  #isClosed = false;

  constructor(count: number) {
    this.#count = count;
  }

  get free(): number {
    return this.#count - this.#working.size;
  }

  get isIdle(): boolean {
    return this.#working.size + this.#left.size === 0;
  }

  /** Resolves when a place is freed from now on. */
  change(): Promise<void> {
    return this.#change.promise;
  }

  /** Has a place taken until the work is over. */
  hold(work: Promise<void>): void {
    this.#working.add(work);
    const end = () => {
      if (!this.#left.delete(work)) this.#free(work);
    };
    work.then(end, end);
  }

  /** Frees the place of work that goes on; resolves when the claim that moves its job is answered. */
  leave(work: Promise<void>, move: Move): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (this.#isClosed) resolve();
    else this.#leaving.push({ move, isSent: false, settle: resolve });
    this.#left.add(work);
    this.#free(work);
    return promise;
  }

  /** What the next claim is to move. */
  takeMoves(): Move[] {
    for (const leaving of this.#leaving) leaving.isSent = true;
    return this.#leaving.map(({ move }) => move);
  }

  /** That claim was answered. */
  settleMoves(): void {
    for (const { isSent, settle } of this.#leaving) if (isSent) settle();
    this.#leaving = this.#leaving.filter(({ isSent }) => !isSent);
  }

  /** No claim comes any more; resolves when all work is over. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { settle } of this.#leaving) settle();
    await Promise.all([...this.#working, ...this.#left]);
  }

  #free(work: Promise<void>): void {
    this.#working.delete(work);
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }
}
