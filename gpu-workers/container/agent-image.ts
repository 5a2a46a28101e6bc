// What the container of the agent is told: its fixed settings, and which of the Worker's secrets and variables go on to it. Owns the list:
// a secret that is not in it stays in the Worker. Pure.

/** The one port of the image. */
export const agentPort = 8788;

/**
 * Without a call for this long the container ends. Pools call while they have replicas; longer than the agent waits for a pool to ask about a
 * sandbox that it has found (MODAL_CLAIM_MS), so that one which belongs to nobody is ended before the agent sleeps.
 */
export const sleepAfterSeconds = 600;

/** As gpu-workers/agent/Dockerfile has them: they hold also where the platform puts these in the place of the image's own. */
const fixed = {
  AGENT_HOST: '0.0.0.0',
  AGENT_PORT: String(agentPort),
  PILOTLIGHT_STATE: '/var/lib/pilotlight',
} as const;

/** Not the settings of Kubernetes: they name files, and the container has no disk that anybody could put them on. */
export const passedOn = [
  'AGENT_TOKEN',
  'AGENT_REPLICAS_MAX',
  'PILOTLIGHT_MODELS',
  'REPLICA_KEY',
  'MODAL_TOKEN_ID',
  'MODAL_TOKEN_SECRET',
  'MODAL_ENVIRONMENT',
  'MODAL_OWNER',
  'MODAL_GPUS_MAX',
  'MODAL_ON_END',
  'MODAL_LIFE_MS',
  'MODAL_CLAIM_MS',
  'MODAL_SWEEP_MS',
  'MODAL_PROXY_ID',
  'MODAL_PROXY_SECRET',
] as const;

/** The container's environment. What is not set, or empty, is left to the agent's defaults. */
export function containerVariables(env: Readonly<Record<string, unknown>>): Record<string, string> {
  const given = passedOn.flatMap((name) => {
    const value = env[name];
    return typeof value === 'string' && value !== '' ? [[name, value] as const] : [];
  });
  return { ...Object.fromEntries(given), ...fixed };
}
