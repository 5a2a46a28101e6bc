// Whose fields are whose, and what goes wrong between the agent and an API server: each promise through the real agent program.
import { test } from 'vitest';
import { clusterChecks, Stage } from '../support/kubernetes/cluster-checks.ts';

for (const [title, check] of Object.entries(clusterChecks)) {
  test(title, async () => {
    const stage = new Stage();
    try {
      await check(stage);
    } finally {
      await stage.close();
    }
  });
}
