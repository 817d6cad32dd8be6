// What is in a media file, told while it is still being downloaded, and how few of its bytes that
// takes.
// node examples/mediabunny/main.js [FILE]

import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import lena from 'audio-lena';
import { ALL_FORMATS, CustomSource, EncodedPacketSink, Input } from 'mediabunny';
import { switchMap } from 'rxjs';
import { byteSource, MemDriver, Resource } from 'tidemark';
import { download } from 'tidemark/http';
import { serveFile } from '../shared/file-server.js';

const BYTES_PER_SECOND = 400_000;
const READ_AHEAD = 16_384; // bytes; what is asked for may be just four
const file = process.argv[2] ?? fileURLToPath(lena.url('m4a'));

const resource = Resource.open(new MemDriver());
const downloading = serveFile(file, BYTES_PER_SECOND)
  .pipe(switchMap((url) => download(resource, url, { readAhead: READ_AHEAD })))
  .subscribe({ error: (error) => resource.fail(error) });
const input = new Input({ source: new CustomSource(byteSource(resource)), formats: ALL_FORMATS });

try {
  console.log(basename(file));
  const format = await input.getFormat();
  tell(`the format is ${format.name}`);
  const tracks = await input.getTracks();
  for (const track of tracks) tell(`track ${track.id} is ${await describe(track)}`);
  tell(`it lasts ${(await input.computeDuration()).toFixed(2)} seconds`);
  for (const track of tracks) tell(`track ${track.id} has ${await countPackets(track)} packets`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  input.dispose();
  downloading.unsubscribe();
  resource.close();
}

/** @param {string} what has just become known */
function tell(what) {
  const { coveredBytes, expectedLength = 0 } = resource;
  console.log(`${coveredBytes.toString().padStart(9)} of ${expectedLength} bytes: ${what}`);
}

/** @param {import('mediabunny').InputTrack} track */
async function describe(track) {
  const codec = (await track.getCodec()) ?? 'of an unknown codec';
  if (track.isAudioTrack()) {
    return `audio, ${codec}, ${await track.getNumberOfChannels()} channels at ${await track.getSampleRate()} Hz`;
  }
  if (track.isVideoTrack())
    return `video, ${codec}, ${await track.getDisplayWidth()}×${await track.getDisplayHeight()}`;
  return `${track.type}, ${codec}`;
}

/** @param {import('mediabunny').InputTrack} track */
async function countPackets(track) {
  let count = 0;
  for await (const packet of new EncodedPacketSink(track).packets()) count += packet.byteLength > 0 ? 1 : 0;
  return count;
}
