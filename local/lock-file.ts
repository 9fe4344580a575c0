/**
 * Takes the lock of a data folder; two processes on one PGlite folder destroy it. The operating
 * system gives the lock back when the process ends, however it ends.
 * Throws when another process holds it.
 */
export async function takeLock(folder: string): Promise<{ release(): void }> {
  const path = `${folder}/lock`;
  const file = await Deno.open(path, { create: true, write: true, read: true });
  if (!await file.tryLock(true)) {
    file.close();
    throw new Error(
      `another stack is running on ${folder} (lock file ${path}): stop it, or choose another --data`,
    );
  }
  return { release: () => file.close() };
}
