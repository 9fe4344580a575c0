/** The lane's own budget or pause lets no call go soon. No provider has refused anything. */
export class LaneBusyError extends Error {
  /** After how many seconds a call may go. */
  readonly seconds: number;

  constructor(seconds: number) {
    super("the provider's limit is reached");
    this.name = "LaneBusyError";
    this.seconds = seconds;
  }
}
