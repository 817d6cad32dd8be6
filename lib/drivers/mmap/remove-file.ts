import { Claim } from './claim.js';
import { NODE_FILES } from './file-system.js';
import { forgetIdentity } from './identity-file.js';
import { checkPath } from './options.js';
import { resolvePlace } from './place.js';

/** Removes everything of ours at a path: complete, partial, and what belongs to them. Throws `CLAIMED` while somebody writes it. */
export function removeFile(path: string): void {
  checkPath(path);
  const place = resolvePlace(NODE_FILES, path, false);
  const names = [place.path, place.part, place.coverage, place.coverageTemp, place.fresh];
  names.push(place.identity, place.identityTemp, place.lock);
  if (names.every((name) => place.status(name) === undefined)) return;
  const claim = Claim.take(place);
  try {
    place.removePartial();
    place.unlink(place.path);
    forgetIdentity(place);
  } finally {
    claim.release();
  }
}
