import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from '@jest/globals';
import lena from 'audio-lena';
import { ALL_FORMATS, BufferSource, EncodedPacketSink, Input } from 'mediabunny';

function run(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, ['examples/mediabunny/main.js', ...args], { encoding: 'utf8', timeout: 60_000 });
}

/**
 * Its lines about what has become known: how many bytes had arrived by then, of how many, and what
 * it is.
 */
function known(output: string): { arrived: number; total: number; what: string }[] {
  return [...output.matchAll(/^ *(\d+) of (\d+) bytes: (.*)$/gm)].map(([, arrived, total, what = '']) => ({
    arrived: Number(arrived),
    total: Number(total),
    what,
  }));
}

async function countPackets(file: Uint8Array): Promise<number> {
  using input = new Input({ source: new BufferSource(file), formats: ALL_FORMATS });
  const track = await input.getPrimaryAudioTrack();
  if (track === null) throw new Error('There is no audio track.');
  let count = 0;
  for await (const packet of new EncodedPacketSink(track).packets()) count += packet.byteLength > 0 ? 1 : 0;
  return count;
}

describe('the mediabunny example', () => {
  it('tells what is in a file, and most of it before half of the file has arrived', async () => {
    const file = readFileSync(fileURLToPath(lena.url('m4a')));
    const { status, stdout, stderr } = run();
    const facts = known(stdout);
    expect([status, stderr]).toEqual([0, '']);
    expect(facts.map(({ what }) => what)).toEqual([
      'the format is MP4',
      'track 1 is audio, aac, 2 channels at 44100 Hz',
      'it lasts 12.27 seconds',
      `track 1 has ${await countPackets(file)} packets`,
    ]);
    expect(facts.map(({ total }) => total)).toEqual(new Array(4).fill(file.length));
    expect(facts.slice(0, 3).filter(({ arrived }) => arrived < file.length / 2)).toHaveLength(3);
    expect(facts.at(-1)?.arrived).toBe(file.length);
  });

  it('reads the file that it is given', () => {
    const { status, stdout } = run(fileURLToPath(lena.url('webm')));
    expect(status).toBe(0);
    expect(known(stdout).map(({ what }) => what)).toContain('the format is WebM');
  });

  it.each([
    ['no/such/file', 'no such file'],
    ['package.json', 'unsupported or unrecognizable format'],
  ])('fails with a message for %s', (path, message) => {
    const { status, stderr } = run(path);
    expect([status, stderr]).toEqual([1, expect.stringContaining(message)]);
  });
});
