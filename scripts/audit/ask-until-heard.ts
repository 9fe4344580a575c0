import { unwrap } from "../../shared/unwrap.ts";

/** What a question of supabase-js is answered with, once it is waited for. */
export type Question<T> = PromiseLike<{
  data: T | null;
  error: Parameters<typeof unwrap>[0]["error"];
}>;

/**
 * The data of an answer; asks up to three times, a second apart, since an audit of thousands of
 * objects meets a server that is away for a moment. Throws the last error.
 */
export async function askUntilHeard<T>(ask: () => Question<T>): Promise<NonNullable<T>> {
  for (let attempt = 1;; attempt++) {
    try {
      return unwrap(await ask()) as NonNullable<T>;
    } catch (error) {
      if (attempt === 3) throw error;
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
}
