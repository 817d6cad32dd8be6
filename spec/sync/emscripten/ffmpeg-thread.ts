/// <reference types="emscripten" />
import type { FFmpegCoreModule } from '@ffmpeg/types';
import type { Resource } from '../../../lib/index.js';
import type { EmscriptenFS } from '../../../lib/sync.js';
import { TestThread } from '../../support/threads.js';

/** How a run of ffmpeg has ended, and the samples that came out of it. */
export interface Decoded {
  readonly exit: number;
  readonly sound: Uint8Array;
}

/** A worker with ffmpeg in it. */
export function ffmpegThread(): TestThread {
  return new TestThread('../../sync/emscripten/fixtures/ffmpeg-thread');
}

/** The same, with a file whose bytes are those of `resource`. */
export async function ffmpegOver(
  resource: Resource,
  path = '/in/song',
  options?: { timeout?: number },
): Promise<TestThread> {
  const thread = ffmpegThread();
  await thread.call('open', path, resource.createPort({ name: 'ffmpeg' }).handle, options);
  return thread;
}

/** Whether two runs gave the same sound; `toEqual` would compare a million numbers one by one. */
export function sameSound(one: Decoded, other: Decoded): boolean {
  return Buffer.compare(one.sound, other.sound) === 0;
}

type Accepted<T extends EmscriptenFS> = T;
/**
 * What `emscriptenFile` takes as `FS`, by its type: that of `@types/emscripten` and that of
 * `@ffmpeg/types`, each by itself.
 */
export type PublishedFS = Accepted<typeof FS> | Accepted<FFmpegCoreModule['FS']>;
