// The backend contract over real HTTP against the real agent program, with real processes.
import { AgentProgram, findReplicaPids } from '../support/agent-program.ts';
import { agentFaults } from '../support/agent-faults.ts';
import { describeBackendFaults } from './backend-faults.suite.ts';
import { describeBackend } from './backend.suite.ts';

const agent = new AgentProgram();

describeBackend('agent with local processes', {
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
    cannotStart: 'exit-3@1',
    noParking: 'plain@1',
    busy: 'busy@1',
  },
  cannotStartReason: /^exit code 3: weights not found: \/no\/such\.gguf$/,
});

describeBackendFaults(
  'agent with local processes',
  agentFaults({
    agent: new AgentProgram(undefined, { AGENT_REPLICAS_MAX: '2' }),
    version: 'good@1',
    countLives: (id, generation) => findReplicaPids(`${id}:${generation}\0`).length,
  }),
);
