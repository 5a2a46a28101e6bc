// The real agent program with a model that a deployed function of the test server serves.
import { AgentProgram, fixture } from '../agent-program.ts';
import type { ModalServer } from './modal-server.ts';
import type { Deployment } from './test-functions.ts';

export const app = 'pilotlight-test';

/** What the deployed code says of itself: nothing is kept warm, and it may grow beyond any quota. */
export const deployment: Deployment = {
  app,
  name: 'serve',
  command: [process.execPath, fixture],
  env: { FIXTURE: 'good', PILOTLIGHT_SLOTS: '1' },
  concurrency: 1,
  figures: { min_containers: 0, max_containers: 50, buffer_containers: 0, scaledown_window: 60 },
};

export interface FunctionVersion {
  readonly id: string;
  readonly function: string;
  /** Left out: none; null: as the plan goes. */
  readonly buffer?: number | null;
}

export function makeFunctionAgent(
  server: ModalServer,
  versions: readonly FunctionVersion[],
  env: Readonly<Record<string, string>> = {},
): AgentProgram {
  const models = versions.map(({ id, function: name, buffer = 0 }) => ({
    id,
    task: 'chat',
    startTimeoutMs: 5_000,
    launch: { kind: 'modal-function', app, function: name, gpu: 'H100', buffer, idleMs: 2_000 },
  }));
  return new AgentProgram(models, { ...server.env, MODAL_GPUS_MAX: '6', MODAL_ON_END: 'stop', ...env });
}
