/**
 * What hosted gives a function: 256 MB. With the limits that V8 takes from this machine's memory,
 * garbage would lie around in hundreds of megabytes that hosted does not have.
 */
export const memoryFlags = ["--v8-flags=--max-old-space-size=256,--max-semi-space-size=2"];
