import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createBrotliDecompress } from 'node:zlib';
import { extract } from 'tar-fs';

/**
 * The Chromium of the package `@sparticuz/chromium`, for Linux on x64. It is unpacked here and not
 * by the package itself, which writes to a fixed place, takes what an older version has left there,
 * and would start a browser without isolation of sites.
 */

/**
 * The one that comes with the package names folders that are not here; without a font the browser
 * ends at the first `<input>`.
 */
const FONTS = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
`;

/**
 * Unpacks it unless that is done, and returns how to start it. Several processes may do so at the
 * same time.
 *
 * @param {{ packed: string; cache: string }} [places] - the folder of the package, and where to
 * @returns {Promise<{ executablePath: string; env: NodeJS.ProcessEnv }>}
 */
export async function unpackChromium({ packed, cache } = defaultPlaces()) {
  const { version } = JSON.parse(await readFile(join(packed, 'package.json'), 'utf8'));
  const folder = join(cache, `chromium-${version}`);
  if (!existsSync(folder)) await unpack(join(packed, 'bin'), folder);
  const libraries = [join(folder, 'lib'), process.env.LD_LIBRARY_PATH].filter(Boolean).join(':');
  return {
    executablePath: join(folder, 'chromium'),
    env: {
      ...process.env,
      LD_LIBRARY_PATH: libraries,
      FONTCONFIG_PATH: folder,
      FONTCONFIG_FILE: 'fonts.conf',
      XDG_CACHE_HOME: join(folder, 'cache'),
    },
  };
}

function defaultPlaces() {
  const main = createRequire(import.meta.url).resolve('@sparticuz/chromium');
  const cache = fileURLToPath(new URL('../../node_modules/.cache/tidemark', import.meta.url));
  return { packed: join(dirname(main), '../..'), cache };
}

/**
 * Under another name first, so that what has its name is whole.
 *
 * @param {string} packed
 * @param {string} folder
 */
async function unpack(packed, folder) {
  const partial = `${folder}-${randomUUID()}`;
  try {
    await mkdir(partial, { recursive: true });
    // One after the other: what is still being written could not be removed where another one
    // fails.
    await decompress(join(packed, 'chromium.br'), createWriteStream(join(partial, 'chromium'), { mode: 0o755 }));
    await decompress(join(packed, 'al2023.tar.br'), extract(partial));
    await decompress(join(packed, 'fonts.tar.br'), extract(partial));
    await writeFile(join(partial, 'fonts.conf'), FONTS);
    await rename(partial, folder);
  } catch (error) {
    // Another process was faster: a folder that is not empty cannot be replaced.
    if (!existsSync(folder)) throw error;
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

/**
 * @param {string} file
 * @param {NodeJS.WritableStream} target
 */
async function decompress(file, target) {
  await pipeline(createReadStream(file), createBrotliDecompress(), target);
}
