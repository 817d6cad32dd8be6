import './held-file.stress.spec.js';
