/** Lets what has arrived be read (a query, a closed connection) before work goes on. */
export function yieldToEvents(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
