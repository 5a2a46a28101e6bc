// What the driver asks a deployment besides its requests: the models it serves, its pools, and what its planner recorded.
import { err, ok, type Result } from '../../core/base/result.ts';
import type { PoolsReply } from '../../core/pool/pool-view.ts';
import type { PlannerRecording } from '../../hosts/recorded-brain.ts';
import type { PoolRecording } from '../../hosts/pool-recorder.ts';
import type { WholePoolRecording } from '../../sim/conformance/check-pools.ts';
import type { RunRecord } from '../../sim/conformance/run-record.ts';

const answerMsMax = 10_000;
/** A record has at most some tens of pages. */
const pagesMax = 100;

/** Names that a key may ask for. */
export async function readModelNames(
  target: string,
  key: string,
): Promise<Result<ReadonlySet<string>, string>> {
  const reply = await getJson<{ data: readonly { id: string }[] }>(`${target}/v1/models`, key);
  if (!reply.ok) return reply;
  return ok(new Set(reply.value.data.map(({ id }) => id)));
}

export async function readPools(target: string, adminToken: string): Promise<Result<PoolsReply, string>> {
  return getJson<PoolsReply>(`${target}/admin/v1/pools`, adminToken);
}

/** What the planner and these pools were told and decided; null where nothing is recorded. Pools that nothing happened to are left out. */
export async function readRecorded(
  target: string,
  adminToken: string,
  pools: readonly string[],
): Promise<RunRecord['recorded']> {
  const read = <T extends Page>(pool: string | null): Promise<Whole<T> | null> =>
    readPages<T>(async (from) => {
      const about = pool === null ? '' : `&pool=${encodeURIComponent(pool)}`;
      const reply = await getJson<T>(`${target}/admin/v1/recording?from=${from}${about}`, adminToken);
      return reply.ok ? reply.value : null;
    });
  const planner = await read<PlannerRecording>(null);
  if (planner === null) return null;
  const recorded: WholePoolRecording[] = [];
  for (const pool of pools) {
    const recording = await read<PoolRecording>(pool);
    if (recording !== null && recording.notes.length > 0) recorded.push(recording);
  }
  return { planner, pools: recorded };
}

interface Page {
  readonly notes: readonly unknown[];
  readonly next: number | null;
}

type Whole<T extends Page> = Omit<T, 'next'>;

/** The pages of one record as one: the first with the notes of all. */
async function readPages<T extends Page>(
  read: (from: number) => Promise<T | null>,
): Promise<Whole<T> | null> {
  const pages: T[] = [];
  for (let from: number | null = 0; from !== null && pages.length < pagesMax;) {
    const page: T | null = await read(from);
    if (page === null) return null;
    pages.push(page);
    from = page.next;
  }
  const [first] = pages;
  if (first === undefined) return null;
  return { ...first, notes: pages.flatMap(({ notes }) => notes) };
}

async function getJson<T>(url: string, token: string): Promise<Result<T, string>> {
  try {
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(answerMsMax) });
    const text = await response.text();
    if (response.status === 401) return err(`${url}: the key or token is not accepted there`);
    if (response.status !== 200) return err(`${url}: answered ${response.status} ${text.slice(0, 200)}`);
    return ok(JSON.parse(text) as T);
  } catch (cause) {
    const why = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
    return err(`${url}: cannot be reached (${why instanceof Error ? why.message : String(why)})`);
  }
}
