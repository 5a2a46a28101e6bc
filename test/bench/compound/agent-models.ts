// The emulated models behind support-agent in the benchmarks: a slow dialogue model that says what stands in the help centre, and the words
// that it says to each of a few messages. Times are emulated, and the answers are written here; the function and its search are real.
import { facts } from '../../../functions/compound/support-agent/knowledge/facts.ts';
import { pacedVersion, type PacedModel } from './paced.ts';

/** What customers ask, and the label that the model gives each. All but one are answered from the help centre. */
export const messages = [
  { say: 'How long do I have to return a lamp?', label: 'returns' },
  { say: 'How do I change my password?', label: 'account' },
  { say: 'Which ways to pay are there?', label: 'payment' },
  { say: 'Where is my order A1042?', label: 'orders' },
  { say: 'How much does delivery cost?', label: 'orders' },
] as const;

/** Topics of the messages above: one emulated model takes fifty rules. */
const topics: ReadonlySet<string> = new Set(['returns', 'account', 'payment', 'orders']);
const rulesMax = 50;

export interface DialoguePace {
  readonly firstTokenMs: number;
  readonly tokenMs: number;
  readonly slots: number;
  readonly replicasMax: number;
  readonly loadMs?: number;
}

/** Versions and names: three models under the names that support-agent asks for. */
export function agentModels(dialogue: DialoguePace): {
  readonly versions: readonly object[];
  readonly aliases: Readonly<Record<string, string>>;
} {
  const { slots, replicasMax } = dialogue;
  const quick = { firstTokenMs: 150, tokenMs: 10, tokens: 8, slots, replicasMax, ...loadOf(dialogue) };
  const labels = messages.map(({ say, label }) => ({ when: ['Label the message', say], say: label }));
  const calls = [
    { when: ['Choose a tool', 'A1042'], say: '{"tool":"order_status","order":"A1042"}' },
    { when: ['Choose a tool'], say: '{"tool":"none"}' },
  ];
  // The first passage, whatever it is: the answer that a careful model would copy.
  const sentences = facts
    .filter(({ topic }) => topics.has(topic))
    .slice(0, rulesMax)
    .map(({ text }) => ({ when: [`[1] ${text}`], say: `[1] ${text}` }));
  return {
    versions: [
      withAnswers({ id: 'dialogue@1', tokens: 24, ...dialogue }, sentences),
      withAnswers({ id: 'labels@1', ...quick }, labels),
      withAnswers({ id: 'tools@1', ...quick }, calls),
    ],
    aliases: { agent: 'dialogue@1', 'agent-labels': 'labels@1', 'agent-tools': 'tools@1' },
  };
}

function loadOf({ loadMs }: DialoguePace): { readonly loadMs?: number } {
  return loadMs === undefined ? {} : { loadMs };
}

function withAnswers(model: PacedModel, answers: readonly object[]): object {
  const version = pacedVersion(model) as { readonly launch: { readonly pace: object } };
  return { ...version, launch: { ...version.launch, pace: { ...version.launch.pace, answers } } };
}
