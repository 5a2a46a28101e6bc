// A replica's report with what its server says of its load, if it says that soon: a list is not kept waiting by one that hangs.
import type { ReplicaReport, ServerLoad } from '../../src/backends/backend.ts';
import { waitAtMost } from './wait-at-most.ts';

const loadWithinMs = 1_000;

/** The load is asked for first, so that the report is of now. */
export async function withLoad(
  server: { load(): Promise<ServerLoad | null> },
  report: () => ReplicaReport,
): Promise<ReplicaReport> {
  const load = await waitAtMost(server.load(), loadWithinMs);
  return load === null ? report() : { ...report(), load };
}
