// The Worker that ships the agent as a Cloudflare Container (wrangler.toml beside it, docs/agent.md): the class of the one container, and the
// door before it. What passes is decided in forward-call.ts.
import { Container } from '@cloudflare/containers';
import { agentPort, containerVariables, sleepAfterSeconds } from './agent-image.ts';
import { forwardCall } from './forward-call.ts';

interface Env {
  readonly AGENT?: DurableObjectNamespace<AgentObject>;
  readonly AGENT_TOKEN?: string;
  readonly [name: string]: unknown;
}

/** The agent's container. Its class starts it when it is asked, waits until it answers, and ends it when nobody has asked for a while. */
export class AgentObject extends Container<Env> {
  override defaultPort = agentPort;
  /** Answers once what the last agent left is in order. */
  override pingEndpoint = 'agent/healthz';
  override sleepAfter = sleepAfterSeconds;
  override envVars = containerVariables(this.env);
  /** Modal's API is out there. */
  override enableInternet = true;
}

export default {
  fetch(request, env): Promise<Response> {
    const { AGENT: agents, AGENT_TOKEN: token = '' } = env;
    // One name, one container: two agents would start and stop the same replicas.
    const container = agents === undefined ? null : () => agents.getByName('agent');
    return forwardCall({ request, token, container });
  },
} satisfies ExportedHandler<Env>;
