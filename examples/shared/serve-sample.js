// A song, served by a slow web server on this machine.

import { fileURLToPath } from 'node:url';
import lena from 'audio-lena';
import { ReplaySubject, firstValueFrom } from 'rxjs';
import { serveFile } from './file-server.js';

/**
 * @param {'flac' | 'm4a' | 'mp3' | 'wav' | 'webm'} format
 * @param {number} bytesPerSecond
 * @returns {Promise<{ url: URL, close: () => void }>}
 */
export async function serveSample(format, bytesPerSecond) {
  /** @type {ReplaySubject<URL>} */
  const url$ = new ReplaySubject(1);
  const serving = serveFile(fileURLToPath(lena.url(format)), bytesPerSecond).subscribe(url$);
  return { url: await firstValueFrom(url$), close: () => serving.unsubscribe() };
}
