import { callFunction, type FunctionAnswer, type StackAddress } from "./user.ts";

/** Has the worker of a stack do what is due, within the limits of its request, and waits for it. */
export function callWorker(
  stack: StackAddress,
  limits: { kinds?: string[]; max_jobs?: number } = {},
): Promise<FunctionAnswer> {
  return callFunction("process-jobs", {
    stack,
    headers: { apikey: stack.cronKey },
    body: { wait: true, ...limits },
  });
}
