// What support-agent's two searches find for the measured messages.
import type { Found } from '../../../functions/compound/support-agent/rank-facts.ts';
import { AgentSearch, embedAll, type Embed } from '../../support/agent-search.ts';

/** What is found for a message. */
export type Retrieve = (message: string) => Found;

/** Knows what is near these messages. */
export async function prepareRetrieval(embed: Embed, messages: readonly string[]): Promise<Retrieve> {
  const search = await AgentSearch.open(embed);
  const vectors = await embedAll(embed, messages);
  const found = new Map<string, Found>();
  for (const [at, message] of messages.entries())
    found.set(message, await search.find(message, vectors[at] ?? new Float32Array()));
  return (message) => found.get(message) ?? { facts: [], asked: [] };
}
