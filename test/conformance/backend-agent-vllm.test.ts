// The backend contract with vLLM as a local command, parked by its sleep mode: the real agent program, and real processes with vLLM's
// command line, health, metrics and sleep calls in front of the emulated GPU.
import { AgentProgram, findReplicaPids } from '../support/agent-program.ts';
import { vllmLaunch } from '../support/vllm-launch.ts';
import { describeBackend } from './backend.suite.ts';

const base = { task: 'chat', startTimeoutMs: 8_000 };

for (const sleepLevel of [1, 2] as const) {
  const launch = (options: Parameters<typeof vllmLaunch>[0] = {}) => vllmLaunch({ sleepLevel, ...options });
  const agent = new AgentProgram([
    { ...base, id: 'good@1', launch: launch() },
    { ...base, id: 'hang@1', launch: launch({ env: { PILOTLIGHT_FAULTS: '{"start":"hang"}' } }) },
    { ...base, id: 'fail@1', launch: launch({ env: { PILOTLIGHT_FAULTS: '{"start":"fail"}' } }) },
    { ...base, id: 'plain@1', launch: launch({ env: { VLLM_SERVER_DEV_MODE: '0' } }) },
    { ...base, id: 'busy@1', launch: launch({ faults: { metrics: 'busy' } }) },
  ]);
  describeBackend(`agent with vLLM (emulated), sleep level ${sleepLevel}`, {
    open: async () => void (await agent.start()),
    close: () => agent.dispose(),
    backend: () => agent.backend(),
    strangers: () => agent.backend('a-wrong-token'),
    identify: ({ pid }) => pid,
    countLives: (id, generation) => findReplicaPids(`${id}:${generation}\0`).length,
    kill: ({ pid }) => void (pid !== null && process.kill(pid, 'SIGKILL')),
    replicasMax: 6,
    versions: {
      good: 'good@1',
      hangs: 'hang@1',
      cannotStart: 'fail@1',
      noParking: 'plain@1',
      busy: 'busy@1',
    },
    cannotStartReason: /^exit code 3: Error: told to fail at start$/,
  });
}
