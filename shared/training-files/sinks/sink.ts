/** Takes the next bytes of a file. The bytes must not be changed afterwards by either side. */
export type Sink = (chunk: Uint8Array) => void;
