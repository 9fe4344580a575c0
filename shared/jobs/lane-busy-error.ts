/** The lane's own budget or pause lets no call go soon. No provider has refused anything. */
export class LaneBusyError extends Error {
  constructor() {
    super("the provider's limit is reached");
    this.name = "LaneBusyError";
  }
}
