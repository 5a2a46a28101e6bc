import type { PoolView } from '../core/pool/pool-view.ts';
import {
  circuitsOf,
  describeCircuit,
  describeHistory,
  phaseWords,
  type CircuitLine,
} from './circuit-words.ts';

/** Who is left out at the moment, why, and what its circuit was before. */
export function CircuitCard({ pool }: { readonly pool: PoolView }) {
  const lines = circuitsOf(pool);
  if (lines.length === 0) return null;
  return (
    <section className="card wide" aria-labelledby="circuits-title">
      <header>
        <h3 id="circuits-title">Circuits</h3>
      </header>
      <ul className="circuits">
        {lines.map((line) => (
          <Circuit key={line.name} line={line} nowMs={pool.nowMs} />
        ))}
      </ul>
    </section>
  );
}

function Circuit({ line: { name, circuit }, nowMs }: { readonly line: CircuitLine; readonly nowMs: number }) {
  return (
    <li>
      <span className={`badge ${circuit.phase}`}>{phaseWords[circuit.phase]}</span> <strong>{name}</strong>{' '}
      <span>{describeCircuit(circuit, nowMs)}</span>
      <ol className="muted small">
        {describeHistory(circuit, nowMs).map((text, at) => (
          <li key={at}>{text}</li>
        ))}
      </ol>
    </li>
  );
}
