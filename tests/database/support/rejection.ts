interface DatabaseError extends Error {
  code?: string;
  detail?: string;
}

/** What `private.raise_error` tells a caller. */
export interface Raised {
  code: string;
  status: number;
  message: string;
  details: unknown;
  hint: string | null;
}

/** The SQLSTATE that `work` fails with. Throws when it succeeds, or fails elsewhere than in SQL. */
export async function sqlStateOf(work: Promise<unknown>): Promise<string> {
  const { code } = await rejectionOf(work);
  if (code) return code;
  throw new Error("failed without an SQLSTATE");
}

/** The error that `work` raises for its caller. Throws when it succeeds, or fails otherwise. */
export async function raisedBy(work: Promise<unknown>): Promise<Raised> {
  const error = await rejectionOf(work);
  if (error.code !== "PGRST") throw error;
  const { details, ...message } = JSON.parse(error.message);
  const { status } = JSON.parse(error.detail ?? "{}");
  return { ...message, status, details: details === null ? null : JSON.parse(details) };
}

async function rejectionOf(work: Promise<unknown>): Promise<DatabaseError> {
  let result: unknown;
  try {
    result = await work;
  } catch (error) {
    return error as DatabaseError;
  }
  throw new Error(`expected a failure, got ${JSON.stringify(result)}`);
}
