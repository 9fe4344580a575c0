/** A job engine under a load: ours, or a peer with its own workers. */
export interface Engine {
  name: string;
  /** Enqueues jobs that carry these payloads. */
  enqueue(payloads: Record<string, unknown>[]): Promise<void>;
  /** Starts workers; `work` is what they do with a payload. */
  start(options: {
    /** Workers, each of which has a connection of its own. */
    workers: number;
    /** Jobs that each does at once. */
    concurrency: number;
    work: (payload: Record<string, unknown>) => Promise<void>;
  }): Promise<{ stop(): Promise<void> }>;
}
