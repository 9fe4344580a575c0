/**
 * Loads items in their order, `count` of them at once: while one is worked on, the next are on
 * their way. Throws what the first that fails throws.
 */
export async function* readAhead<T, R>(
  items: readonly T[],
  count: number,
  load: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const loading: Promise<R>[] = [];
  for (let next = 0; next < items.length || loading.length > 0;) {
    while (next < items.length && loading.length < count) {
      const loaded = load(items[next++]!);
      // It is awaited below, or nobody asks for it any more.
      loaded.catch(() => undefined);
      loading.push(loaded);
    }
    yield await loading.shift()!;
  }
}
