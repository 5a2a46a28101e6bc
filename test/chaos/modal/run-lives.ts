// Lives of a campaign one after the other, each from its seed. Owns their number, when they end early, and the line that tells what went wrong;
// what a life is belongs to the campaign.

export interface Campaign {
  readonly lives: number;
  readonly firstSeed: number;
  /** Stops at the first life that goes wrong. */
  readonly untilFault?: boolean;
  /** The copy of the project whose agent is killed. */
  readonly from?: string;
}

export interface Life {
  readonly moment: string;
  readonly faults: readonly string[];
}

export async function runLives<L extends Life>(
  { lives, firstSeed, untilFault = false }: Campaign,
  run: (seed: number) => Promise<L>,
): Promise<readonly L[]> {
  const runs: L[] = [];
  for (let seed = firstSeed; seed < firstSeed + lives; seed += 1) {
    const life = await run(seed);
    runs.push(life);
    if (life.faults.length > 0) console.log(`  seed ${seed}, ${life.moment}: ${life.faults.join('; ')}`);
    if (life.faults.length > 0 && untilFault) break;
  }
  return runs;
}
