import './owner-terminated.stress.spec.js';
