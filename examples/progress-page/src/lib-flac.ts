// libFLAC as WebAssembly, in the place of the package's own loader, which looks for it in a folder.

import type { Flac } from 'libflacjs';
import wasm from 'libflacjs/dist/libflac.min.wasm.wasm?url';

const { fetch } = globalThis;
// It tells nobody when it cannot load its code. So that is loaded here.
const response = await fetch(wasm);
if (!response.ok) throw new Error(`libFLAC could not be loaded: the server answered ${response.status}.`);
const code = URL.createObjectURL(await response.blob());
// It looks there once, when it is loaded.
Object.assign(globalThis, { FLAC_SCRIPT_LOCATION: { 'libflac.min.wasm.wasm': code } });
const { default: libFlac } = (await import('libflacjs/dist/libflac.min.wasm.js')) as unknown as { default: Flac };
// It puts a version of its own in this place, which asks for everything a second time that cannot
// be fetched.
globalThis.fetch = fetch;

// eslint-disable-next-line import-x/no-default-export -- as the package has it
export default (): Flac => libFlac;
