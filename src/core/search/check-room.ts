// Whether an index may grow to given counts. Pure.
import type { Failure } from '../api/failure.ts';
import { searchBounds, type IndexCounts } from './search-bounds.ts';

export interface RoomBounds {
  readonly documentsMax: number;
  readonly vectorBytesMax: number;
  readonly contentBytesMax: number;
}

/** Documents that an index of this many dimensions may hold. */
export function documentsMaxOf(dims: number | null, bounds: RoomBounds = searchBounds): number {
  if (dims === null) return bounds.documentsMax;
  return Math.min(bounds.documentsMax, Math.floor(bounds.vectorBytesMax / (dims * 4)));
}

/** The failure of a write that would leave the index with `next`; null when there is room. A write that makes it smaller always has. */
export function checkRoom(
  before: IndexCounts,
  next: IndexCounts,
  bounds: RoomBounds = searchBounds,
): Failure | null {
  const documentsMax = documentsMaxOf(next.dims, bounds);
  if (next.documents > documentsMax && next.documents > before.documents)
    return { kind: 'index-full', what: 'documents', max: documentsMax };
  if (next.contentBytes > bounds.contentBytesMax && next.contentBytes > before.contentBytes)
    return { kind: 'index-full', what: 'bytes', max: bounds.contentBytesMax };
  return null;
}
