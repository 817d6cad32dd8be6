import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { blocksOf, pages } from './code-blocks.js';
import { bundle, commentExamples, compile, examples, missingLines, paste, programs, start } from './examples.js';
import { linkedProject, ROOT } from './scratch-project.js';
import { serveSongs } from './song-server.js';

const blocks = examples();
/**
 * The first of the README: `examples.stress.spec.ts` runs all, in projects that npm and pnpm have
 * installed.
 */
const first = programs(blocks).slice(0, 1);

describe('the code in README.md, docs and doc comments, pasted into a project that has the package', () => {
  let project = '';
  let songs: Awaited<ReturnType<typeof serveSongs>>;

  beforeAll(async () => {
    songs = await serveSongs();
    project = linkedProject();
    paste(project, [...blocks, ...commentExamples()]);
  });
  afterAll(() => {
    songs.close();
    rmSync(project, { recursive: true, force: true });
  });

  it('compiles, strictly, with the types of Node and of the web', () => {
    expect(() => compile(project)).not.toThrow();
  });

  it('is bundled for a browser where it is for one', () => {
    expect(() =>
      bundle(
        project,
        blocks.filter(({ kind }) => kind === 'browser'),
      ),
    ).not.toThrow();
  });

  it.each(first)('runs and prints what the page says it does: $where', async (block) => {
    const { code, lines, errors } = await start(project, block, songs.url);
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    expect({ lines, missing: missingLines(lines, block.output ?? []) }).toEqual({ lines, missing: [] });
  });
});

it('the pages show only few blocks that cannot be pasted', () => {
  const fragments = pages(ROOT).flatMap((page) => blocksOf(ROOT, page).filter(({ kind }) => kind === 'fragment'));
  expect(fragments.map(({ page }) => page)).toEqual([]);
});
