// The decoder's thread. It may block for as long as it likes: nothing else lives here.

import { isStorageError, type ReaderHandle, type Resource } from 'tidemark';
import { openSync, type SyncReader } from 'tidemark/sync';
import type { Format } from '../../shared/flac/flac-decoder.js';
import type { Decoding } from './decoding.js';
import { messageOf } from './format.js';
import { md5Of } from './md5.js';

/**
 * What the thread tells, in this order. The samples themselves are in shared memory, which
 * `samples` is the way to.
 */
export type WorkerMessage =
  | { readonly type: 'format'; readonly format: Format; readonly samples: ReaderHandle }
  | { readonly type: 'done'; readonly md5: string; readonly silentSamples: number }
  | { readonly type: 'failed'; readonly message: string };

addEventListener('message', ({ data }: MessageEvent<ReaderHandle>) => void decode(data), { once: true });

async function decode(handle: ReaderHandle): Promise<void> {
  const reader = openSync(handle);
  let samples: Resource | undefined;
  try {
    // Not at the top: libFLAC takes its time to load, and a message that comes before this thread
    // listens is lost.
    const { Decoding } = await import('./decoding.js');
    const decoding = new Decoding(reader);
    samples = decoding.samples;
    const port = samples.createPort({ name: 'page' });
    tell({ type: 'format', format: decoding.format, samples: port.handle });
    decodeAll(decoding, reader);
    tell({ type: 'done', md5: resultOf(md5Of(samples)), silentSamples: decoding.silentSamples });
  } catch (error) {
    samples?.fail(messageOf(error)); // nobody is to wait for more of them
    tell({ type: 'failed', message: messageOf(error) });
  } finally {
    reader.close();
  }
}

/**
 * An interrupt is a seek, and its token the sample to go to: this thread, when it blocks, cannot
 * receive a message.
 */
function decodeAll(decoding: Decoding, reader: SyncReader): void {
  for (let more = true; more;) {
    try {
      more = decoding.step();
    } catch (error) {
      if (!isStorageError(error, 'INTERRUPTED')) throw error;
    }
    const { token } = reader.takeInterrupt() ?? {}; // it may also come while nothing blocks
    if (token !== undefined) decoding.seek(token);
  }
}

function resultOf<R>(work: Iterator<unknown, R>): R {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

function tell(message: WorkerMessage): void {
  postMessage(message);
}
