// The real agent program with models that are launched in Modal sandboxes of the test server. The programs in them are the fixtures that
// local replicas are tested with.
import { AgentProgram, behaviours, fixture } from '../agent-program.ts';
import type { ModalServer } from './modal-server.ts';
import { sandboxLaunch } from './sandbox-launch.ts';

export const replicaKey = 'replica-key-of-a-test';

export function makeSandboxAgent(
  server: ModalServer,
  env: Readonly<Record<string, string>> = {},
  from?: string,
): AgentProgram {
  const versions = behaviours.map((behaviour) => ({
    id: `${behaviour}@1`,
    task: 'chat',
    startTimeoutMs: 5_000,
    launch: sandboxLaunch([process.execPath, fixture], { FIXTURE: behaviour }),
  }));
  const variables = {
    ...server.env,
    MODAL_GPUS_MAX: '6',
    MODAL_ON_END: 'stop',
    REPLICA_KEY: replicaKey,
    ...env,
  };
  return new AgentProgram(versions, variables, from);
}
