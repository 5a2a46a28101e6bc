// The backend contract with Modal sandboxes: real HTTP to the real agent program, the real `modal` package to a server that speaks Modal's
// wire protocol, and real processes behind real TLS in the place of GPU containers.
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { findReplicaPids } from '../support/agent-program.ts';
import { ModalServer } from '../support/modal/modal-server.ts';
import { makeSandboxAgent } from '../support/modal/sandbox-agent.ts';
import { describeBackend } from './backend.suite.ts';

const modal = new ModalServer();
await modal.open();
setDefaultCACertificates([...getCACertificates('default'), modal.certificate.cert]);
const agent = makeSandboxAgent(modal);

describeBackend('agent with Modal sandboxes', {
  open: async () => void (await agent.start()),
  async close() {
    await agent.dispose();
    await modal.close();
  },
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
