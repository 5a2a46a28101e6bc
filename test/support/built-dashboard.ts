// Programs of the product build the dashboard when they find it older than its sources. Test files start several at once, over one folder: it is
// built before any of them.
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { DashboardBuild } from '../../src/cli/dev/dashboard-build.ts';

/** What vitest calls before the files of a project. A page that cannot be built is told by the tests that look at it. */
export async function setup(): Promise<void> {
  await new DashboardBuild({ root: resolve(import.meta.dirname, '../..'), stateDir: tmpdir() }).run();
}
