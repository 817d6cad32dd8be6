// The service worker: it answers the audio element from the page. `vite.config.js` makes it /sw.js.

import 'tidemark/service-worker';
