import { type Claim, takeClaim } from './claim.js';
import { type Folder, isOurs, SLOTS } from './folder.js';
import type { Geometry } from './geometry.js';
import { attemptLater } from './io-error.js';
import { encodeBody, type RefusedSlot } from './opfs-record.js';
import { type FoundSlots, isSameBody, readSlots } from './record-slots.js';

/**
 * Removes all files of ours in a folder: the records first, so that none claims bytes that are
 * gone, and of these the older one, which must not come to count. The path is claimed.
 */
export async function removeAll(folder: Folder, geometry: Geometry): Promise<void> {
  const found = await peek(folder, geometry);
  const newest = found !== undefined && 'slot' in found ? SLOTS[found.slot] : undefined;
  const names = (await folder.names()).filter(isOurs);
  const order = (name: string): number => (name === newest ? 1 : (SLOTS as readonly string[]).includes(name) ? 0 : 2);
  for (const name of names.sort((one, other) => order(one) - order(other))) await folder.remove(name);
  await folder.removeIfEmpty();
}

/** Returns what the slots of a folder hold that somebody else may have open. */
export async function peek(folder: Folder, geometry: Geometry): Promise<FoundSlots | RefusedSlot | undefined> {
  const slots = await Promise.all(SLOTS.map((name) => folder.load(name)));
  return readSlots(
    slots.map((bytes) => bytes ?? new Uint8Array()),
    geometry,
  );
}

/** Removes what closing has kept, unless somebody has the path open, or changed it since. */
export async function removeKept(path: string, folder: Folder, geometry: Geometry, kept: Uint8Array): Promise<void> {
  const claim: Claim = await takeClaim(path, { mode: 'exclusive', wait: false, signal: undefined });
  const removed = attemptLater(`remove ${path}`, path, async () => {
    const found = await peek(folder, geometry);
    if (found === undefined || 'reason' in found) return;
    if (isSameBody(encodeBody(found.newest, geometry), kept)) await removeAll(folder, geometry);
  });
  claim.release(removed);
  await removed;
}
