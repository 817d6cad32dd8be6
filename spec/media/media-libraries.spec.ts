import { readdirSync, readFileSync } from 'node:fs';

import { expect, it } from '@jest/globals';

it('docs/media-libraries.md shows code of the examples as it is there', () => {
  const doc = readFileSync('docs/media-libraries.md', 'utf8');
  const examples = ['examples/mediabunny', 'examples/music-metadata'].flatMap((folder) =>
    readdirSync(folder).map((name) => readFileSync(`${folder}/${name}`, 'utf8')),
  );
  const shown = [...doc.matchAll(/```js\n(.*?)```/gs)].map(([, code = '']) => code);
  expect(shown).toHaveLength(2);
  for (const code of shown) expect(examples.filter((example) => example.includes(code))).toHaveLength(1);
});
