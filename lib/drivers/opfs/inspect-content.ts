import { chunkOf, type Folder } from './folder.js';
import type { Geometry } from './geometry.js';
import { shortChunk } from './open-content.js';
import { peek } from './remove-content.js';

/** What is at a path. */
export interface OpfsInspection {
  /** Nothing that could be used, a partial download to go on with, or complete content. */
  readonly from: 'new' | 'partial' | 'complete';
  /** How many bytes could be read. */
  readonly coveredBytes: number;
  /** How many bytes its files take of the quota. */
  readonly bytesOnDisk: number;
  /** The total in bytes, where it is known. */
  readonly expectedLength?: number;
  /** The version of the remote content, where it was kept. */
  readonly identity?: string;
  /** True while somebody has it open. */
  readonly claimed: boolean;
}

/** Returns what is in a folder; undefined: there is none. */
export async function inspectContent(
  folder: Folder | undefined,
  geometry: Geometry,
  claimed: boolean,
): Promise<OpfsInspection> {
  if (folder === undefined) return { from: 'new', coveredBytes: 0, bytesOnDisk: 0, claimed };
  const names = await folder.names();
  const chunks = names.filter((name) => chunkOf(name) !== undefined);
  const sizes = await Promise.all(chunks.map((name) => folder.size(name)));
  const bytesOnDisk = sizes.reduce((sum, size) => sum + size, 0);
  const found = await peek(folder, geometry);
  if (found === undefined || 'reason' in found || (await shortChunk(found.newest, folder, geometry)) !== undefined) {
    return { from: 'new', coveredBytes: 0, bytesOnDisk, claimed };
  }
  const { committedLength, content } = found.newest;
  const { coveredBytes, identity } = content;
  const expectedLength = committedLength ?? content.expectedLength;
  const partial = coveredBytes > 0 ? 'partial' : 'new';
  return {
    from: committedLength === undefined ? partial : 'complete',
    coveredBytes,
    bytesOnDisk,
    ...(expectedLength !== undefined && { expectedLength }),
    ...(identity !== undefined && { identity }),
    claimed,
  };
}
