import './large-files.stress.spec.js';
