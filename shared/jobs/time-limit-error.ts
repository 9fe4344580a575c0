/** The reason of the abort when a worker has used up its time budget. */
export class TimeLimitError extends Error {
  constructor() {
    super("The work takes longer than a worker may run");
    this.name = "TimeLimitError";
  }
}
