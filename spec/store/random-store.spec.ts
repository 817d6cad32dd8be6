import './random-store.stress.spec.js';
