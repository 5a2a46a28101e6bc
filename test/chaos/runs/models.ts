// The emulated models of the chaos runs, and what they must answer. Their words hold characters of two, three and four bytes, so that a cut
// of a stream falls into the middle of one.

const hex = '0123456789abcdef'.split('');
const nouns = ['Grüße', 'Öl', 'naïve', 'café', '水', '🌊', 'Ω', 'řeka'] as const;

/** What is said to a prompt of this digit: 24 words that no other digit gets. */
export function wordsOf(digit: string): string {
  const from = hex.indexOf(digit);
  const words = Array.from({ length: 24 }, (_, at) => `${nouns[(from + at) % nouns.length]}${digit}${at}`);
  return words.join(' ');
}

/** Put into a message for a function, so that its models answer with the words of the digit. */
export function toneOf(digit: string): string {
  return `tone_${digit}`;
}

export const plainTokens = 16;

const answers = hex.flatMap((digit) => [
  { when: [`run_${digit}`], say: wordsOf(digit) },
  { when: [toneOf(digit)], say: wordsOf(digit) },
]);

/** Loads take a moment and tokens come one by one, so that kills fall into both. */
const pace = { loadMs: 40, wakeMs: 20, firstTokenMs: 15, tokenMs: 5, tokens: plainTokens };

const version = (id: string, paced: object, slots: number, replicasMax: number): object => ({
  id,
  task: 'chat',
  launch: { kind: 'paced', pace: paced },
  slots,
  replicasMax,
  hotIdleMs: 2_000,
  parkedIdleMs: 1_000,
  loadGuessMs: 400,
  wakeGuessMs: 50,
  startTimeoutMs: 20_000,
  queueMax: 512,
});

/** Answers so slowly that one who goes on after its end was ordered is seen. */
export const slowVersion = 'chaos-slow@1';

/** Slots are plenty, because those of a Worker that was killed stay taken until their leases run out. Two pools: a model server takes a second to start on a busy machine, and every kill of the agent ends them all. */
export const chaosModels = {
  versions: [
    version('chaos-main@1', { ...pace, answers }, 200, 2),
    version(slowVersion, { ...pace, tokenMs: 200, tokens: 40 }, 64, 1),
    version('chaos-fast@1', { ...pace, firstTokenMs: 0, tokenMs: 0, tokens: 8 }, 250, 1),
  ],
  aliases: {
    'probe-a': 'chaos-main@1',
    'probe-b': 'chaos-main@1',
    'probe-c': slowVersion,
    'chaos-plain': 'chaos-main@1',
    'chaos-slow': slowVersion,
    'chaos-fast': 'chaos-fast@1',
  },
};
