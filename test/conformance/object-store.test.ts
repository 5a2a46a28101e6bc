// The embedded store over the rows of its objects, with the SQLite of Node in place of that of an object; in the real runtime it runs in
// test/workerd/store-object.test.ts.
import { memoryStore } from '../support/memory-store.ts';
import { describeEdgeStore, patientTimes } from './edge-store.suite.ts';

describeEdgeStore('objects over SQLite', async (origin) =>
  memoryStore(() => Date.now(), patientTimes, origin),
);
