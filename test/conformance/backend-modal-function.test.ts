// The backend contract with a Modal function, which scales by itself: a replica is a share of its floor. Real HTTP to the real agent
// program, the real `modal` package to a server that speaks Modal's wire protocol, real processes as containers.
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll } from 'vitest';
import { agentFaults } from '../support/agent-faults.ts';
import { deployment, makeFunctionAgent } from '../support/modal/function-agent.ts';
import { ModalServer } from '../support/modal/modal-server.ts';
import { describeBackendFaults } from './backend-faults.suite.ts';
import { describeBackend } from './backend.suite.ts';

const modal = new ModalServer();
await modal.open();
setDefaultCACertificates([...getCACertificates('default'), modal.certificate.cert]);
const { of } = await modal.deploy(deployment);
const hanging = await modal.deploy({ ...deployment, name: 'hang', env: { FIXTURE: 'hang' } });
const versions = [
  { id: 'good@1', function: 'serve' },
  { id: 'hang@1', function: 'hang' },
];
const agent = makeFunctionAgent(modal, versions, { MODAL_PROXY_ID: 'wk-1', MODAL_PROXY_SECRET: 'ws-1' });

afterAll(() => modal.close());

const noParking = 'a place that scales by itself parks nothing on command';
const noDeath = 'the place puts another container in the place of one that died';

describeBackend('agent with a Modal function', {
  open: async () => void (await agent.start()),
  close: () => agent.dispose(),
  backend: () => agent.backend(),
  strangers: () => agent.backend('a-wrong-token'),
  // All have one endpoint: which container is whose is nobody's business.
  identify: ({ id, generation }) => `${id}:${generation}`,
  countLives: () => of.count + hanging.of.count,
  kill: () => undefined,
  replicasMax: 6,
  versions: {
    good: 'good@1',
    hangs: 'hang@1',
    cannotStart: 'good@1',
    noParking: 'good@1',
    busy: 'good@1',
  },
  cannotStartReason: /./,
  skips: {
    'of a newer generation ends the old life before the new one begins':
      'containers carry no generation, so that they cannot be counted by it',
    'of a replica that cannot start is a failed replica with its reason, begun once': noDeath,
    'a replica is parked and woken again in the same life, any number of times': noParking,
    'a draining replica is reported as such': 'no container can be told to refuse requests',
    'parking under a request is refused as busy, and the replica stays ready': noParking,
    'a replica that died is failed, with a reason, until it is deleted, and is not begun again': noDeath,
  },
});

describeBackendFaults(
  'agent with a Modal function',
  agentFaults({
    agent: makeFunctionAgent(modal, versions, {
      MODAL_PROXY_ID: 'wk-1',
      MODAL_PROXY_SECRET: 'ws-1',
      MODAL_GPUS_MAX: '2',
    }),
    version: 'good@1',
    countLives: (_id, _generation, filling) => of.count - filling,
  }),
);
