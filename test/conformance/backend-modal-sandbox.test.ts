// The backend contract with Modal sandboxes: real HTTP to the real agent program, the real `modal` package to a server that speaks Modal's
// wire protocol, and real processes behind real TLS in the place of GPU containers.
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll } from 'vitest';
import { agentFaults } from '../support/agent-faults.ts';
import { findReplicaPids } from '../support/agent-program.ts';
import { ModalServer } from '../support/modal/modal-server.ts';
import { makeSandboxAgent } from '../support/modal/sandbox-agent.ts';
import { describeBackendFaults } from './backend-faults.suite.ts';
import { describeBackend } from './backend.suite.ts';

const modal = new ModalServer();
await modal.open();
setDefaultCACertificates([...getCACertificates('default'), modal.certificate.cert]);
const agent = makeSandboxAgent(modal);
afterAll(() => modal.close());

describeBackend('agent with Modal sandboxes', {
  open: async () => void (await agent.start()),
  close: () => agent.dispose(),
  backend: () => agent.backend(),
  strangers: () => agent.backend('a-wrong-token'),
  identify: ({ endpoint }) => endpoint,
  countLives: (id, generation) => findReplicaPids(`${id}:${generation}\0`).length,
  kill: ({ id, generation }) =>
    findReplicaPids(`${id}:${generation}\0`).forEach((pid) => process.kill(pid, 'SIGKILL')),
  replicasMax: 6,
  versions: {
    good: 'good@1',
    hangs: 'hang@1',
    cannotStart: 'exit-3@1',
    noParking: 'plain@1',
    busy: 'busy@1',
  },
  cannotStartReason: /^exit code 3$/,
});

describeBackendFaults(
  'agent with Modal sandboxes',
  agentFaults({
    agent: makeSandboxAgent(modal, { MODAL_GPUS_MAX: '2' }),
    version: 'good@1',
    countLives: (id, generation) => findReplicaPids(`${id}:${generation}\0`).length,
  }),
);
