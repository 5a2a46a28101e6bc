// Reads the admin API; every failure becomes a sentence for people.

export class AdminProblem extends Error {
  readonly status: number | null;

  constructor(message: string, status: number | null) {
    super(message);
    this.status = status;
  }
}

export interface AdminRequest {
  readonly path: string;
  readonly token: string;
  readonly signal?: AbortSignal;
}

/** Throws an `AdminProblem`. The shape of an answer is the endpoint's word. */
export async function readAdmin<Reply>({ path, token, signal }: AdminRequest): Promise<Reply> {
  const response = await fetch(path, {
    headers: { authorization: `Bearer ${token}` },
    ...(signal === undefined ? {} : { signal }),
  }).catch((cause: unknown) => {
    if (signal?.aborted === true) throw cause;
    throw new AdminProblem('The endpoint cannot be reached. The page goes on asking.', null);
  });
  if (response.ok) return (await response.json()) as Reply;
  if (response.status === 401) throw new AdminProblem('The admin token is not valid.', 401);
  const body = (await response.json().catch(() => ({}))) as { error?: { message?: string } };
  const message = body.error?.message ?? `The endpoint answered ${response.status}.`;
  throw new AdminProblem(message, response.status);
}
