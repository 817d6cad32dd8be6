import { rmSync } from 'node:fs';

/** Runs after the tests. */
export default function removeFolder() {
  const folder = process.env.TESTED_FOLDER;
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
}
