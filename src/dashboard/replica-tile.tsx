import type { ReplicaView } from '../core/pool/pool-view.ts';
import { phaseWords } from './circuit-words.ts';
import { formatMs } from './format.ts';

interface ReplicaTileProps {
  readonly replica: ReplicaView;
  readonly nowMs: number;
}

export function ReplicaTile({ replica, nowMs }: ReplicaTileProps) {
  const { phase, leasedSlots, slots } = replica;
  const took = [
    replica.loadMs === null ? null : `load ${formatMs(replica.loadMs)}`,
    replica.wakeMs === null ? null : `wake ${formatMs(replica.wakeMs)}`,
  ].filter((each) => each !== null);
  return (
    <div className={`replica ${phase}`} title={`${replica.id}, ${took.join(', ') || 'not measured yet'}`}>
      <svg viewBox="0 0 24 24" width="26" height="26" aria-hidden="true">
        <path d="M12 2c1 4 6 6 6 12a6 6 0 0 1-12 0c0-3 2-5 3-7 1 2 2 2 3 3 1-2 1-5 0-8z" />
      </svg>
      <span className="phase">{phase}</span>
      <span className="slots" aria-label={`${leasedSlots} of ${slots} slots in use`}>
        {Array.from({ length: slots }, (_, slot) => (
          <i key={slot} className={slot < leasedSlots ? 'used' : ''} />
        ))}
      </span>
      {replica.circuit !== null && replica.circuit.phase !== 'closed' && (
        <span className={`badge ${replica.circuit.phase}`}>{phaseWords[replica.circuit.phase]}</span>
      )}
      <small>{formatMs(Math.max(0, nowMs - replica.phaseSinceMs))}</small>
    </div>
  );
}
