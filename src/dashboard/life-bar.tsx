import type { LifeLedger } from '../core/pool/pool-view.ts';
import { formatMs } from './format.ts';

const kinds = [
  ['busyMs', 'busy'],
  ['idleMs', 'idle'],
  ['loadingMs', 'loading'],
  ['parkedMs', 'parked'],
] as const;

/** Where the replicas' time went; the parts always add up to the whole. */
export function LifeBar({ life }: { readonly life: LifeLedger }) {
  if (life.lifetimeMs === 0) return null;
  const words = kinds.map(([key, name]) => `${name} ${formatMs(life[key])}`).join(', ');
  return (
    <div
      className="life"
      role="img"
      aria-label={`${formatMs(life.lifetimeMs)} lived: ${words}`}
      title={words}
    >
      {kinds.map(([key, name]) => (
        <i key={key} className={name} style={{ flexGrow: life[key] }} />
      ))}
    </div>
  );
}
