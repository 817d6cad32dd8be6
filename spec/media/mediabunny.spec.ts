import { createHash } from 'node:crypto';

import { describe, expect, it } from '@jest/globals';
import { ALL_FORMATS, BufferSource, CustomSource, EncodedPacketSink, Input, InputDisposedError } from 'mediabunny';
import type { EncodedPacket, InputTrack, Source } from 'mediabunny';
import { firstValueFrom, lastValueFrom } from 'rxjs';

import { download } from '../../lib/http/download/download.js';
import { byteSource, type Resource } from '../../lib/index.js';
import { TestServer } from '../http/test-server.js';
import { fillSlowly, lenaFile, openResource } from '../support/slow-writer.js';
import { demandsOf, untilDemanded } from '../support/demands-of.js';

function inputOf(source: Source): Input {
  return new Input({ source, formats: ALL_FORMATS });
}

/** An input over a resource, as the documentation says. */
function inputOver(resource: Resource): Input {
  return inputOf(new CustomSource(byteSource(resource)));
}

async function describeTrack(track: InputTrack): Promise<unknown> {
  const codec = await track.getCodec();
  const language = await track.getLanguageCode();
  const name = await track.getName();
  const sound = track.isAudioTrack() ? [await track.getNumberOfChannels(), await track.getSampleRate()] : [];
  return { id: track.id, type: track.type, codec, language, name, sound };
}

/** All that there is to know of its packets, their bytes as a hash. */
async function packetsOf(track: InputTrack): Promise<unknown[]> {
  const packets: unknown[] = [];
  for await (const { timestamp, duration, type, data } of new EncodedPacketSink(track).packets()) {
    packets.push({ timestamp, duration, type, bytes: createHash('md5').update(data).digest('hex') });
  }
  return packets;
}

async function packetAt(input: Input, seconds: number): Promise<EncodedPacket | null> {
  const track = await input.getPrimaryAudioTrack();
  return track === null ? null : new EncodedPacketSink(track).getPacket(seconds);
}

/** What a file says, in this order, as each part of it becomes known. */
async function* readAll(input: Input): AsyncGenerator<[what: string, value: unknown]> {
  yield ['format', (await input.getFormat()).name];
  const tracks = await input.getTracks();
  yield ['tracks', await Promise.all(tracks.map(describeTrack))];
  yield ['tags', await input.getMetadataTags()];
  yield ['duration', await input.computeDuration()];
  for (const track of tracks) yield [`packets of track ${track.id}`, await packetsOf(track)];
}

describe.each(['m4a', 'webm', 'mp3', 'wav', 'flac'])('mediabunny over byteSource, while lena.%s arrives', (format) => {
  const file = lenaFile(format);

  it('reads the tracks, the duration and every packet as from the complete file', async () => {
    using complete = inputOf(new BufferSource(file));
    const resource = fillSlowly(file);
    using input = inputOver(resource);
    const reference = readAll(complete);
    for await (const known of readAll(input)) expect(known).toEqual((await reference.next()).value);
    expect((await reference.next()).done).toBe(true);
  });

  it('reads the same while it is downloaded at a limited rate, and somebody else wants the middle of it first', async () => {
    using complete = inputOf(new BufferSource(file));
    const server = await TestServer.start(file, '"v1"');
    server.bytesPerSecond = file.length;
    const resource = openResource();
    const downloading = lastValueFrom(download(resource, server.url, { chunkSize: 50_000 }));
    const middle = Math.floor(file.length / 2);
    await firstValueFrom(resource.read({ start: middle, end: middle + 1000 }));
    expect(resource.has({ start: 0, end: 1 })).toBe(false);
    using input = inputOver(resource);
    const reference = readAll(complete);
    for await (const known of readAll(input)) expect(known).toEqual((await reference.next()).value);
    await downloading;
    expect(Buffer.compare(resource.readAll(), file)).toBe(0);
  });

  it('knows the tracks when less than half has arrived, if only what it asks for does', async () => {
    using complete = inputOf(new BufferSource(file));
    const resource = fillSlowly(file, { besides: false });
    using input = inputOver(resource);
    const tracks = await input.getTracks();
    expect(resource.coveredBytes).toBeLessThan(file.length / 2);
    expect(await Promise.all(tracks.map(describeTrack))).toEqual(
      await Promise.all((await complete.getTracks()).map(describeTrack)),
    );
  });
});

describe('mediabunny over byteSource', () => {
  /**
   * An input whose reading of the packets has come to where bytes are missing and nobody writes any
   * more.
   */
  async function stuck(): Promise<{ resource: Resource; input: Input; reading: Promise<unknown> }> {
    const file = lenaFile('flac');
    const resource = openResource();
    resource.expectedLength = file.length;
    resource.writeAt(0, file.subarray(0, file.length / 2));
    const input = inputOver(resource);
    const reading = input
      .getPrimaryAudioTrack()
      .then((track) => (track === null ? [] : packetsOf(track)))
      .catch((error: unknown) => error);
    await untilDemanded(resource);
    return { resource, input, reading };
  }

  // These have an index, or packets of one size. Without one it reads what comes before.
  it.each(['m4a', 'wav'])('reads a packet far inside of lena.%s without what comes before', async (format) => {
    const file = lenaFile(format);
    using complete = inputOf(new BufferSource(file));
    const resource = fillSlowly(file, { besides: false });
    using input = inputOver(resource);
    const packet = await packetAt(input, 8);
    expect(resource.coveredBytes).toBeLessThan(file.length / 4);
    expect(packet).toEqual(await packetAt(complete, 8));
    expect(packet?.timestamp).toBeGreaterThan(7.9);
  });

  it('starts an idle downloader by asking for the size', async () => {
    const resource = openResource();
    using input = inputOver(resource);
    const format = input.getFormat();
    const [demand] = await untilDemanded(resource);
    expect(demand?.range).toEqual({ start: 0, end: 1 });
    resource.writeAll(lenaFile('mp3'));
    expect((await format).name).toBe('MP3');
  });

  it('gets the error of a resource that fails', async () => {
    const { resource, input, reading } = await stuck();
    resource.fail('no network');
    expect(await reading).toMatchObject({ code: 'FAILED' });
    input.dispose();
  });

  it('takes its demand back when the input is disposed', async () => {
    const { resource, input, reading } = await stuck();
    input.dispose();
    expect(demandsOf(resource)).toEqual([]);
    expect(await reading).toBeInstanceOf(InputDisposedError);
    expect(resource.status.state).toBe('active');
  });

  it('is released by disposing the input while even the size is unknown', async () => {
    const input = inputOver(openResource());
    const format = input.getFormat().catch((error: unknown) => error);
    input.dispose();
    expect(await format).toMatchObject({ code: 'CLOSED' });
  });

  it('goes on after an interrupt of the resource, which is for others', async () => {
    const { resource, input, reading } = await stuck();
    resource.interrupt();
    resource.writeAll(lenaFile('flac'));
    using complete = inputOver(resource);
    const track = await complete.getPrimaryAudioTrack();
    expect(await reading).toEqual(track === null ? [] : await packetsOf(track));
    expect(await reading).not.toHaveLength(0);
    input.dispose();
  });
});
