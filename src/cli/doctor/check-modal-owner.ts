// Whose sandboxes on Modal an agent takes for its own: two agents of one workspace with the same MODAL_OWNER start, adopt and end each
// other's. Asks nobody. Pure.
import type { ModelVersion } from '../../core/registry/model.ts';
import { warning, type Finding } from './finding.ts';

/** What an agent that is told no owner goes by. */
const sharedOwner = 'default';

/** Nothing where no model is a sandbox, or where the agent has an owner of its own. `where`: what to write it into. */
export function checkModalOwner(
  versions: readonly ModelVersion[],
  owner: unknown,
  where: string,
): readonly Finding[] {
  const first = versions.find(({ launch }) => launch.kind === 'modal-sandbox');
  if (first === undefined) return [];
  if (typeof owner === 'string' && owner !== '' && owner !== sharedOwner) return [];
  const what = `the agent has no MODAL_OWNER of its own: another agent of the same workspace, of staging say, would take and end the sandboxes of ${first.id}`;
  return [warning('modal-owner', what, `set MODAL_OWNER to the name of the environment ${where}`)];
}
